//! The batchers' queues: bounded, so that too much is refused at once instead of waited for.

use std::sync::Arc;

use shared::{EventId, server::trace::Origin};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};
use tokio_util::task::TaskTracker;

use super::{
    batch::Batcher,
    decide::{Command, Done},
};
use crate::Error;

/// How many batchers there are. Each commits one batch at a time; while one waits for the disk another decides.
const BATCHERS: usize = 4;
/// How many commands wait for one batcher: about what it commits in a second.
const WAITING: usize = 4096;

/// A command, and who waits for what becomes of it.
#[derive(Debug)]
pub struct Queued {
    /// What is to be done.
    pub command: Command,
    /// Who is told; gone where nobody waits any more.
    pub reply: oneshot::Sender<Result<Done, Error>>,
    /// The request that it is done for.
    pub origin: Origin,
}

/// The way to the batchers. They stop when the last of these is dropped and all that waits is done.
#[derive(Clone, Debug)]
pub struct Queues(Arc<[mpsc::Sender<Queued>]>);

impl Queues {
    /// Starts the batchers.
    pub fn start(batcher: &Arc<Batcher>, tasks: &TaskTracker) -> Self {
        let start = |_| {
            let (sender, receiver) = mpsc::channel(WAITING);
            tasks.spawn(batcher.clone().work(receiver));
            sender
        };
        Self((0..BATCHERS).map(start).collect())
    }

    /// An event always has the same batcher, or replicas of its inventory would conflict within one process.
    fn of(&self, event: EventId) -> &mpsc::Sender<Queued> {
        let place = event.0.as_u128() % self.0.len() as u128;
        &self.0[usize::try_from(place).unwrap_or_default()]
    }

    /// Does a client's command: refused at once where too many wait.
    pub async fn offer(&self, command: Command) -> Result<Done, Error> {
        let (reply, done) = oneshot::channel();
        self.of(command.event()).try_send(Queued { command, reply, origin: Origin::current() }).map_err(|error| {
            match error {
                TrySendError::Full(_) => Error::Overloaded,
                TrySendError::Closed(_) => Error::Interrupted,
            }
        })?;
        done.await.map_err(|_| Error::Interrupted)?
    }

    /// Does a worker's command, which waits for its turn.
    pub async fn send(&self, command: Command) -> Result<Done, Error> {
        let (reply, done) = oneshot::channel();
        self.of(command.event())
            .send(Queued { command, reply, origin: Origin::current() })
            .await
            .map_err(|_| Error::Interrupted)?;
        done.await.map_err(|_| Error::Interrupted)?
    }
}

#[cfg(test)]
mod tests {
    use axum::{http::StatusCode, response::IntoResponse};
    use shared::OrderId;

    use super::*;
    use crate::domain::order::Transition;

    #[tokio::test]
    async fn too_much_is_refused_at_once_and_told_when_to_come_back() {
        let (sender, mut waiting) = mpsc::channel(1);
        let queues = Queues(Arc::new([sender]));
        let command =
            || Command::Release { order: OrderId::new(), event: EventId::new(), to: Transition::Cancel, under: None };
        let first = tokio::spawn({
            let queues = queues.clone();
            async move { queues.offer(command()).await }
        });
        // The one place is taken when the first can be seen to wait.
        while queues.0[0].capacity() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = queues.offer(command()).await.expect_err("no room");
        assert!(matches!(refused, Error::Overloaded), "{refused:?}");
        let response = refused.into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "1");

        let one = waiting.recv().await.expect("the first");
        one.reply.send(Ok(Done::Applied)).expect("somebody waits");
        assert!(first.await.expect("no panic").is_ok(), "who waited is none the worse");
    }
}
