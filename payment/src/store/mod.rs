//! `payment_db`: the only place that knows MongoDB, but for the simulated provider, whose store only happens to be here.

pub mod documents;
pub mod payments;

pub use documents::{Failure, OrderFacts, PaymentDocument, Refusal};
use mongodb::{Database, error::Error};
pub use payments::{Begun, Payments};

/// Makes the indexes that the queries need; those that exist stay.
pub async fn ensure_indexes(database: &Database) -> Result<(), Error> {
    payments::ensure_indexes(database).await
}
