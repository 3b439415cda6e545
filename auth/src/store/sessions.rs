//! The collection `sessions`: the store behind tower-sessions.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bson::{DateTime, RawDocumentBuf, doc};
use mongodb::{Collection, Database, IndexModel, options::IndexOptions};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::{
    UserId,
    server::{Clock, GroupRead, mongo::is_duplicate_key},
};
use time::OffsetDateTime;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use super::read_together;
use crate::session::USER;

/// A session. Who reads the database learns no session id: only its hash is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionDocument {
    #[serde(rename = "_id")]
    id_hash: String,
    /// Whose it is, to end all of theirs.
    user_id: Option<UserId>,
    /// tower-sessions' data, as JSON.
    data: String,
    expires_at: DateTime,
}

/// The sessions.
#[derive(Clone, Debug)]
pub struct Sessions {
    collection: Collection<SessionDocument>,
    single: GroupRead<SessionDocument>,
    clock: Clock,
    idle: Duration,
}

/// Ended sessions are swept by MongoDB; a user's are found together.
pub async fn ensure_indexes(database: &Database) -> std::result::Result<(), mongodb::error::Error> {
    let swept = IndexOptions::builder().expire_after(Duration::ZERO).build();
    let collection = database.collection::<SessionDocument>("sessions");
    let expiry = IndexModel::builder().keys(doc! { "expiresAt": 1 }).options(swept).build();
    let user = IndexModel::builder().keys(doc! { "userId": 1 }).build();
    collection.create_indexes([expiry, user]).await.map(drop)
}

/// The hash under which a session is stored.
pub fn hash(id: &Id) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(id.0.to_be_bytes()))
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn backend(error: mongodb::error::Error) -> Error {
    Error::Backend(error.to_string())
}

impl Sessions {
    /// Those of `database`; one not used for `idle` has ended.
    pub fn of(database: &Database, clock: Clock, idle: Duration) -> Self {
        let collection = database.collection("sessions");
        Self { single: GroupRead::start(&collection), collection, clock, idle }
    }

    /// The expiry is counted by the service's clock, not by tower-sessions' own.
    fn document(&self, record: &Record) -> Result<SessionDocument> {
        let ends = self.clock.now().saturating_add(self.idle).map_err(|e| Error::Encode(e.to_string()))?;
        Ok(SessionDocument {
            id_hash: hash(&record.id),
            user_id: record.data.get(USER).and_then(|id| serde_json::from_value(id.clone()).ok()),
            data: serde_json::to_string(&record.data).map_err(|e| Error::Encode(e.to_string()))?,
            expires_at: ends.into(),
        })
    }

    /// Those of these sessions that there are, by one query.
    pub async fn read(&self, ids: &[Id]) -> std::result::Result<ReadSessions, mongodb::error::Error> {
        let hashes = ids.iter().map(hash).collect();
        let found = read_together(&self.collection, hashes).await?;
        let hash = |session: &RawDocumentBuf| session.get_str("_id").ok().map(ToOwned::to_owned);
        let found = found.into_iter().filter_map(|session| Some((hash(&session)?, session))).collect();
        Ok(ReadSessions { found, sessions: self.clone() })
    }

    /// What tower-sessions knows a session by, unless it has ended.
    fn record(&self, id: &Id, found: Option<SessionDocument>) -> Result<Option<Record>> {
        let now = DateTime::from(self.clock.now());
        let Some(found) = found.filter(|session| session.expires_at > now) else { return Ok(None) };
        let nanos = i128::from(found.expires_at.timestamp_millis()) * 1_000_000;
        Ok(Some(Record {
            id: *id,
            data: serde_json::from_str(&found.data).map_err(|e| Error::Decode(e.to_string()))?,
            expiry_date: OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|e| Error::Decode(e.to_string()))?,
        }))
    }

    /// Ends every session of a user but the one kept.
    pub async fn end_others(&self, user: UserId, kept: Option<Id>) -> std::result::Result<(), mongodb::error::Error> {
        let kept = kept.as_ref().map(hash);
        self.collection.delete_many(doc! { "userId": user, "_id": { "$ne": kept } }).await.map(drop)
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            match self.collection.insert_one(self.document(record)?).await {
                Ok(_) => return Ok(()),
                Err(error) if is_duplicate_key(&error) => record.id = Id::default(),
                Err(error) => return Err(backend(error)),
            }
        }
    }

    /// Never inserts: a session that was deleted meanwhile stays deleted.
    async fn save(&self, record: &Record) -> Result<()> {
        let document = self.document(record)?;
        let saved = self.collection.replace_one(doc! { "_id": &document.id_hash }, &document).await;
        saved.map(drop).map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = self.single.find(hash(id)).await.map_err(backend)?;
        self.record(id, found)
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.collection.delete_one(doc! { "_id": hash(id) }).await.map(drop).map_err(backend)
    }
}

/// Sessions that were read together: they are loaded from here. What is changed goes to the database, as with one alone.
#[derive(Clone, Debug)]
pub struct ReadSessions {
    /// By their hashes. Each is taken apart for itself: one that makes no sense is no trouble to the others.
    found: HashMap<String, RawDocumentBuf>,
    sessions: Sessions,
}

#[async_trait]
impl SessionStore for ReadSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.sessions.create(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.sessions.save(record).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = self.found.get(&hash(id)).map(|session| bson::deserialize_from_slice(session.as_bytes()));
        self.sessions.record(id, found.transpose().map_err(|e| Error::Decode(e.to_string()))?)
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.sessions.delete(id).await
    }
}
