//! Noticing a client of MongoDB that has got stuck for good.
//!
//! The driver makes few connections at a time and waits for the first answer on each without end: where a network
//! swallows what is sent and never says so, its pool waits for ever, though everybody else is answered. All state is in
//! the database, so the process may as well begin anew.

use std::time::Duration;

use mongodb::Database;
use tokio::time::{Instant, sleep, timeout};

use super::mongo::{connect, ping};

/// How a client is watched.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// How often it is asked.
    pub every: Duration,
    /// How long an answer may take.
    pub answer: Duration,
    /// How long it may go without an answer.
    pub patience: Duration,
}

impl Default for Watch {
    fn default() -> Self {
        Self { every: Duration::from_secs(5), answer: Duration::from_secs(3), patience: Duration::from_secs(30) }
    }
}

impl Watch {
    /// Returns when the database at `uri` has not answered over this client for too long, but does over a new one.
    pub async fn until_stuck(self, database: &Database, uri: &str) {
        let mut answered = Instant::now();
        loop {
            sleep(self.every).await;
            if self.answers(database).await {
                answered = Instant::now();
            } else if answered.elapsed() >= self.patience && self.answers_afresh(uri).await {
                return;
            }
        }
    }

    async fn answers(self, database: &Database) -> bool {
        matches!(timeout(self.answer, ping(database)).await, Ok(Ok(())))
    }

    async fn answers_afresh(self, uri: &str) -> bool {
        let Ok(database) = connect(uri, "watchdog").await else { return false };
        let answers = self.answers(&database).await;
        database.client().clone().shutdown().immediate(true).await;
        answers
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::testing::{cuttable, database_uri};

    const QUICK: Watch = Watch {
        every: Duration::from_millis(20),
        answer: Duration::from_millis(300),
        patience: Duration::from_millis(600),
    };

    #[tokio::test]
    async fn a_client_whose_connections_are_swallowed_is_stuck_and_one_without_a_database_is_not() {
        let uri = database_uri();
        let (by_proxy, proxy) = cuttable(&uri).await;
        let database = connect(&by_proxy, "test").await.expect("a client");
        // What was sent to a proxy that is silent is never answered, nor is it refused.
        proxy.silence();
        let nobody = timeout(Duration::from_secs(3), QUICK.until_stuck(&database, &by_proxy)).await;
        assert!(nobody.is_err(), "the database answers nobody");
        timeout(Duration::from_secs(30), QUICK.until_stuck(&database, &uri)).await.expect("it answers others");
    }

    #[tokio::test]
    async fn a_client_that_is_answered_is_not_stuck() {
        let uri = database_uri();
        let database = connect(&uri, "test").await.expect("a client");
        assert!(timeout(Duration::from_secs(2), QUICK.until_stuck(&database, &uri)).await.is_err());
    }
}
