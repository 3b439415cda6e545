//! Orders that go an arrow which moves no stock: each by itself, many to a command.

use bson::doc;
use mongodb::{Database, error::Error};
use shared::server::{GroupCommit, Written};

use super::orders::{self, OrderDocument, word};
use crate::{
    domain::order::Standing,
    fail_point::{Side, arrow, reach},
};

/// Writes changed orders. Those that give seats back go through [`super::Ledger`] instead.
#[derive(Clone, Debug)]
pub struct Arrows(GroupCommit<OrderDocument>);

impl Arrows {
    /// In `database`, until the last clone is dropped.
    pub fn of(database: &Database) -> Self {
        Self(GroupCommit::start(database, &database.collection::<OrderDocument>(orders::COLLECTION)))
    }

    /// Writes a changed order if it still stands where it stood; false where it does not, as far as could be seen.
    pub async fn compare_and_set(&self, stood: &Standing, changed: &mut OrderDocument) -> Result<bool, Error> {
        let unchanged = doc! {
            "_id": changed.id,
            "status": word(stood.status)?,
            "attempt": i64::from(stood.attempt),
            "revision": changed.revision,
        };
        changed.revision += 1;
        reach(arrow(changed.status), Side::BeforeWrite);
        let written = self.0.replace(changed.id, unchanged, changed).await?;
        reach(arrow(changed.status), Side::AfterWrite);
        Ok(written == Written::Done)
    }
}
