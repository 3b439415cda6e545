//! The simulated provider behind a bad line.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use payment::{
    PaymentSource,
    provider::{AttemptKey, BadSignature, Intent, PaymentProvider, ProviderError, ProviderEvent, Refund},
};
use shared::{Money, Timestamp};
use tokio::sync::Notify;

/// What the line does to calls.
#[derive(Clone, Default)]
pub struct Line {
    /// Answers to `confirm` and `retrieve` are lost: the provider did what it was asked.
    pub loses_answers: Arc<AtomicBool>,
    /// Requests to make an intent wait until somebody lets them go on.
    pub holds_intents: Arc<AtomicBool>,
    /// Lets a waiting one go on.
    pub go_on: Arc<Notify>,
    /// Requests to `confirm` are lost: the provider never hears of them.
    pub loses_confirmations: Arc<AtomicBool>,
    /// Answers to `refund` are lost: the money is back.
    pub loses_refunds: Arc<AtomicBool>,
    /// Its names for intents are not known before it has told them, as with other providers.
    pub hides_names: Arc<AtomicBool>,
    /// How often `refund` was asked for.
    pub refunds: Arc<AtomicUsize>,
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

    fn intent_name(&self, key: AttemptKey) -> Option<String> {
        self.provider.intent_name(key).filter(|_| !self.line.hides_names.load(Ordering::SeqCst))
    }

    async fn create_intent(&self, key: AttemptKey, amount: Money) -> Result<Intent, ProviderError> {
        if self.line.holds_intents.load(Ordering::SeqCst) {
            self.line.go_on.notified().await;
        }
        self.provider.create_intent(key, amount).await
    }

    async fn confirm(
        &self,
        key: AttemptKey,
        intent: &str,
        amount: Money,
        source: &PaymentSource,
    ) -> Result<Intent, ProviderError> {
        if self.line.loses_confirmations.load(Ordering::SeqCst) {
            return Err(lost());
        }
        self.hear(self.provider.confirm(key, intent, amount, source).await)
    }

    async fn cancel(&self, key: AttemptKey, intent: &str) -> Result<Intent, ProviderError> {
        self.provider.cancel(key, intent).await
    }

    async fn retrieve(&self, intent: &str) -> Result<Intent, ProviderError> {
        self.hear(self.provider.retrieve(intent).await)
    }

    async fn refund(&self, key: AttemptKey, intent: &str, amount: Money) -> Result<Refund, ProviderError> {
        self.line.refunds.fetch_add(1, Ordering::SeqCst);
        let refund = self.provider.refund(key, intent, amount).await;
        if self.line.loses_refunds.load(Ordering::SeqCst) { Err(lost()) } else { refund }
    }

    async fn challenge(&self, intent: &str, approve: bool) -> Result<Intent, ProviderError> {
        self.provider.challenge(intent, approve).await
    }

    fn signature_header(&self) -> &'static str {
        self.provider.signature_header()
    }

    fn verify_webhook(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<ProviderEvent, BadSignature> {
        self.provider.verify_webhook(signature, body, now)
    }

    async fn captured(
        &self,
        made: RangeInclusive<Timestamp>,
        after: Option<&str>,
    ) -> Result<Vec<Intent>, ProviderError> {
        self.provider.captured(made, after).await
    }
}
