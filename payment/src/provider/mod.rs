//! Payment providers: who moves the money.

mod simulated;

use async_trait::async_trait;
use shared::{Money, OrderId};
pub use simulated::Simulated;

use crate::domain::{attempt::IntentStatus, request::PaymentSource};

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
    /// 1 for the order's first.
    pub attempt: u32,
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
    /// Its name in documents and metrics.
    fn name(&self) -> &'static str;

    /// Prepares to take `amount`; no money moves.
    async fn create_intent(&self, key: AttemptKey, amount: Money) -> Result<Intent, ProviderError>;

    /// Takes the money from `source`. A declined card is an answer, not an error.
    async fn confirm(&self, key: AttemptKey, intent: &str, source: &PaymentSource) -> Result<Intent, ProviderError>;

    /// Makes sure that no money will move, unless it has: the answer says which.
    async fn cancel(&self, key: AttemptKey, intent: &str) -> Result<Intent, ProviderError>;

    /// What became of it.
    async fn retrieve(&self, intent: &str) -> Result<Intent, ProviderError>;

    /// Gives the money back.
    async fn refund(&self, key: AttemptKey, intent: &str, amount: Money) -> Result<Refund, ProviderError>;
}
