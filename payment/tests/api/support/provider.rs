//! The simulated provider behind a bad line.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use payment::{
    PaymentSource,
    provider::{AttemptKey, Intent, PaymentProvider, ProviderError, Refund},
};
use shared::Money;

/// What the line does to calls.
#[derive(Clone, Default)]
pub struct Line {
    /// Answers to `confirm` and `retrieve` are lost: the provider did what it was asked.
    pub loses_answers: Arc<AtomicBool>,
    /// Requests to `confirm` are lost: the provider never hears of them.
    pub loses_confirmations: Arc<AtomicBool>,
}

pub struct BehindLine {
    pub provider: Arc<dyn PaymentProvider>,
    pub line: Line,
}

fn lost() -> ProviderError {
    ProviderError::Unknown("the line is down".into())
}

impl BehindLine {
    fn hear(&self, answer: Result<Intent, ProviderError>) -> Result<Intent, ProviderError> {
        if self.line.loses_answers.load(Ordering::SeqCst) { Err(lost()) } else { answer }
    }
}

#[async_trait]
impl PaymentProvider for BehindLine {
    fn name(&self) -> &'static str {
        self.provider.name()
    }

    async fn create_intent(&self, key: AttemptKey, amount: Money) -> Result<Intent, ProviderError> {
        self.provider.create_intent(key, amount).await
    }

    async fn confirm(&self, key: AttemptKey, intent: &str, source: &PaymentSource) -> Result<Intent, ProviderError> {
        if self.line.loses_confirmations.load(Ordering::SeqCst) {
            return Err(lost());
        }
        self.hear(self.provider.confirm(key, intent, source).await)
    }

    async fn cancel(&self, key: AttemptKey, intent: &str) -> Result<Intent, ProviderError> {
        self.provider.cancel(key, intent).await
    }

    async fn retrieve(&self, intent: &str) -> Result<Intent, ProviderError> {
        self.hear(self.provider.retrieve(intent).await)
    }

    async fn refund(&self, key: AttemptKey, intent: &str, amount: Money) -> Result<Refund, ProviderError> {
        self.provider.refund(key, intent, amount).await
    }
}
