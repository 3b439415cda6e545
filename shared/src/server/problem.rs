//! Problems as answers, with the cause kept for the log and away from the client.

use std::{error::Error, fmt::Write, sync::Arc};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{Problem, ProblemType};

/// Why a request failed; rides in the response's extensions to the one place that logs it.
#[derive(Clone, Debug)]
pub struct Cause(pub Arc<str>);

impl Cause {
    /// The error with all that caused it.
    pub fn of(error: &dyn Error) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(inner) = source {
            // Writing to a String cannot fail.
            let _ = write!(text, ": {inner}");
            source = inner.source();
        }
        Self(text.into())
    }
}

/// The answer to a failed request. For faults of ours the cause is kept to be logged.
pub fn error_response(problem: Problem, error: &dyn Error) -> Response {
    let ours = problem.is_ours();
    let mut response = problem.into_response();
    if ours {
        response.extensions_mut().insert(Cause::of(error));
    }
    response
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if let Some(seconds) = self.extensions.get("retryAfter").and_then(serde_json::Value::as_u64) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// A part cannot be reached: 503, worth trying again in a moment.
pub fn unavailable() -> Problem {
    Problem::new(ProblemType::Unavailable).with("retryAfter", 1)
}
