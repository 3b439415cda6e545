//! The batchers' queues: bounded, so that too much is refused at once instead of waited for.

use std::sync::Arc;

use shared::EventId;
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
        let place = event.0.as_u128() % BATCHERS as u128;
        &self.0[usize::try_from(place).unwrap_or_default()]
    }

    /// Does a client's command: refused at once where too many wait.
    pub async fn offer(&self, command: Command) -> Result<Done, Error> {
        let (reply, done) = oneshot::channel();
        self.of(command.event()).try_send(Queued { command, reply }).map_err(|error| match error {
            TrySendError::Full(_) => Error::Overloaded,
            TrySendError::Closed(_) => Error::Interrupted,
        })?;
        done.await.map_err(|_| Error::Interrupted)?
    }

    /// Does a worker's command, which waits for its turn.
    pub async fn send(&self, command: Command) -> Result<Done, Error> {
        let (reply, done) = oneshot::channel();
        self.of(command.event()).send(Queued { command, reply }).await.map_err(|_| Error::Interrupted)?;
        done.await.map_err(|_| Error::Interrupted)?
    }
}
