//! The change feed: every event that was ever published, at the place of its latest change.
//!
//! A change takes its number from one counter document, in the transaction that writes the event. Two transactions that
//! take a number conflict on the counter, so the later number always commits later: who has read up to a number has
//! missed nothing before it.

use bson::doc;
use futures::{FutureExt, TryStreamExt};
use mongodb::{
    ClientSession, Collection, Database,
    error::Error,
    options::{ReadConcern, ReturnDocument, WriteConcern},
};
use serde::{Deserialize, Serialize};
use shared::server::mongo::is_duplicate_key;

use super::{Events, events::Write};
use crate::domain::Event;

/// The counter's `_id`.
const CHANGES: &str = "eventChanges";

/// The number of the latest change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Counter {
    #[serde(rename = "_id")]
    id: String,
    value: i64,
}

impl Counter {
    pub(super) fn of(database: &Database) -> Collection<Self> {
        database.collection("counters")
    }
}

/// Makes the counter, so that numbering never has to: making it twice at once would fail.
pub(super) async fn ensure_counter(database: &Database) -> Result<(), Error> {
    match Counter::of(database).insert_one(Counter { id: CHANGES.to_owned(), value: 0 }).await {
        Err(error) if !is_duplicate_key(&error) => Err(error),
        _ => Ok(()),
    }
}

impl Events {
    /// The changes after `after`, in order, with their numbers.
    pub async fn changes(&self, after: i64, limit: u32) -> Result<Vec<(i64, Event)>, crate::Error> {
        // What a majority does not have yet may be undone by a failover, and its number given to another change.
        let found = self.collection.find(doc! { "seq": { "$gt": after } }).read_concern(ReadConcern::majority());
        let changes = found.sort(doc! { "seq": 1 }).limit(i64::from(limit)).await?;
        let numbered = |document: super::EventDocument| (document.seq.unwrap_or_default(), document.into());
        Ok(changes.map_ok(numbered).try_collect().await?)
    }

    /// Does the write with the next change number; false, and no number taken, where there was nothing to replace.
    pub(super) async fn write_numbered(&self, write: Write) -> Result<bool, Error> {
        let mut session = self.collection.client().start_session().await?;
        let _turn = self.turn.lock().await;
        // Done again as long as another replica's change comes between.
        let transaction = session.start_transaction().write_concern(WriteConcern::majority());
        transaction
            .and_run((self, write), |session, (events, write)| events.number_and_apply(write, session).boxed())
            .await
    }

    async fn number_and_apply(&self, write: &mut Write, session: &mut ClientSession) -> Result<bool, Error> {
        let next = self.counter.find_one_and_update(doc! { "_id": CHANGES }, doc! { "$inc": { "value": 1_i64 } });
        let next = next.return_document(ReturnDocument::After).session(&mut *session).await?;
        let next = next.ok_or_else(|| Error::custom("the counter of changes is gone"))?;
        let (Write::Insert(document) | Write::Replace(document)) = write;
        document.seq = Some(next.value);
        let applied = self.apply(write, Some(&mut *session)).await?;
        if !applied {
            session.abort_transaction().await?;
        }
        Ok(applied)
    }
}

#[cfg(test)]
mod tests {
    use mongodb::ClientSession;
    use shared::{EventId, UserId, server::mongo::connect, testing::database_uri};

    use super::{
        super::{EventDocument, Inserted, ensure_indexes},
        *,
    };
    use crate::domain::proposal::tests::{parse, request};

    /// Two replicas on one database.
    async fn replicas() -> (Events, Events) {
        let database = connect(&database_uri(), "test").await.expect("a client");
        ensure_indexes(&database).await.expect("indexes");
        (Events::of(&database), Events::of(&database))
    }

    fn published() -> Event {
        let now = "2027-01-01T00:00:00Z".parse().expect("a time");
        let proposal = parse(request()).expect("a proposal");
        Event::create(EventId::new(), UserId::new(), proposal, now).expect("an event")
    }

    fn insert(event: &Event) -> Write {
        Write::Insert(Box::new(EventDocument::of(event, None)))
    }

    async fn begin(events: &Events) -> ClientSession {
        let mut session = events.collection.client().start_session().await.expect("a session");
        session.start_transaction().await.expect("a transaction");
        session
    }

    async fn read(events: &Events, after: i64) -> Vec<(i64, EventId)> {
        let changes = events.changes(after, 10).await.expect("changes");
        changes.into_iter().map(|(seq, event)| (seq, event.id)).collect()
    }

    #[tokio::test]
    async fn a_change_that_commits_late_holds_back_those_numbered_after_it() {
        let (here, there) = replicas().await;
        let (slow, quick) = (published(), published());
        let mut session = begin(&here).await;
        assert!(here.number_and_apply(&mut insert(&slow), &mut session).await.expect("applied"));

        let overtaking = tokio::spawn({
            let quick = quick.clone();
            async move { there.insert(&quick, None).await }
        });
        for _ in 0..10 {
            assert_eq!(read(&here, 0).await, [], "nobody reads past a number that is not committed");
        }
        assert!(!overtaking.is_finished());
        session.commit_transaction().await.expect("committed");
        assert_eq!(overtaking.await.expect("finished").expect("inserted"), Inserted::New);
        assert_eq!(read(&here, 0).await, [(1, slow.id), (2, quick.id)]);
    }

    /// The negative control of the test above: the same moments, with the number taken outside of the transaction.
    #[tokio::test]
    async fn a_number_taken_outside_the_transaction_would_lose_a_change() {
        let (here, there) = replicas().await;
        let (slow, quick) = (published(), published());
        let taken = here.counter.find_one_and_update(doc! { "_id": CHANGES }, doc! { "$inc": { "value": 1_i64 } });
        let taken = taken.return_document(ReturnDocument::After).await.expect("an answer").expect("a counter").value;

        assert_eq!(there.insert(&quick, None).await.expect("inserted"), Inserted::New);
        assert_eq!(read(&here, 0).await, [(2, quick.id)], "a reader goes on after 2");
        let mut late = EventDocument::of(&slow, None);
        late.seq = Some(taken);
        here.collection.insert_one(late).await.expect("inserted");
        assert_eq!(read(&here, 2).await, [], "the late change is never read");
    }

    #[tokio::test]
    async fn a_change_that_is_undone_takes_no_number() {
        let (here, there) = replicas().await;
        let event = published();
        assert!(!here.replace(&event).await.expect("an answer"), "there is no version before the first");
        let mut session = begin(&here).await;
        assert!(here.number_and_apply(&mut insert(&event), &mut session).await.expect("applied"));
        session.abort_transaction().await.expect("aborted");
        assert_eq!(there.insert(&event, None).await.expect("inserted"), Inserted::New);
        assert_eq!(read(&here, 0).await, [(1, event.id)]);
    }
}
