//! Asking ticket to move an order along the arrows of its life, and which orders are to be refunded.

use std::{error::Error, sync::Arc, time::Duration};

use shared::{
    OrderId, Problem, ProblemType,
    server::{ServiceToken, Upstream, UpstreamError},
    ticket::{ChangedOrder, Move, OrderStatus, OrderTransition, RefundingOrders},
};

use super::moves::Mover;
use crate::store::PaymentDocument;

/// How long ticket may take: less than a buyer is let wait for an answer.
const TIMEOUT: Duration = Duration::from_millis(1_500);

/// Why an order did not move.
#[derive(Clone, Debug, thiserror::Error)]
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
    #[error("ticket gave no answer to go on from")]
    Unknown(#[source] Arc<dyn Error + Send + Sync>),
}

#[derive(Debug, thiserror::Error)]
#[error("ticket was not asked, or its answer makes no sense")]
struct Unheard;

impl TicketError {
    /// No answer came that could be read.
    pub(super) fn unheard() -> Self {
        Self::Unknown(Arc::new(Unheard))
    }
}

impl From<UpstreamError> for TicketError {
    fn from(error: UpstreamError) -> Self {
        match error {
            UpstreamError::Problem(problem) if problem.is(ProblemType::NotFound) => Self::NotFound,
            UpstreamError::Problem(problem) if problem.is(ProblemType::WrongState) => {
                Self::WrongState { status: member(&problem, "state"), attempt: member(&problem, "attempt") }
            }
            other => Self::Unknown(Arc::new(other)),
        }
    }
}

fn member<T: serde::de::DeserializeOwned>(problem: &Problem, name: &str) -> Option<T> {
    T::deserialize(problem.extensions.get(name)?).ok()
}

/// The ticket service.
#[derive(Clone, Debug)]
pub struct TicketClient {
    ticket: Upstream,
    mover: Mover,
}

impl TicketClient {
    /// The one at `base`.
    pub fn new(base: &str, token: ServiceToken) -> Result<Self, reqwest::Error> {
        let ticket = Upstream::new(base, token, TIMEOUT)?;
        Ok(Self { mover: Mover::start(&ticket), ticket })
    }

    /// Keeps the seats while this attempt is decided.
    pub async fn pin(&self, payment: &PaymentDocument) -> Result<ChangedOrder, TicketError> {
        self.go(payment, OrderStatus::Paying).await
    }

    /// The attempt has paid: issues the tickets.
    pub async fn confirm(&self, payment: &PaymentDocument) -> Result<ChangedOrder, TicketError> {
        self.go(payment, OrderStatus::Confirmed).await
    }

    /// The attempt is void: the order waits for another one.
    pub async fn release(&self, payment: &PaymentDocument) -> Result<ChangedOrder, TicketError> {
        self.go(payment, OrderStatus::Held).await
    }

    /// The money of a refunding order is back.
    pub async fn refunded(&self, payment: &PaymentDocument) -> Result<ChangedOrder, TicketError> {
        self.go(payment, OrderStatus::Refunded).await
    }

    /// The orders whose money is to be given back, in the order of their ids from after `after`.
    pub async fn refunding(&self, after: Option<OrderId>, limit: u32) -> Result<RefundingOrders, UpstreamError> {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        self.ticket.get(&format!("/api/tickets/orders/refunding?limit={limit}{after}")).await
    }

    async fn go(&self, payment: &PaymentDocument, status: OrderStatus) -> Result<ChangedOrder, TicketError> {
        let transition = OrderTransition {
            status,
            attempt: payment.attempt,
            user_id: Some(payment.user_id),
            payment_id: Some(payment.id),
        };
        self.mover.go(Move { order_id: payment.order_id, transition }).await
    }
}
