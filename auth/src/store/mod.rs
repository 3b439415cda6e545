//! `auth_db`: the only place that knows MongoDB.

pub mod revocations;
pub mod sessions;
pub mod users;

use mongodb::{Database, error::Error};
pub use revocations::RevocationLog;
pub use sessions::Sessions;
pub use users::Users;

/// Makes the indexes that the queries need; those that exist stay.
pub async fn ensure_indexes(database: &Database) -> Result<(), Error> {
    users::ensure_indexes(database).await?;
    revocations::ensure_indexes(database).await?;
    sessions::ensure_indexes(database).await
}
