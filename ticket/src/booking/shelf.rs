//! Inventories to be looked at: what thousands ask for is read once a second, and known at once where it is sold.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use moka::sync::Cache;
use shared::{EventId, server::Rendered};
use tokio::sync::Mutex as Turn;

use crate::{Error, domain::inventory::Inventory};

/// How long an inventory is shown without being read again: other replicas sell too.
const FRESH: Duration = Duration::from_secs(1);
/// How many events are kept.
const EVENTS: u64 = 10_000;
/// How long one is kept that nobody looks at.
const UNSEEN: Duration = Duration::from_mins(1);

/// The inventories that somebody has looked at lately. For decisions there are the batchers: what is here may be a second
/// old.
#[derive(Clone, Debug)]
pub struct Shelf(Cache<EventId, Arc<Place>>);

/// An inventory to be looked at.
#[derive(Debug)]
pub struct Shown {
    inventory: Inventory,
    /// What is left of it, with the second in which that was told.
    told: Mutex<Option<(i64, Rendered)>>,
}

impl Deref for Shown {
    type Target = Inventory;

    fn deref(&self) -> &Inventory {
        &self.inventory
    }
}

impl Shown {
    const fn of(inventory: Inventory) -> Self {
        Self { inventory, told: Mutex::new(None) }
    }

    /// What everyone may know of it at `now`; all who ask within a second are told the same.
    pub fn told(&self, now: Timestamp) -> Result<Rendered, Error> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match told.as_ref() {
            Some((second, answer)) if *second == now.as_second() => Ok(answer.clone()),
            _ => {
                let answer = Rendered::of(&self.inventory.availability(now))?;
                *told = Some((now.as_second(), answer.clone()));
                Ok(answer)
            }
        }
    }
}

/// An event's place on the shelf.
#[derive(Debug, Default)]
struct Place {
    shown: Mutex<Option<(Arc<Shown>, Instant)>>,
    /// Who reads; the others wait for it.
    turn: Turn<()>,
}

impl Place {
    fn fresh(&self) -> Option<Arc<Shown>> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.as_ref().filter(|(_, read)| read.elapsed() < FRESH).map(|(inventory, _)| inventory.clone())
    }

    /// Shows `inventory`, unless a later one is known; gives what is shown.
    fn put(&self, inventory: Arc<Shown>) -> Arc<Shown> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let known = shown.take().map(|(known, _)| known).filter(|known| known.revision > inventory.revision);
        let latest = known.unwrap_or(inventory);
        *shown = Some((latest.clone(), Instant::now()));
        latest
    }
}

impl Default for Shelf {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(EVENTS).time_to_idle(UNSEEN).build())
    }
}

impl Shelf {
    /// The event's inventory, if it was read or changed within the last second.
    pub fn fresh(&self, event: EventId) -> Option<Arc<Shown>> {
        self.0.get(&event)?.fresh()
    }

    /// The event's inventory, read by `read` where it is not fresh. Simultaneous questions are one question.
    pub async fn find(
        &self,
        event: EventId,
        read: impl Future<Output = Result<Option<Inventory>, Error>>,
    ) -> Result<Option<Arc<Shown>>, Error> {
        if let Some(fresh) = self.fresh(event) {
            return Ok(Some(fresh));
        }
        let place = self.0.get_with(event, Arc::default);
        let _turn = place.turn.lock().await;
        if let Some(fresh) = place.fresh() {
            return Ok(Some(fresh));
        }
        Ok(read.await?.map(|found| place.put(Arc::new(Shown::of(found)))))
    }

    /// Puts an inventory there that was read.
    pub fn put(&self, inventory: Inventory) -> Arc<Shown> {
        self.0.get_with(inventory.event_id, Arc::default).put(Arc::new(Shown::of(inventory)))
    }

    /// Tells what was committed, if anybody looks at the event.
    pub fn committed(&self, inventory: &Inventory) {
        if let Some(place) = self.0.get(&inventory.event_id) {
            place.put(Arc::new(Shown::of(inventory.clone())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::booking::laws::event;

    fn inventory(id: EventId, revision: i64) -> Inventory {
        Inventory { revision, ..Inventory::of(&event(id)).expect("not a draft") }
    }

    async fn shown(shelf: &Shelf, id: EventId, stored: i64) -> i64 {
        let read = async { Ok(Some(inventory(id, stored))) };
        shelf.find(id, read).await.expect("read").expect("there").revision
    }

    #[tokio::test]
    async fn what_was_read_is_not_read_again_at_once() {
        let (shelf, id) = (Shelf::default(), EventId::new());
        assert!(shelf.fresh(id).is_none());
        assert_eq!(shown(&shelf, id, 1).await, 1);
        assert_eq!(shown(&shelf, id, 2).await, 1);
        assert_eq!(shelf.fresh(id).map(|inventory| inventory.revision), Some(1));
    }

    #[tokio::test]
    async fn what_was_committed_here_is_shown_at_once_and_never_undone_by_an_older_reading() {
        let (shelf, id) = (Shelf::default(), EventId::new());
        let overtaken = async {
            shelf.committed(&inventory(id, 3));
            Ok(Some(inventory(id, 2)))
        };
        assert_eq!(shelf.find(id, overtaken).await.expect("read").expect("there").revision, 3);
        shelf.committed(&inventory(id, 4));
        assert_eq!(shown(&shelf, id, 3).await, 4);
        assert_eq!(shelf.put(inventory(id, 1)).revision, 4);
    }

    #[test]
    fn what_is_left_is_told_anew_each_second() {
        let now = crate::booking::laws::NOW;
        let shown = Shown::of(inventory(EventId::new(), 1));
        let ended = shown.sales_end + jiff::SignedDuration::from_secs(1);
        let first = shown.told(now).expect("an answer");
        assert_eq!(first, Rendered::of(&shown.availability(now)).expect("an answer"));
        assert_eq!(shown.told(now).expect("an answer"), first);
        assert_ne!(shown.told(ended).expect("an answer"), first);
    }

    #[tokio::test]
    async fn what_does_not_exist_is_asked_for_again() {
        let (shelf, id) = (Shelf::default(), EventId::new());
        assert!(shelf.find(id, async { Ok(None) }).await.expect("read").is_none());
        assert_eq!(shown(&shelf, id, 0).await, 0);
    }
}
