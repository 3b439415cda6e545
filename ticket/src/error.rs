//! What can go wrong in the ticket service, and what the client is told of it.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use shared::{
    Problem, ProblemType,
    server::{UpstreamError, error_response, mongo, problem::unavailable},
    ticket::{OrderStatus, SaleStatus},
};

use crate::domain::{cart::CartError, inventory::Refusal, refund::NotRefundable};

/// Why a request was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// There is no such order or event, or it is not the caller's to know of.
    #[error("not found")]
    NotFound,
    /// The event has no inventory here.
    #[error("the event has no inventory")]
    UnknownEvent,
    /// The request is no cart.
    #[error(transparent)]
    Cart(#[from] CartError),
    /// The cart cannot be held.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The key was used before with another request.
    #[error("the Idempotency-Key was used before")]
    KeyReused,
    /// The order does not stand where this arrow begins.
    #[error("the order is {status:?} at attempt {attempt}")]
    WrongState {
        /// Where it stands.
        status: OrderStatus,
        /// The latest attempt to pay.
        attempt: u32,
    },
    /// The organizer's policy gives this buyer nothing back now.
    #[error(transparent)]
    NotRefundable(#[from] NotRefundable),
    /// An arrow that no service may ask for.
    #[error("not for services")]
    NotForServices,
    /// Too many bookings wait.
    #[error("too many bookings wait")]
    Overloaded,
    /// Others changed the same all the time.
    #[error("contended")]
    Contended(#[source] mongodb::error::Error),
    /// The batch died, or the service is about to stop: what became of the request is not known here.
    #[error("the batch was interrupted")]
    Interrupted,
    /// Part of the request is not valid.
    #[error(transparent)]
    Invalid(Box<Problem>),
    /// The event service gave no good answer.
    #[error("event service")]
    Upstream(#[source] Arc<UpstreamError>),
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
        Self::Invalid(Box::new(problem))
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        match error {
            Error::NotFound | Error::UnknownEvent => Self::new(ProblemType::NotFound),
            Error::Cart(error) => cart(error),
            Error::Refused(refusal) => refused(refusal),
            Error::KeyReused => Self::new(ProblemType::KeyReused),
            Error::WrongState { status, attempt } => Self::new(ProblemType::WrongState)
                .detail(format!("The order is {}.", word(status).as_str().unwrap_or_default()))
                // Not `status`: that is the HTTP status of a problem (RFC 9457).
                .with("state", word(status))
                .with("attempt", *attempt),
            Error::NotRefundable(NotRefundable { until }) => not_refundable(*until),
            Error::NotForServices => {
                Self::invalid_field("/status", "must be paying, confirmed, held, refunding or refunded")
            }
            Error::Invalid(problem) => Self::clone(problem),
            Error::Upstream(error) => error.problem(),
            Error::Overloaded | Error::Contended(_) | Error::Interrupted => unavailable(),
            Error::Store(error) => mongo::problem(error),
            Error::Json(_) => Self::new(ProblemType::Internal),
        }
    }
}

fn cart(error: &CartError) -> Problem {
    match error {
        CartError::Empty => Problem::invalid_field("/tickets", "must not be empty"),
        CartError::Nothing(line) => Problem::invalid_field(format!("/tickets/{line}/quantity"), "must be at least 1"),
        CartError::Twice(line) => Problem::invalid_field(format!("/tickets/{line}/ticketTypeName"), "is named twice"),
    }
}

fn refused(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::NotOnSale(sale) => {
            let detail = match sale {
                SaleStatus::NotYet => "Sales have not begun.",
                SaleStatus::Cancelled => "The event is called off.",
                SaleStatus::Ended | SaleStatus::OnSale => "Sales are over.",
            };
            Problem::new(ProblemType::NotOnSale).detail(detail).with("sale", word(sale))
        }
        Refusal::SoldOut(left) => {
            let left: Vec<Value> = left.iter().map(|l| json!({ "name": l.name, "remaining": l.remaining })).collect();
            Problem::new(ProblemType::SoldOut).detail("Not that many are left.").with("remaining", left)
        }
        Refusal::UnknownType(line) => {
            Problem::invalid_field(format!("/tickets/{line}/ticketTypeName"), "is not a ticket type of this event")
        }
        Refusal::TooMany { max } => Problem::invalid_field("/tickets", format!("must be at most {max} tickets in all")),
        Refusal::BuyerLimit { max, had } => Problem::new(ProblemType::BuyerLimit)
            .detail(format!("One buyer may have {max} tickets to this event, and you have {had}."))
            .with("maxPerBuyer", *max)
            .with("had", *had),
        Refusal::PriceChanged(total) => Problem::new(ProblemType::PriceChanged)
            .detail(format!("It is {total} now."))
            .with("totalAmount", json!(total)),
    }
}

fn not_refundable(until: Option<Timestamp>) -> Problem {
    let problem = Problem::new(ProblemType::NotRefundable);
    match until {
        None => problem.detail("The organizer gives no money back."),
        Some(until) => problem.detail("It is too late to have the money back.").with("until", until.to_string()),
    }
}

/// A word of the wire.
fn word(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        error_response(Problem::from(&self), &self)
    }
}
