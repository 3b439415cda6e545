//! The event service: where events and their changes come from.

use std::{sync::Arc, time::Duration};

use shared::{
    EventId, ProblemType,
    event::{Event, EventChanges, EventStatus},
    server::{ServiceToken, Upstream, UpstreamError},
};

use crate::{
    Error,
    fail_point::{Side, reach},
};

/// How long an answer may take: a buyer may be waiting for it.
const TIMEOUT: Duration = Duration::from_millis(1_500);

/// Asks the event service.
#[derive(Clone, Debug)]
pub struct EventClient(Upstream);

impl EventClient {
    /// The event service at `base`.
    pub fn new(base: &str, token: ServiceToken) -> Result<Self, reqwest::Error> {
        Ok(Self(Upstream::new(base, token, TIMEOUT)?))
    }

    /// The event; `None` where there is none that may be known of.
    pub async fn event(&self, id: EventId) -> Result<Option<Event>, Error> {
        let answer = self.0.get::<Event>(&format!("/api/events/{id}")).await;
        reach("ask-event", Side::AfterCall);
        match answer {
            Ok(event) => Ok(Some(event).filter(|event| event.status != EventStatus::Draft)),
            Err(UpstreamError::Problem(problem)) if problem.is(ProblemType::NotFound) => Ok(None),
            Err(error) => Err(Error::Upstream(Arc::new(error))),
        }
    }

    /// What has changed since `after`, oldest first; at most `limit` changes.
    pub async fn changes(&self, after: i64, limit: u32) -> Result<EventChanges, Error> {
        let changes = self.0.get(&format!("/api/events/changes?after={after}&limit={limit}")).await;
        reach("ask-changes", Side::AfterCall);
        changes.map_err(|error| Error::Upstream(Arc::new(error)))
    }
}
