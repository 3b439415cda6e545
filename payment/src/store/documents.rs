//! The documents of the collection `payments`.

use bson::DateTime;
use serde::{Deserialize, Serialize};
use shared::{
    Money, OrderId, PaymentId, UserId,
    payment::{NextAction, Payment, PaymentDetails, PaymentMethod},
    server::{Fingerprint, id_under},
    ticket::{ChangedOrder, OrderStatus},
};

use crate::{
    domain::{attempt::State, request::PaymentRequest},
    provider::AttemptKey,
};

/// What ticket told of the order when it let it be paid, or when it confirmed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderFacts {
    /// The order's reference.
    pub booking_reference: String,
    /// The event's title.
    pub event_title: String,
    /// What is charged.
    pub amount: Money,
}

impl From<ChangedOrder> for OrderFacts {
    fn from(order: ChangedOrder) -> Self {
        let ChangedOrder { booking_reference, event_title, total_amount } = order;
        Self { booking_reference, event_title, amount: total_amount }
    }
}

impl OrderFacts {
    /// All that the provider knows of an order: what was taken for it.
    pub const fn of(amount: Money) -> Self {
        Self { booking_reference: String::new(), event_title: String::new(), amount }
    }

    /// Whether ticket has told them.
    pub fn are_whole(&self) -> bool {
        !self.booking_reference.is_empty()
    }
}

/// Why ticket would not let the order be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// Whether there is such an order of this buyer.
    pub found: bool,
    /// The order's status, as far as ticket told it.
    pub order_status: Option<OrderStatus>,
}

/// Why no money will move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Whether the provider declined it; else it was given up.
    pub declined: bool,
    /// For people.
    pub reason: String,
}

/// Why and how the money goes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GivenBack {
    /// Whether ticket asked for it; else it would not have the order confirmed.
    pub asked: bool,
    /// The provider's name for the refund, once it is done.
    pub refund: Option<String>,
}

/// An attempt to pay for an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDocument {
    /// Which payment.
    #[serde(rename = "_id")]
    pub id: PaymentId,
    /// For which order.
    pub order_id: OrderId,
    /// 1 for the order's first.
    pub attempt: u32,
    /// Who pays.
    pub user_id: UserId,
    /// Known once the order is pinned.
    pub order: Option<OrderFacts>,
    /// How.
    pub method: PaymentMethod,
    /// What may be kept of the card.
    pub details: PaymentDetails,
    /// Who moves the money.
    pub provider: String,
    /// How far it has come.
    pub state: State,
    /// The provider's name for the attempt: from the beginning where the attempt's key tells it.
    pub provider_intent: Option<String>,
    /// The provider's name for the movement of money.
    pub transaction_id: Option<String>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Why ticket refused it.
    pub refusal: Option<Refusal>,
    /// Where the buyer had to act first; kept, to tell a repeated answer from one that nobody asked for.
    #[serde(default)]
    pub next_action: Option<String>,
    /// Set once the money is to go back.
    #[serde(default)]
    pub given_back: Option<GivenBack>,
    /// Whether the order cannot be paid by another attempt. The state says so too: earlier releases read it here.
    pub active: bool,
    /// The client's key for the request. Left out where there is none or the id is made from it: the index is over those
    /// that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Tells the request from another one under the same key.
    pub fingerprint: Fingerprint,
    /// How often the present state was tried in vain.
    pub tries: u32,
    /// When the resolver takes it up; none once it is settled.
    pub next_attempt_at: Option<DateTime>,
    /// When it began.
    pub created_at: DateTime,
    /// When its state changed last.
    pub updated_at: DateTime,
    /// Counts the changes.
    pub revision: i64,
}

impl PaymentDocument {
    /// A new attempt, not begun.
    pub fn new(user_id: UserId, request: &PaymentRequest, key: Option<String>, provider: &str, now: DateTime) -> Self {
        let told = key.as_deref().and_then(|key| id_under(user_id, key)).map(PaymentId);
        Self {
            id: told.unwrap_or_else(PaymentId::new),
            order_id: request.order_id,
            attempt: 1,
            user_id,
            order: None,
            method: request.method,
            details: request.details.clone(),
            provider: provider.to_owned(),
            state: State::Created,
            provider_intent: None,
            transaction_id: None,
            failure: None,
            refusal: None,
            next_action: None,
            given_back: None,
            active: true,
            idempotency_key: key.filter(|_| told.is_none()),
            fingerprint: request.fingerprint.clone(),
            tries: 0,
            next_attempt_at: None,
            created_at: now,
            updated_at: now,
            revision: 0,
        }
    }

    /// Gives it another number, and the name that the provider has for that attempt, where it is known beforehand.
    pub fn number(&mut self, attempt: u32, intent_name: impl Fn(AttemptKey) -> Option<String>) {
        self.attempt = attempt;
        self.provider_intent = intent_name(self.key());
    }

    /// What the provider knows it by.
    pub fn key(&self) -> AttemptKey {
        AttemptKey { order_id: self.order_id, attempt: self.attempt, buyer: self.user_id }
    }

    /// The same attempt in another state.
    pub fn to(&self, state: State) -> Self {
        Self { state, ..self.clone() }
    }

    /// Where the buyer must act before it goes on.
    pub fn awaited_action(&self) -> Option<NextAction> {
        let url = self.next_action.clone().filter(|_| self.state == State::Acting)?;
        Some(NextAction { url })
    }

    /// Whether ticket is to be told that the money is back.
    pub fn is_refund_asked(&self) -> bool {
        self.given_back.as_ref().is_some_and(|given_back| given_back.asked)
    }

    /// As the buyer sees it; `None` before its order is known.
    pub fn shown(&self) -> Option<Payment> {
        let order = self.order.clone()?;
        Some(Payment {
            id: self.id,
            order_id: self.order_id,
            booking_reference: order.booking_reference,
            event_title: order.event_title,
            user_id: self.user_id,
            attempt: self.attempt,
            amount: order.amount,
            payment_method: self.method,
            payment_details: self.details.clone(),
            status: self.state.status(),
            transaction_id: self.transaction_id.clone(),
            failure_reason: self.failure.as_ref().filter(|_| self.state.is_settled()).map(|f| f.reason.clone()),
            next_action: self.awaited_action(),
            created_at: self.created_at.into(),
            updated_at: self.updated_at.into(),
        })
    }
}
