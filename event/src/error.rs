//! What can go wrong in the event service, and what the client is told of it.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use shared::{
    Problem, ProblemType,
    event::EventStatus,
    server::{error_response, mongo},
};

use crate::domain::Refusal;

/// Why a request was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// There is no such event, or it is not the caller's to see or change.
    #[error("no such event")]
    NotFound,
    /// Only admins make events here.
    #[error("only admins make events")]
    CreationForbidden,
    /// A change must say which version it is made to.
    #[error("If-Match is missing")]
    VersionRequired,
    /// The event has another version by now: this one.
    #[error("the event has version {0}")]
    VersionConflict(i64),
    /// The key belongs to another request of this user.
    #[error("the idempotency key was used before")]
    KeyReused,
    /// What the key's first request made has just gone again.
    #[error("the idempotency key is in use")]
    KeyBusy,
    /// The rules of events do not allow it.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// Who calls could not be found out, or a cursor is none of ours.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// The database failed.
    #[error("database")]
    Store(#[from] mongodb::error::Error),
    /// An answer could not be written as JSON.
    #[error("JSON")]
    Json(#[source] Arc<serde_json::Error>),
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(Arc::new(error))
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        match error {
            Error::NotFound => Self::new(ProblemType::NotFound),
            Error::CreationForbidden => Self::new(ProblemType::Forbidden).detail("Only admins make events here."),
            Error::VersionRequired => {
                Self::new(ProblemType::VersionRequired).detail("Send the event's version, such as If-Match: \"3\".")
            }
            Error::VersionConflict(version) => Self::new(ProblemType::VersionConflict).with("version", *version),
            Error::KeyReused => Self::new(ProblemType::KeyReused),
            Error::KeyBusy => Self::new(ProblemType::StillRunning),
            Error::Refused(Refusal::Invalid(errors)) => Self::invalid(errors.clone()),
            Error::Refused(Refusal::WrongState(status)) => {
                // Not `status`: that is the problem's own member, the HTTP status.
                Self::new(ProblemType::WrongState).with("state", word(*status))
            }
            Error::Problem(problem) => Self::clone(problem),
            Error::Store(error) => mongo::problem(error),
            Error::Json(_) => Self::new(ProblemType::Internal),
        }
    }
}

const fn word(status: EventStatus) -> &'static str {
    match status {
        EventStatus::Draft => "draft",
        EventStatus::Published => "published",
        EventStatus::Cancelled => "cancelled",
        EventStatus::Completed => "completed",
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        error_response(Problem::from(&self), &self)
    }
}
