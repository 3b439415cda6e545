//! `payment_db`: the only place that knows MongoDB, but for the simulated provider, whose store only happens to be here.

mod books;
pub mod documents;
pub mod events;
pub mod payments;

pub use documents::{Failure, GivenBack, OrderFacts, PaymentDocument, Refusal};
pub use events::Events;
use mongodb::{Database, error::Error};
pub use payments::{Begun, Payments};

/// Makes the indexes that the queries need; those that exist stay.
pub async fn ensure_indexes(database: &Database) -> Result<(), Error> {
    payments::ensure_indexes(database).await?;
    events::ensure_indexes(database).await
}
