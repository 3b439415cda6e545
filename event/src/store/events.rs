//! Reading and writing single events.

use std::sync::Arc;

use bson::{Document, doc};
use mongodb::{ClientSession, Collection, Database};
use shared::{
    EventId, UserId,
    event::EventStatus,
    server::{
        Fingerprint,
        mongo::{is_duplicate_key, to_bson},
    },
};
use tokio::sync::Mutex;

use super::{EventDocument, RequestKey, events, feed::Counter};
use crate::{Error, domain::Event};

/// The events.
#[derive(Clone, Debug)]
pub struct Events {
    pub(super) collection: Collection<EventDocument>,
    pub(super) counter: Collection<Counter>,
    /// Whose turn it is to number a change. Not what keeps the feed in order (the transactions do, on any number of
    /// replicas): it only spares those of one replica from failing each other.
    pub(super) turn: Arc<Mutex<()>>,
}

/// What came of inserting an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is there.
    New,
    /// The request's key has made an event before.
    KeyTaken,
}

/// One write of an event.
pub(super) enum Write {
    Insert(Box<EventDocument>),
    /// To the version before the document's own.
    Replace(Box<EventDocument>),
}

impl Events {
    /// Those of `database`.
    pub fn of(database: &Database) -> Self {
        Self { collection: events(database), counter: Counter::of(database), turn: Arc::default() }
    }

    /// A new event, made by `request`.
    pub async fn insert(&self, event: &Event, request: Option<&RequestKey>) -> Result<Inserted, Error> {
        let document = Box::new(EventDocument::of(event, request));
        match self.write(event, Write::Insert(document)).await {
            Ok(_) => Ok(Inserted::New),
            Err(error) if is_duplicate_key(&error) && request.is_some() => Ok(Inserted::KeyTaken),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts `event` in the place of the version before it; false where that is not the current one any more.
    pub async fn replace(&self, event: &Event) -> Result<bool, Error> {
        let document = Box::new(EventDocument::of(event, None));
        Ok(self.write(event, Write::Replace(document)).await?)
    }

    /// Deletes a draft; false where it has changed meanwhile.
    pub async fn delete_draft(&self, id: EventId, version: i64) -> Result<bool, Error> {
        let draft = doc! { "_id": id, "version": version, "status": to_bson(&EventStatus::Draft)? };
        Ok(self.collection.delete_one(draft).await?.deleted_count == 1)
    }

    /// The event.
    pub async fn find(&self, id: EventId) -> Result<Option<Event>, Error> {
        Ok(self.collection.find_one(doc! { "_id": id }).await?.map(Event::from))
    }

    /// The event that a user's request with this key made, with the request's fingerprint.
    pub async fn find_by_key(&self, user: UserId, key: &str) -> Result<Option<(Event, Option<Fingerprint>)>, Error> {
        let found = self.collection.find_one(doc! { "createdBy": user, "idempotencyKey": key }).await?;
        Ok(found.map(|mut document| {
            let fingerprint = document.fingerprint.take();
            (document.into(), fingerprint)
        }))
    }

    /// What everyone can see or could see is written with a change number, a draft without.
    async fn write(&self, event: &Event, write: Write) -> mongodb::error::Result<bool> {
        if event.published_at.is_some() { self.write_numbered(write).await } else { self.apply(&write, None).await }
    }

    /// Does the write, in the session's transaction if there is one; false where there was nothing to replace.
    pub(super) async fn apply(
        &self,
        write: &Write,
        session: Option<&mut ClientSession>,
    ) -> mongodb::error::Result<bool> {
        match write {
            Write::Insert(document) => {
                let insert = self.collection.insert_one(document.as_ref());
                match session {
                    Some(session) => insert.session(session).await?,
                    None => insert.await?,
                };
                Ok(true)
            }
            Write::Replace(document) => {
                let before = doc! { "_id": document.id, "version": document.version - 1 };
                let update = self.collection.update_one(before, doc! { "$set": fields(document)? });
                let updated = match session {
                    Some(session) => update.session(session).await?,
                    None => update.await?,
                };
                Ok(updated.matched_count == 1)
            }
        }
    }
}

/// A document's fields, to be set.
fn fields(document: &EventDocument) -> mongodb::error::Result<Document> {
    // By way of a raw document: only there ids are written as MongoDB's UUIDs.
    let mut fields = Document::try_from(&bson::serialize_to_raw_document_buf(document)?)?;
    fields.remove("_id");
    Ok(fields)
}
