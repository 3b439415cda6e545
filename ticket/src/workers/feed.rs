//! Follows the changes of events: so that no booking waits for the event service.

use std::time::Duration;

use futures::future::try_join_all;
use shared::server::{problem::Cause, telemetry};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{Error, booking::Bookings, clients::EventClient, store::Cursors};

/// How long one answer may take to be taken over: a database that says nothing must not stop this for good.
const LONGEST: Duration = Duration::from_secs(15);
/// The feed's name among the cursors.
const FEED: &str = "events";
/// How many changes are asked for at once.
const LIMIT: u32 = 100;
/// How often it is asked when there is nothing new.
const EVERY: Duration = Duration::from_millis(500);
/// How often it is asked at the least while the event service does not answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// Takes over every change of an event.
pub struct Feed {
    events: EventClient,
    cursors: Cursors,
    bookings: Bookings,
}

impl Feed {
    /// From the event service to the inventories.
    pub const fn new(events: EventClient, cursors: Cursors, bookings: Bookings) -> Self {
        Self { events, cursors, bookings }
    }

    /// Follows until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut pause = EVERY;
        while !stop.is_cancelled() {
            let failed = match timeout(LONGEST, self.take()).await {
                Ok(Ok(more)) => {
                    pause = if more { Duration::ZERO } else { EVERY };
                    if !more {
                        telemetry::worked("event-feed");
                    }
                    None
                }
                Ok(Err(error)) => Some(Cause::of(&error).0),
                Err(elapsed) => Some(Cause::of(&elapsed).0),
            };
            if let Some(cause) = failed {
                pause = (pause.max(EVERY) * 2).min(LONGEST_PAUSE);
                tracing::warn!(%cause, "the changes of events could not be taken over");
            }
            tokio::select! { () = stop.cancelled() => (), () = tokio::time::sleep(pause) => () }
        }
    }

    /// Takes over the next changes; whether there may be more. The cursor moves when they are applied, not before.
    async fn take(&self) -> Result<bool, Error> {
        let after = self.cursors.position(FEED).await?;
        let page = self.events.changes(after, LIMIT).await?;
        let more = !page.changes.is_empty();
        try_join_all(page.changes.into_iter().map(|change| self.bookings.apply(change.event))).await?;
        if page.last > after {
            self.cursors.advance(FEED, page.last).await?;
        }
        Ok(more)
    }
}
