//! Moving an order along the arrows of its life, `PUT /api/tickets/orders/{id}/status`, and learning which are to be
//! refunded.

use std::time::Duration;

use serde::Deserialize;
use shared::{
    Money, OrderId, Problem, ProblemType,
    server::{ServiceToken, Upstream, UpstreamError},
    ticket::{OrderStatus, OrderTransition, RefundingOrders},
};

use crate::store::PaymentDocument;

/// How long ticket may take: less than a buyer is let wait for an answer.
const TIMEOUT: Duration = Duration::from_millis(1_500);

/// Why an order did not move.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    /// There is no such order of this buyer.
    #[error("no such order")]
    NotFound,
    /// The order's state does not allow it.
    #[error("the order is {status:?} at attempt {attempt:?}")]
    WrongState {
        /// The order's state.
        status: Option<OrderStatus>,
        /// The latest attempt that ticket has seen.
        attempt: Option<u32>,
    },
    /// Whether it moved is not known.
    #[error(transparent)]
    Unknown(UpstreamError),
}

impl From<UpstreamError> for TicketError {
    fn from(error: UpstreamError) -> Self {
        match error {
            UpstreamError::Problem(problem) if problem.is(ProblemType::NotFound) => Self::NotFound,
            UpstreamError::Problem(problem) if problem.is(ProblemType::WrongState) => {
                Self::WrongState { status: member(&problem, "state"), attempt: member(&problem, "attempt") }
            }
            other => Self::Unknown(other),
        }
    }
}

fn member<T: serde::de::DeserializeOwned>(problem: &Problem, name: &str) -> Option<T> {
    T::deserialize(problem.extensions.get(name)?).ok()
}

/// What payment wants to know of an order that moved; ticket answers the whole of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    /// What the buyer calls it.
    pub booking_reference: String,
    /// Its event.
    pub event: Titled,
    /// What is to be paid.
    pub total_amount: Money,
}

/// The event of an order.
#[derive(Debug, Deserialize)]
pub struct Titled {
    /// Its name.
    pub title: String,
}

/// The ticket service.
#[derive(Clone, Debug)]
pub struct TicketClient(Upstream);

impl TicketClient {
    /// The one at `base`.
    pub fn new(base: &str, token: ServiceToken) -> Result<Self, reqwest::Error> {
        Upstream::new(base, token, TIMEOUT).map(Self)
    }

    /// Keeps the seats while this attempt is decided.
    pub async fn pin(&self, payment: &PaymentDocument) -> Result<Moved, TicketError> {
        self.put(payment, OrderStatus::Paying).await
    }

    /// The attempt has paid: issues the tickets.
    pub async fn confirm(&self, payment: &PaymentDocument) -> Result<Moved, TicketError> {
        self.put(payment, OrderStatus::Confirmed).await
    }

    /// The attempt is void: the order waits for another one.
    pub async fn release(&self, payment: &PaymentDocument) -> Result<Moved, TicketError> {
        self.put(payment, OrderStatus::Held).await
    }

    /// The money of a refunding order is back.
    pub async fn refunded(&self, payment: &PaymentDocument) -> Result<Moved, TicketError> {
        self.put(payment, OrderStatus::Refunded).await
    }

    /// The orders whose money is to be given back, in the order of their ids from after `after`.
    pub async fn refunding(&self, after: Option<OrderId>, limit: u32) -> Result<RefundingOrders, UpstreamError> {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        self.0.get(&format!("/api/tickets/orders/refunding?limit={limit}{after}")).await
    }

    async fn put(&self, payment: &PaymentDocument, status: OrderStatus) -> Result<Moved, TicketError> {
        let transition = OrderTransition {
            status,
            attempt: payment.attempt,
            user_id: Some(payment.user_id),
            payment_id: Some(payment.id),
        };
        Ok(self.0.put(&format!("/api/tickets/orders/{}/status", payment.order_id), &transition).await?)
    }
}
