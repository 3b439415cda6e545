//! `event_db`: the only place that knows MongoDB.

mod document;
mod events;
mod feed;
mod listing;

use bson::{Document, doc};
use document::EventDocument;
pub use document::RequestKey;
pub use events::{Events, Inserted};
use mongodb::{Collection, Database, IndexModel, error::Error, options::IndexOptions};

fn events(database: &Database) -> Collection<EventDocument> {
    database.collection("events")
}

/// Makes the indexes that the queries need, and the counter of changes; those that exist stay.
pub async fn ensure_indexes(database: &Database) -> Result<(), Error> {
    let plain = |keys: Document| IndexModel::builder().keys(keys).build();
    let unique_where = |keys: Document, filter: Document| {
        let options = IndexOptions::builder().unique(true).partial_filter_expression(filter).build();
        IndexModel::builder().keys(keys).options(options).build()
    };
    let indexes = [
        // The lists. `endsAt` stands in each, so that what has ended is skipped without being read.
        plain(doc! { "status": 1, "startsAt": 1, "_id": 1, "endsAt": 1 }),
        plain(doc! { "status": 1, "long": 1, "startsAt": 1, "_id": 1, "endsAt": 1 }),
        plain(doc! { "status": 1, "category": 1, "long": 1, "startsAt": 1, "_id": 1, "endsAt": 1 }),
        plain(doc! { "status": 1, "cityKey": 1, "startsAt": 1, "endsAt": 1 }),
        plain(doc! { "status": 1, "minPrice": 1, "_id": 1, "endsAt": 1 }),
        plain(doc! { "status": 1, "publishedAt": -1, "_id": -1, "endsAt": 1 }),
        plain(doc! { "status": 1, "words": 1, "endsAt": 1 }),
        // An organizer's own.
        plain(doc! { "createdBy": 1, "_id": -1 }),
        // One event for a key: two requests at once meet here.
        unique_where(doc! { "createdBy": 1, "idempotencyKey": 1 }, doc! { "idempotencyKey": { "$exists": true } }),
        // The feed.
        unique_where(doc! { "seq": 1 }, doc! { "seq": { "$exists": true } }),
    ];
    events(database).create_indexes(indexes).await?;
    feed::ensure_counter(database).await
}
