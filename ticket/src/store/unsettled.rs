//! A commit that got no answer may not have reached the server: then the transaction is open still, and keeps its
//! documents from everybody else for a minute. The driver can't abort it any more; ending its session can.

use std::time::Duration;

use bson::{Document, doc};
use mongodb::{
    Client, ClientSession,
    error::{Error, ErrorKind},
};

/// How often it is tried, once a second: after that the server has ended the transaction by itself.
const TRIES: u32 = 60;
const EVERY: Duration = Duration::from_secs(1);

/// Ends a transaction when dropped, unless it is known how it ended.
pub struct Unsettled {
    client: Client,
    session: Option<Document>,
}

impl Unsettled {
    /// The transaction of this session.
    pub fn of(session: &ClientSession) -> Self {
        Self { client: session.client(), session: Some(session.id().clone()) }
    }

    /// The server has said how it ended, or this error is all that there is. With a broken connection the driver has
    /// given its session up, so that ending it hurts nobody.
    pub fn settle(&mut self, ended: Result<(), &Error>) {
        let unheard = ended.is_err_and(|error| {
            matches!(
                error.kind.as_ref(),
                ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } | ErrorKind::ServerSelection { .. }
            )
        });
        if !unheard {
            self.session = None;
        }
    }
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            tokio::spawn(end(self.client.clone(), session));
        }
    }
}

/// Whatever has been committed stays; what has not been never will be.
async fn end(client: Client, session: Document) {
    for _ in 0..TRIES {
        let ended = client.database("admin").run_command(doc! { "killSessions": [&session] }).await;
        match ended {
            Ok(_) => return,
            Err(error) => tracing::warn!(%error, "a transaction without an answer could not be ended"),
        }
        tokio::time::sleep(EVERY).await;
    }
}
