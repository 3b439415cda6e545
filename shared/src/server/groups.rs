//! Receiving in groups: what came while the last group was at work is the next. And what the commands that are made of
//! groups share.

use std::{future::Future, io, time::Duration};

use bson::{RawBsonRef, RawDocument, raw::cstr, rawdoc};
use mongodb::error::Error;
use tokio::{sync::mpsc, time::timeout};

/// How long a group's command may take in all: a database that says nothing must not hold up those behind it for good.
pub(super) const LONGEST: Duration = Duration::from_secs(5);
/// A group larger than this one tells that many are coming: the next waits for as many, or for its patience.
const FEW: usize = 4;

/// The command's outcome; an error, after which nobody knows what it did, where that does not come within `limit`.
pub(super) async fn in_time<T>(limit: Duration, command: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    timeout(limit, command).await.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

/// An `_id` in a form that can be compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(Vec<u8>);

impl Key {
    pub(super) fn of<'a>(id: impl Into<RawBsonRef<'a>>) -> Self {
        let mut only = rawdoc! {};
        only.append(cstr!(""), id.into());
        Self(only.into_bytes())
    }

    pub(super) fn of_document(document: &RawDocument) -> Option<Self> {
        Some(Self::of(document.get("_id").ok()??))
    }
}

/// What waits in a queue, group by group.
pub struct Groups<T> {
    queue: mpsc::Receiver<T>,
    most: usize,
    patience: Duration,
    /// How large the last group was.
    before: usize,
}

impl<T> Groups<T> {
    /// Of at most so many, each of which waits for so long for others to join it where many are coming.
    pub const fn new(queue: mpsc::Receiver<T>, most: usize, patience: Duration) -> Self {
        Self { queue, most, patience, before: 0 }
    }

    /// The next group, never an empty one; `None` once nobody can send any more and all was received.
    pub async fn next(&mut self) -> Option<Vec<T>> {
        let mut group = Vec::new();
        if self.queue.recv_many(&mut group, self.most).await == 0 {
            return None;
        }
        if self.before > FEW {
            let enough = async {
                while group.len() < self.before {
                    let room = self.most - group.len();
                    if self.queue.recv_many(&mut group, room).await == 0 {
                        break;
                    }
                }
            };
            // Whoever is late comes with the next.
            let _ = timeout(self.patience, enough).await;
        }
        self.before = group.len();
        Some(group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn a_command_that_is_never_answered_ends_as_one_that_may_work_in_a_moment() {
        let silent = std::future::pending::<Result<(), Error>>();
        let error = in_time(Duration::ZERO, silent).await.expect_err("nobody answers");
        assert_eq!(crate::server::mongo::problem(&error).status, 503);
        assert!(in_time(LONG, std::future::ready(Ok(()))).await.is_ok());
    }

    #[tokio::test]
    async fn one_alone_waits_for_nobody() {
        let (sender, queue) = mpsc::channel(8);
        let mut groups = Groups::new(queue, 8, LONG);
        for word in ["a", "b"] {
            sender.send(word).await.expect("room");
            assert_eq!(groups.next().await, Some(vec![word]));
        }
        drop(sender);
        assert_eq!(groups.next().await, None);
    }

    #[tokio::test]
    async fn after_a_large_group_the_next_waits_for_as_many_and_never_takes_more_than_fit() {
        let (sender, queue) = mpsc::channel(32);
        let mut groups = Groups::new(queue, 6, LONG);
        for number in 0..8 {
            sender.send(number).await.expect("room");
        }
        assert_eq!(groups.next().await, Some((0..6).collect()));
        let late = tokio::spawn(async move {
            for number in 8..13 {
                sender.send(number).await.expect("room");
            }
        });
        assert_eq!(groups.next().await, Some((6..12).collect()));
        late.await.expect("no panic");
        assert_eq!(groups.next().await, Some(vec![12]), "nobody can send any more");
    }
}
