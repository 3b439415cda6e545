//! Inventories of events that are not known here yet: pulled at once, so that no buyer waits for the feed.

use std::{collections::HashSet, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use moka::future::Cache;
use mongodb::Database;
use shared::{EventId, event::Event};

use super::{Shelf, shelf::Shown};
use crate::{Error, clients::EventClient, domain::inventory::Inventory, store::Inventories};

/// How long an answer of the event service is remembered: ids that nobody knows must not become its load.
const REMEMBERED: Duration = Duration::from_secs(2);
/// How many answers are remembered.
const ANSWERS: u64 = 10_000;
/// How many events of one request are asked for side by side.
const SIDE_BY_SIDE: usize = 8;

/// The inventories, and the event service where one is missing.
#[derive(Clone)]
pub struct Catalogue {
    inventories: Inventories,
    shelf: Shelf,
    events: EventClient,
    /// Whether there is such an event. Simultaneous questions for one event are one question.
    exists: Cache<EventId, bool>,
}

impl Catalogue {
    /// Over `database`, with what is shown on the `shelf`, and the event service.
    pub fn new(database: &Database, shelf: Shelf, events: EventClient) -> Self {
        let exists = Cache::builder().max_capacity(ANSWERS).time_to_live(REMEMBERED).build();
        Self { inventories: Inventories::of(database), shelf, events, exists }
    }

    /// The inventory of an event, to be looked at.
    pub async fn find(&self, event: EventId) -> Result<Arc<Shown>, Error> {
        let read = async || Ok(self.inventories.find(event).await?);
        if let Some(known) = self.shelf.find(event, read()).await? {
            return Ok(known);
        }
        self.pull(event).await?;
        self.shelf.find(event, read()).await?.ok_or(Error::NotFound)
    }

    /// Those of these events that there are. Where the event service does not answer, what is known here is shown.
    pub async fn find_all(&self, events: &[EventId]) -> Result<Vec<Arc<Shown>>, Error> {
        let mut found: Vec<_> = events.iter().filter_map(|event| self.shelf.fresh(*event)).collect();
        let missing = missing(events, &found);
        let read = self.inventories.find_all(&missing).await?;
        found.extend(read.into_iter().map(|inventory| self.shelf.put(inventory)));
        let missing = self::missing(events, &found);
        let mut pulled = stream::iter(missing).map(|event| self.find(event)).buffer_unordered(SIDE_BY_SIDE);
        while let Some(inventory) = pulled.next().await {
            match inventory {
                Ok(inventory) => found.push(inventory),
                Err(Error::NotFound | Error::Upstream(_)) => {}
                Err(error) => return Err(error),
            }
        }
        found.sort_by_key(|inventory| events.iter().position(|event| *event == inventory.event_id));
        Ok(found)
    }

    /// Makes the inventory of an event that has none here; [`Error::NotFound`] where there is no such event.
    pub async fn pull(&self, event: EventId) -> Result<(), Error> {
        let exists = self.exists.try_get_with(event, async {
            match self.events.event(event).await? {
                Some(event) => Ok(self.adopt(&event).await? != Adopted::Draft),
                None => Ok::<_, Error>(false),
            }
        });
        let exists = exists.await.map_err(|error: Arc<Error>| Error::clone(&error))?;
        if exists { Ok(()) } else { Err(Error::NotFound) }
    }

    /// Makes an event's inventory unless it has one.
    pub async fn adopt(&self, event: &Event) -> Result<Adopted, Error> {
        let Some(inventory) = Inventory::of(event) else { return Ok(Adopted::Draft) };
        Ok(if self.inventories.insert(&inventory).await? { Adopted::Now } else { Adopted::Already })
    }
}

/// Those of the events of which nothing is found, each once.
fn missing(events: &[EventId], found: &[Arc<Shown>]) -> Vec<EventId> {
    let known: HashSet<EventId> = found.iter().map(|inventory| inventory.event_id).collect();
    let missing: HashSet<EventId> = events.iter().copied().filter(|event| !known.contains(event)).collect();
    missing.into_iter().collect()
}

/// What became of an event without an inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adopted {
    /// It has one now.
    Now,
    /// It had one.
    Already,
    /// It gets none: nobody may know of it yet.
    Draft,
}
