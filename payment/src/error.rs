//! What can go wrong in the payment service, and what the client is told of it.

use axum::response::{IntoResponse, Response};
use serde_json::json;
use shared::{
    PaymentId, Problem, ProblemType,
    server::{error_response, mongo, problem::unavailable},
    ticket::OrderStatus,
};

use crate::{
    domain::card::CardExpired,
    provider::{BadSignature, ProviderError},
};

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such order or payment, or it is another's.
    #[error("not found")]
    NotFound,
    /// The card's month is over.
    #[error(transparent)]
    CardExpired(#[from] CardExpired),
    /// The order is paid.
    #[error("the order is paid")]
    AlreadyPaid,
    /// Ticket would not let the order be paid.
    #[error("the order is {0:?}")]
    OrderNotPayable(Option<OrderStatus>),
    /// The order could not be confirmed any more, and its money went back.
    #[error("the money was given back")]
    GivenBack,
    /// The payment does not wait for its buyer.
    #[error("nothing is to be approved")]
    NothingToApprove,
    /// The webhook is not the provider's.
    #[error(transparent)]
    BadSignature(#[from] BadSignature),
    /// The provider did not answer. What it did is found out later.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// Another payment for the order is under way, or the first request with this key.
    #[error("a payment is under way")]
    StillRunning,
    /// The key was used for another request.
    #[error("the key was used before")]
    KeyReused,
    /// No money has moved, and none will.
    #[error("payment {payment} failed: {reason}")]
    Declined {
        /// Which payment.
        payment: PaymentId,
        /// For people.
        reason: String,
    },
    /// Ticket did not say in time whether the order can be paid. Nothing was charged.
    #[error("the ticket service did not answer")]
    TicketUnavailable,
    /// The request itself is not as it must be.
    #[error("{0}")]
    Request(#[from] Problem),
    /// The database failed.
    #[error("database")]
    Store(#[from] mongodb::error::Error),
    /// The task that drove the payment died.
    #[error("task")]
    Task(#[from] tokio::task::JoinError),
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let wrong_state = |status: Option<OrderStatus>, detail| {
            Self::new(ProblemType::WrongState).detail(detail).with("state", json!(status))
        };
        match error {
            Error::NotFound => Self::new(ProblemType::NotFound),
            Error::CardExpired(_) => Self::invalid_field("/card/expiryMonth", "the card has expired"),
            Error::AlreadyPaid => wrong_state(Some(OrderStatus::Confirmed), "This order is paid."),
            Error::OrderNotPayable(status) => wrong_state(*status, "This order cannot be paid now."),
            Error::GivenBack => {
                wrong_state(None, "This order could not be confirmed any more. The money was given back.")
            }
            Error::NothingToApprove => wrong_state(None, "This payment does not wait to be approved."),
            Error::BadSignature(error) => Self::new(ProblemType::BadSignature).detail(error.to_string()),
            Error::StillRunning => {
                Self::new(ProblemType::StillRunning).detail("A payment for this order is under way.")
            }
            Error::KeyReused => Self::new(ProblemType::KeyReused),
            Error::Declined { payment, reason } => {
                Self::new(ProblemType::PaymentDeclined).detail(reason).with("paymentId", payment.to_string())
            }
            Error::TicketUnavailable | Error::Provider(_) => unavailable(),
            Error::Request(problem) => problem.clone(),
            Error::Store(error) => mongo::problem(error),
            Error::Task(_) => Self::new(ProblemType::Internal),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        error_response(Problem::from(&self), &self)
    }
}
