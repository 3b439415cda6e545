//! What the simulated provider keeps of an intent, what it calls it, and how it changes.

use bson::DateTime;
use serde::{Deserialize, Serialize};
use shared::{Money, OrderId, UserId};

use crate::{
    domain::{attempt::IntentStatus, ledger::Balance},
    provider::{AttemptKey, Intent},
};

/// What the name of each intent begins with.
const PREFIX: &str = "sim_";

/// The name of an attempt's intent.
pub fn name(key: AttemptKey) -> String {
    format!("{PREFIX}{key}:{}", key.buyer)
}

/// Whether this is such a name.
pub fn is_name(word: &str) -> bool {
    let key = || {
        let mut parts = word.strip_prefix(PREFIX)?.split(':');
        let (order, attempt, buyer) = (parts.next()?, parts.next()?, parts.next()?);
        Some(AttemptKey {
            order_id: OrderId(order.parse().ok()?),
            attempt: attempt.parse().ok()?,
            buyer: UserId(buyer.parse().ok()?),
        })
    };
    // An attempt has one name: no other spelling counts.
    key().is_some_and(|key| name(key) == word)
}

/// The provider's record of an intent. Nothing of a card is in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentDocument {
    /// Made from the attempt's key: so only one decision can be the first.
    #[serde(rename = "_id")]
    pub id: String,
    /// What was to be taken, or is taken; none where it was cancelled before anybody had asked for money.
    pub amount: Option<Money>,
    pub status: IntentStatus,
    pub decline_reason: Option<String>,
    pub transaction_id: Option<String>,
    #[serde(default)]
    pub next_action: Option<String>,
    /// When a slow card's money moves.
    #[serde(default)]
    pub captures_at: Option<DateTime>,
    pub refunded: Option<Money>,
    pub created_at: DateTime,
    pub updated_at: DateTime,
    /// Counts the changes.
    pub revision: i64,
}

impl IntentDocument {
    /// One that nobody has decided.
    pub fn undecided(id: &str, amount: Option<Money>, now: DateTime) -> Self {
        Self {
            id: id.to_owned(),
            amount,
            status: IntentStatus::RequiresConfirmation,
            decline_reason: None,
            transaction_id: None,
            next_action: None,
            captures_at: None,
            refunded: None,
            created_at: now,
            updated_at: now,
            revision: 0,
        }
    }

    /// The movement of its money: a name without the buyer.
    fn transaction(&self) -> String {
        let mut parts = self.id.trim_start_matches(PREFIX).split(':');
        format!("txn_{}:{}", parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    }
}

impl From<IntentDocument> for Intent {
    fn from(document: IntentDocument) -> Self {
        let total = document.amount.map_or(0, |money| money.amount);
        let captured = if document.status == IntentStatus::Succeeded { total } else { 0 };
        let balance = Balance { captured, refunded: document.refunded.map_or(0, |money| money.amount) };
        let IntentDocument { id, amount, status, decline_reason, transaction_id, next_action, .. } = document;
        let next_action = next_action.filter(|_| status == IntentStatus::RequiresAction);
        Self { id, status, decline_reason, transaction_id, next_action, balance, amount }
    }
}

/// What becomes of an intent.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    Succeed,
    Decline(&'static str),
    AskBuyer(OrderId),
    /// The money moves at this time.
    Process(DateTime),
    Cancel,
}

impl Change {
    /// Lets it become that.
    pub fn apply(self, intent: &mut IntentDocument) {
        intent.status = match self {
            Self::Succeed => {
                intent.transaction_id = Some(intent.transaction());
                intent.decline_reason = None;
                IntentStatus::Succeeded
            }
            Self::Decline(reason) => {
                intent.decline_reason = Some(reason.to_owned());
                IntentStatus::RequiresPaymentMethod
            }
            Self::AskBuyer(order) => {
                intent.next_action = Some(format!("/orders/{order}/challenge"));
                IntentStatus::RequiresAction
            }
            Self::Process(captures_at) => {
                intent.captures_at = Some(captures_at);
                IntentStatus::Processing
            }
            Self::Cancel => IntentStatus::Cancelled,
        };
    }
}

/// The word for a change in a webhook.
pub const fn event_word(status: IntentStatus) -> &'static str {
    match status {
        IntentStatus::RequiresPaymentMethod => "payment_failed",
        IntentStatus::Cancelled => "canceled",
        other => other.as_str(),
    }
}
