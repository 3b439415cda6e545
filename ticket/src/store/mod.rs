//! `ticket_db`: the only place that knows MongoDB.

pub mod arrows;
pub mod audits;
pub mod cursors;
pub mod inventories;
mod keyed_orders;
pub mod ledger;
pub mod order_lists;
pub mod orders;
pub mod recent;
mod unsettled;

pub use arrows::Arrows;
pub use audits::Audits;
pub use cursors::Cursors;
pub use inventories::Inventories;
pub use keyed_orders::Made;
pub use ledger::Ledger;
use mongodb::{Database, error::Error};
pub use orders::Orders;
pub use recent::Recent;

/// Makes the collections and the indexes that the queries need; those that exist stay.
pub async fn ensure_indexes(database: &Database) -> Result<(), Error> {
    inventories::ensure_indexes(database).await?;
    orders::ensure_indexes(database).await
}
