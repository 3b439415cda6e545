//! What everyone is answered alike, kept for a moment: an event or a list that thousands look at is read once a second.
//!
//! An answer is good for the second of the clock in which it was asked for, and until this replica changes any event.
//! So who changes an event here sees the change at once, and who reads at another replica sees it within a second.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use std::{hash::Hash, time::Duration};

use jiff::Timestamp;
use moka::future::Cache;
use shared::{EventId, server::Rendered};

use crate::{
    Error,
    domain::{Event, Listing},
};

/// Nobody asks for an answer of a second that is over.
const KEPT: Duration = Duration::from_secs(2);
/// How many bytes of lists are kept.
const LISTS: u64 = 8 << 20;
/// How many events are kept.
const EVENTS: u64 = 2_000;

/// An event with the answer that tells it.
#[derive(Debug)]
pub struct Told {
    /// The event, to see who may see it.
    pub event: Event,
    /// As it is told.
    pub answer: Rendered,
}

/// When a question was asked: after which change made here, and in which second.
type Moment = (u64, i64);

/// The answers of this replica. Simultaneous questions are one question.
#[derive(Clone)]
pub struct Answers {
    lists: Cache<(Moment, Listing), Rendered>,
    events: Cache<(Moment, EventId), Arc<Told>>,
    changes: Arc<AtomicU64>,
}

/// Ends what was answered before, when it is dropped: then the change has been made, or perhaps.
pub struct Change(Arc<AtomicU64>);

impl Drop for Change {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Default for Answers {
    fn default() -> Self {
        let lists = Cache::builder().time_to_live(KEPT).max_capacity(LISTS);
        let size = |_: &_, answer: &Rendered| u32::try_from(answer.size()).unwrap_or(u32::MAX);
        let events = Cache::builder().time_to_live(KEPT).max_capacity(EVENTS);
        Self { lists: lists.weigher(size).build(), events: events.build(), changes: Arc::default() }
    }
}

impl Answers {
    /// To be held while something is changed.
    pub fn change(&self) -> Change {
        Change(self.changes.clone())
    }

    /// The list at `now`: kept, or as `read` makes it.
    pub async fn list(
        &self,
        listing: Listing,
        now: Timestamp,
        read: impl Future<Output = Result<Rendered, Error>>,
    ) -> Result<Rendered, Error> {
        kept(&self.lists, (self.moment(now), listing), read).await
    }

    /// The event at `now`: kept, or as `read` finds it.
    pub async fn event(
        &self,
        id: EventId,
        now: Timestamp,
        read: impl Future<Output = Result<Told, Error>>,
    ) -> Result<Arc<Told>, Error> {
        kept(&self.events, (self.moment(now), id), async { read.await.map(Arc::new) }).await
    }

    fn moment(&self, now: Timestamp) -> Moment {
        // Before anything is read: what is read before a change ends is never kept for those who ask after it.
        (self.changes.load(Ordering::SeqCst), now.as_second())
    }
}

async fn kept<K, V>(cache: &Cache<K, V>, key: K, read: impl Future<Output = Result<V, Error>>) -> Result<V, Error>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    cache.try_get_with(key, read).await.map_err(|error: Arc<Error>| Error::clone(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    async fn ask(answers: &Answers, at: Timestamp, word: &str) -> Rendered {
        let listing = Listing::parse(shared::event::EventQuery::default(), None).expect("a listing");
        answers.list(listing, at, async { Ok(Rendered::of(&word)?) }).await.expect("an answer")
    }

    #[tokio::test]
    async fn an_answer_is_kept_for_its_second() {
        let answers = Answers::default();
        let first = ask(&answers, NOW, "first").await;
        assert_eq!(ask(&answers, NOW, "second").await, first);
        let later = NOW + jiff::SignedDuration::from_secs(1);
        assert_ne!(ask(&answers, later, "second").await, first);
    }

    #[tokio::test]
    async fn what_was_read_before_a_change_ended_is_not_told_after_it() {
        let answers = Answers::default();
        let change = answers.change();
        let before = ask(&answers, NOW, "before").await;
        assert_eq!(ask(&answers, NOW, "after").await, before, "it has not ended");
        drop(change);
        assert_ne!(ask(&answers, NOW, "after").await, before);
    }

    #[tokio::test]
    async fn an_error_is_not_kept() {
        let answers = Answers::default();
        let listing = || Listing::parse(shared::event::EventQuery::default(), None).expect("a listing");
        assert!(answers.list(listing(), NOW, async { Err(Error::NotFound) }).await.is_err());
        assert!(answers.list(listing(), NOW, async { Ok(Rendered::of(&"well")?) }).await.is_ok());
    }
}
