//! The collection `provider_events`: which webhooks have arrived, so that each has its effect once.

use std::time::Duration;

use bson::{DateTime, doc};
use mongodb::{Collection, Database, IndexModel, error::Error, options::IndexOptions};
use serde::{Deserialize, Serialize};
use shared::server::{Clock, mongo::is_duplicate_key};

use crate::provider::ProviderEvent;

/// How long an event is remembered; providers repeat one for some days.
const REMEMBERED: Duration = Duration::from_hours(30 * 24);

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventDocument {
    /// The provider's name and the event's, so that two providers never share one.
    #[serde(rename = "_id")]
    id: String,
    kind: String,
    intent: Option<String>,
    received_at: DateTime,
}

/// The webhooks that have arrived.
#[derive(Clone, Debug)]
pub struct Events {
    collection: Collection<EventDocument>,
    clock: Clock,
}

/// Events are forgotten after a time.
pub async fn ensure_indexes(database: &Database) -> Result<(), Error> {
    let options = IndexOptions::builder().expire_after(REMEMBERED).build();
    let index = IndexModel::builder().keys(doc! { "receivedAt": 1 }).options(options).build();
    database.collection::<EventDocument>("provider_events").create_index(index).await.map(drop)
}

impl Events {
    /// Those of `database`.
    pub fn of(database: &Database, clock: Clock) -> Self {
        Self { collection: database.collection("provider_events"), clock }
    }

    /// Writes the event down; false where it had been written down before.
    pub async fn record(&self, provider: &str, event: &ProviderEvent) -> Result<bool, Error> {
        let document = EventDocument {
            id: format!("{provider}:{}", event.id),
            kind: event.kind.clone(),
            intent: event.intent.clone(),
            received_at: self.clock.now().into(),
        };
        match self.collection.insert_one(document).await {
            Ok(_) => Ok(true),
            Err(error) if is_duplicate_key(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
