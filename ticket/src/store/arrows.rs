//! Orders that go an arrow which moves no stock: each by itself, many to a command.

use mongodb::{Database, error::Error};
use shared::server::{GroupCommit, Written};

use super::orders::{self, OrderDocument};
use crate::fail_point::{Side, arrow, reach};

/// Writes changed orders. Those that give seats back go through [`super::Ledger`] instead.
#[derive(Clone, Debug)]
pub struct Arrows(GroupCommit<OrderDocument>);

impl Arrows {
    /// In `database`, until the last clone is dropped.
    pub fn of(database: &Database) -> Self {
        Self(GroupCommit::start(database, &database.collection::<OrderDocument>(orders::COLLECTION)))
    }

    /// Writes a changed order if nobody has changed it since it was read; false where someone has, as far as could be seen.
    pub async fn compare_and_set(&self, changed: &mut OrderDocument) -> Result<bool, Error> {
        let read = changed.revision;
        changed.revision += 1;
        reach(arrow(changed.status), Side::BeforeWrite);
        let written = self.0.replace(read, changed).await?;
        reach(arrow(changed.status), Side::AfterWrite);
        Ok(written == Written::Done)
    }
}
