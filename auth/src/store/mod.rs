//! `auth_db`: the only place that knows MongoDB.

pub mod revocations;
pub mod sessions;
pub mod users;

use bson::{Bson, RawDocumentBuf, doc};
use futures::TryStreamExt;
use mongodb::{Collection, Database, error::Error};
pub use revocations::RevocationLog;
pub use sessions::Sessions;
pub use users::Users;

/// Makes the indexes that the queries need; those that exist stay.
pub async fn ensure_indexes(database: &Database) -> Result<(), Error> {
    users::ensure_indexes(database).await?;
    revocations::ensure_indexes(database).await?;
    sessions::ensure_indexes(database).await
}

/// The documents with these `_id`s, by one query, or none where there is nothing to ask for.
async fn read_together<T, I>(documents: &Collection<T>, ids: Vec<I>) -> Result<Vec<RawDocumentBuf>, Error>
where
    T: Send + Sync,
    I: Into<Bson>,
{
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // One more than there can be: the first answer is the last, which else only a second one would tell.
    let size = u32::try_from(ids.len() + 1).unwrap_or(u32::MAX);
    let documents = documents.clone_with_type::<RawDocumentBuf>();
    documents.find(doc! { "_id": { "$in": ids } }).batch_size(size).await?.try_collect().await
}
