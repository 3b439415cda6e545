//! The collections `revocations`, what ended by whose wish, and `leases`, who must hear of it.

use std::time::Duration;

use bson::{DateTime, doc};
use futures::TryStreamExt;
use mongodb::{
    Collection, Database, IndexModel,
    error::Error,
    options::{CollectionOptions, IndexOptions, ReadConcern, WriteConcern},
};
use serde::{Deserialize, Serialize};
use shared::{UserId, auth::Revoked, server::mongo::is_duplicate_key};

/// How long a revocation is kept: far longer than any lease.
const KEPT: Duration = Duration::from_hours(1);
/// How many revocations are told at once.
const AT_ONCE: i64 = 1000;

#[derive(Debug, Serialize, Deserialize)]
struct RevocationDocument {
    /// 1, 2, 3, …: the next number is given only after all before can be read, so that no reader skips one.
    #[serde(rename = "_id")]
    seq: i64,
    session: Option<String>,
    user: Option<UserId>,
    at: DateTime,
}

#[derive(Debug, Serialize, Deserialize)]
struct LeaseDocument {
    #[serde(rename = "_id")]
    holder: String,
    acknowledged: i64,
    until: DateTime,
}

/// What was revoked, and who has heard of it.
#[derive(Clone, Debug)]
pub struct RevocationLog {
    revocations: Collection<RevocationDocument>,
    leases: Collection<LeaseDocument>,
}

/// The leases sweep themselves; old revocations go when new ones come.
pub async fn ensure_indexes(database: &Database) -> Result<(), Error> {
    let options = IndexOptions::builder().expire_after(KEPT).build();
    let swept = IndexModel::builder().keys(doc! { "until": 1 }).options(options).build();
    RevocationLog::of(database).leases.create_index(swept).await.map(drop)
}

impl RevocationLog {
    /// That of `database`; read and written by majority, since a lost revocation lets someone in.
    pub fn of(database: &Database) -> Self {
        let options = || {
            CollectionOptions::builder()
                .read_concern(ReadConcern::majority())
                .write_concern(WriteConcern::majority())
                .build()
        };
        Self {
            revocations: database.collection_with_options("revocations", options()),
            leases: database.collection_with_options("leases", options()),
        }
    }

    /// The number of the latest revocation; 0 before the first.
    pub async fn last(&self) -> Result<i64, Error> {
        let latest = self.revocations.find_one(doc! {}).sort(doc! { "_id": -1 }).await?;
        Ok(latest.map_or(0, |latest| latest.seq))
    }

    /// Writes a revocation down under the next number.
    pub async fn append(&self, revoked: &Revoked, at: DateTime) -> Result<i64, Error> {
        let (session, user) = match revoked {
            Revoked::Session(session) => (Some(session.clone()), None),
            Revoked::User(user) => (None, Some(*user)),
        };
        loop {
            let seq = self.last().await? + 1;
            let revocation = RevocationDocument { seq, session: session.clone(), user, at };
            match self.revocations.insert_one(revocation).await {
                Ok(_) => {
                    self.sweep(seq, at).await?;
                    return Ok(seq);
                }
                // Another one took the number.
                Err(error) if is_duplicate_key(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Deletes what is older than anybody asks for, but never the newest: from it the numbers go on. Were they to begin
    /// again, lease holders would seem to know already what they have never heard.
    async fn sweep(&self, newest: i64, now: DateTime) -> Result<(), Error> {
        let before = now.to_jiff().saturating_sub(KEPT).map_or(DateTime::MIN, DateTime::from);
        let old = doc! { "_id": { "$lt": newest }, "at": { "$lt": before } };
        self.revocations.delete_many(old).await.map(drop)
    }

    /// What was revoked after `after`, and the number of the last.
    pub async fn since(&self, after: i64) -> Result<(Vec<Revoked>, i64), Error> {
        let newer = self.revocations.find(doc! { "_id": { "$gt": after } }).sort(doc! { "_id": 1 }).limit(AT_ONCE);
        let found: Vec<RevocationDocument> = newer.await?.try_collect().await?;
        let last = found.last().map_or(after, |last| last.seq);
        let revoked = found.into_iter().filter_map(|revocation| match revocation {
            RevocationDocument { session: Some(session), .. } => Some(Revoked::Session(session)),
            RevocationDocument { user: Some(user), .. } => Some(Revoked::User(user)),
            RevocationDocument { .. } => None,
        });
        Ok((revoked.collect(), last))
    }

    /// Renews a holder's lease; it has taken everything up to `acknowledged` to heart.
    pub async fn renew_lease(&self, holder: &str, acknowledged: i64, until: DateTime) -> Result<(), Error> {
        let renewed = doc! { "$set": { "acknowledged": acknowledged, "until": until } };
        self.leases.update_one(doc! { "_id": holder }, renewed).upsert(true).await.map(drop)
    }

    /// Whether a lease that runs at `now` has not acknowledged `seq`.
    pub async fn is_awaited(&self, seq: i64, now: DateTime) -> Result<bool, Error> {
        let awaited = doc! { "until": { "$gt": now }, "acknowledged": { "$lt": seq } };
        Ok(self.leases.find_one(awaited).await?.is_some())
    }
}

#[cfg(test)]
mod tests {
    use shared::{server::mongo, testing::database_uri};

    use super::*;

    #[tokio::test]
    async fn numbers_go_on_after_a_long_quiet() {
        let database = mongo::connect(&database_uri(), "test").await.expect("a database");
        ensure_indexes(&database).await.expect("indexes");
        let log = RevocationLog::of(&database);
        let revoke = async |hour: i64| {
            let at = DateTime::from_millis(hour * 3_600_000);
            log.append(&Revoked::User(UserId::new()), at).await.expect("appended")
        };
        assert_eq!([revoke(1).await, revoke(1).await, revoke(5).await], [1, 2, 3]);
        let (kept, last) = log.since(0).await.expect("read");
        assert_eq!((kept.len(), last), (1, 3), "what is old is gone, but for the newest");
        assert_eq!(revoke(9).await, 4);
    }
}
