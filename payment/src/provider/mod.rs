//! Payment providers: who moves the money.

mod event;
pub mod signature;
mod simulated;
mod stripe;

use std::ops::RangeInclusive;

use async_trait::async_trait;
pub use event::ProviderEvent;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use shared::{Money, OrderId, UserId};
pub use signature::BadSignature;
pub use simulated::{Mischief, Sender, Simulated, Switch, WebhookConfig};
pub use stripe::{Stripe, StripeConfig};

use crate::domain::{attempt::IntentStatus, ledger::Balance, request::PaymentSource};

/// How many intents are asked for side by side.
const AT_ONCE: usize = 8;

/// Why a call to the provider gave no answer that can be gone on from.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It was not done, and asking again will not change that.
    #[error("the provider refused: {0}")]
    Permanent(String),
    /// It was not done; it may work in a moment.
    #[error("the provider is not able to now: {0}")]
    Retryable(String),
    /// It may have been done or not: only asking what became of it can tell.
    #[error("what the provider did is not known: {0}")]
    Unknown(String),
}

/// An attempt to pay, as the provider knows it. The same key is the same attempt, however often it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptKey {
    /// What is paid for.
    pub order_id: OrderId,
    /// 1 for the buyer's first.
    pub attempt: u32,
    /// Who pays, or tries to: only ticket knows whose the order is.
    pub buyer: UserId,
}

impl std::fmt::Display for AttemptKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.order_id, self.attempt)
    }
}

/// What the provider says of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The provider's name for it.
    pub id: String,
    /// Where it stands.
    pub status: IntentStatus,
    /// Why the card was declined, for people.
    pub decline_reason: Option<String>,
    /// The provider's name for the movement of money, once it has moved.
    pub transaction_id: Option<String>,
    /// Where the buyer is to act, while that is what it waits for.
    pub next_action: Option<String>,
    /// What was taken and given back.
    pub balance: Balance,
    /// What it is over, if the provider knows: one whose names for intents are made from keys does, once it was told to take
    /// money.
    pub amount: Option<Money>,
}

/// Money on its way back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The provider's name for it.
    pub id: String,
    /// How much.
    pub amount: Money,
}

/// A payment provider. Every call may be repeated: the provider does it once for each attempt, and decides once whether
/// an intent is confirmed or cancelled.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Its name in documents, metrics and the path of its webhooks.
    fn name(&self) -> &'static str;

    /// Whether it takes its own tokens in place of cards.
    fn takes_tokens(&self) -> bool {
        false
    }

    /// Its name for the intent of an attempt, where the key alone tells it. No two attempts, and no two buyers' attempts at
    /// one order, have the same.
    fn intent_name(&self, _key: AttemptKey) -> Option<String> {
        None
    }

    /// Prepares to take `amount`; no money moves.
    async fn create_intent(&self, key: AttemptKey, amount: Money) -> Result<Intent, ProviderError>;

    /// Takes the `amount` that the intent is over from `source`. A declined card is an answer, not an error.
    async fn confirm(
        &self,
        key: AttemptKey,
        intent: &str,
        amount: Money,
        source: &PaymentSource,
    ) -> Result<Intent, ProviderError>;

    /// Makes sure that no money will move, unless it has: the answer says which.
    async fn cancel(&self, key: AttemptKey, intent: &str) -> Result<Intent, ProviderError>;

    /// What became of it.
    async fn retrieve(&self, intent: &str) -> Result<Intent, ProviderError>;

    /// What became of each of these, in any order, but for those that it does not know.
    async fn retrieve_all(&self, intents: &[String]) -> Result<Vec<Intent>, ProviderError> {
        let asked: Vec<_> = intents.iter().map(|intent| self.retrieve(intent)).collect();
        let mut asked = stream::iter(asked).buffer_unordered(AT_ONCE);
        let mut found = Vec::new();
        while let Some(answer) = asked.next().await {
            match answer {
                Ok(intent) => found.push(intent),
                Err(ProviderError::Permanent(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Gives the money back; answers once it is on its way.
    async fn refund(&self, key: AttemptKey, intent: &str, amount: Money) -> Result<Refund, ProviderError>;

    /// The buyer's answer where the provider asks by way of this service; others ask on pages of their own.
    async fn challenge(&self, intent: &str, _approve: bool) -> Result<Intent, ProviderError> {
        Err(ProviderError::Permanent(format!("{intent} is approved elsewhere")))
    }

    /// The header that a webhook's signature is in.
    fn signature_header(&self) -> &'static str;

    /// What a webhook says, if the provider has signed it lately.
    fn verify_webhook(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<ProviderEvent, BadSignature>;

    /// The intents made within that time which have taken money, in pages: each after the one named.
    async fn captured(
        &self,
        made: RangeInclusive<Timestamp>,
        after: Option<&str>,
    ) -> Result<Vec<Intent>, ProviderError>;
}
