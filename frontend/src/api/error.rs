//! Why a request has no good answer, and how that is said to people.

use std::fmt;

use serde::de::DeserializeOwned;
use shared::{FieldError, Problem, ProblemType};

use crate::json;

/// Why a request has no good answer.
#[derive(Clone, Debug, PartialEq)]
pub enum ApiError {
    /// Nothing came back: no network, no service, or not in time.
    Offline,
    /// The service says what is wrong.
    Problem(Box<Problem>),
}

impl ApiError {
    /// Whether the service answered with a problem of this type.
    pub fn is(&self, kind: ProblemType) -> bool {
        matches!(self, Self::Problem(problem) if problem.is(kind))
    }

    /// The bad fields that the service named.
    pub fn fields(&self) -> &[FieldError] {
        match self {
            Self::Offline => &[],
            Self::Problem(problem) => &problem.errors,
        }
    }

    /// A further member of the problem, such as `remaining`.
    pub fn member<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        match self {
            Self::Offline => None,
            Self::Problem(problem) => json::fit(problem.extensions.get(name)?.clone()),
        }
    }

    /// Whether the service has decided: the same request again would get the same answer.
    pub fn is_final(&self) -> bool {
        let passing = [ProblemType::StillRunning, ProblemType::TooManyRequests, ProblemType::NotSignedIn];
        matches!(self, Self::Problem(problem) if !problem.is_ours() && !passing.iter().any(|kind| problem.is(*kind)))
    }

    /// There is no such thing, for an address that can't name one.
    pub fn not_found() -> Self {
        Self::of(ProblemType::NotFound)
    }

    /// A problem of this type with no details.
    pub fn of(kind: ProblemType) -> Self {
        Self::Problem(Box::new(Problem::new(kind)))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Problem(problem) = self else {
            return f.write_str("Ticketer can't be reached. Check your connection and try again.");
        };
        f.write_str(problem.detail.as_deref().unwrap_or_else(|| plain(problem)))?;
        match problem.extensions.get("requestId").and_then(|id| id.as_str()) {
            Some(id) if problem.is(ProblemType::Internal) => {
                write!(f, " If you ask us about it, tell us this number: {id}")
            }
            _ => Ok(()),
        }
    }
}

/// A problem without details, in words for people. Its title is enough where it is not about HTTP.
fn plain(problem: &Problem) -> &str {
    match ProblemType::ALL.iter().copied().find(|kind| problem.is(*kind)) {
        Some(ProblemType::StillRunning) => "Your first request is still being worked on. Wait a moment.",
        Some(ProblemType::TooManyRequests) => "That was a little too often. Wait a moment and try again.",
        Some(ProblemType::Internal) => "Something went wrong on our side. Try again.",
        Some(ProblemType::Unavailable) => "Part of Ticketer can't be reached right now. Try again in a moment.",
        Some(ProblemType::NotFound) => "There is nothing here, or it isn't yours.",
        Some(ProblemType::Forbidden) => "Your account does not allow this.",
        Some(ProblemType::WrongState) => "That is no longer possible: something has changed meanwhile.",
        Some(ProblemType::TooLarge) => "That is too long. Shorten it and try again.",
        Some(ProblemType::BuyerLimit) => "That is more than one buyer may have of this event.",
        Some(ProblemType::NotRefundable) => "The organizer's refund policy does not allow this.",
        Some(
            ProblemType::Malformed
            | ProblemType::BadSignature
            | ProblemType::NotAService
            | ProblemType::ForeignOrigin
            | ProblemType::MethodNotAllowed
            | ProblemType::UnsupportedMediaType
            | ProblemType::KeyReused
            | ProblemType::VersionRequired,
        ) => "This page and Ticketer did not understand each other. Load the page again and try once more.",
        _ => &problem.title,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_problem_speaks_of_http_to_people() {
        for kind in ProblemType::ALL {
            let said = ApiError::of(*kind).to_string();
            for word in
                ["If-Match", "Idempotency", "application/json", "endpoint", "request could", "Body", "Method", "Signed"]
            {
                assert!(!said.contains(word), "{kind:?}: {said}");
            }
        }
    }

    #[test]
    fn a_detail_says_more_than_the_type() {
        let problem = Problem::new(ProblemType::WrongState).detail("This order is paid.");
        assert_eq!(ApiError::Problem(Box::new(problem)).to_string(), "This order is paid.");
    }

    #[test]
    fn a_fault_of_ours_can_be_asked_about() {
        let problem = Problem::new(ProblemType::Internal).with("requestId", "0192f0c1");
        assert!(ApiError::Problem(Box::new(problem)).to_string().ends_with("0192f0c1"));
    }
}
