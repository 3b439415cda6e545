//! The collection `cursors`: how far the feeds of other services have been applied.

use bson::doc;
use mongodb::{Collection, Database, error::Error};
use serde::{Deserialize, Serialize};

use crate::fail_point::{Side, reach};

#[derive(Debug, Serialize, Deserialize)]
struct CursorDocument {
    #[serde(rename = "_id")]
    feed: String,
    position: i64,
}

/// How far each feed has been applied.
#[derive(Clone, Debug)]
pub struct Cursors(Collection<CursorDocument>);

impl Cursors {
    /// Those of `database`.
    pub fn of(database: &Database) -> Self {
        Self(database.collection("cursors"))
    }

    /// How far `feed` has been applied; 0 before the first time.
    pub async fn position(&self, feed: &str) -> Result<i64, Error> {
        Ok(self.0.find_one(doc! { "_id": feed }).await?.map_or(0, |cursor| cursor.position))
    }

    /// Remembers that `feed` has been applied up to `position`; never goes back, whichever replica is behind.
    pub async fn advance(&self, feed: &str, position: i64) -> Result<(), Error> {
        let further = doc! { "$max": { "position": position } };
        reach("save-cursor", Side::BeforeWrite);
        self.0.update_one(doc! { "_id": feed }, further).upsert(true).await?;
        reach("save-cursor", Side::AfterWrite);
        Ok(())
    }
}
