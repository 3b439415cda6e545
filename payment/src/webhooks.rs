//! Webhooks: the provider's hints to look. Nothing that one says is believed: the resolver asks.

use axum::http::HeaderMap;

use crate::{Error, driver::Driver, store::Events};

/// Takes webhooks.
#[derive(Clone)]
pub struct Webhooks {
    driver: Driver,
    events: Events,
}

impl Webhooks {
    /// Those of the driver's provider.
    pub const fn new(driver: Driver, events: Events) -> Self {
        Self { driver, events }
    }

    /// Takes one, as it came over the wire: every byte is signed.
    pub async fn receive(&self, provider: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), Error> {
        let ours = &self.driver.provider;
        if provider != ours.name() {
            return Err(Error::NotFound);
        }
        let signature = headers.get(ours.signature_header()).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let event = ours.verify_webhook(signature, body, self.driver.clock.now()).inspect_err(|error| {
            tracing::warn!(provider, %error, "a webhook was refused");
            metrics::counter!("payment_webhooks_total", "outcome" => "refused").increment(1);
        })?;
        let new = self.events.record(provider, &event).await?;
        let outcome = if new { "received" } else { "repeated" };
        tracing::debug!(provider, event = event.id, kind = event.kind, outcome, "a webhook came");
        metrics::counter!("payment_webhooks_total", "outcome" => outcome).increment(1);
        if let Some(intent) = event.intent.filter(|_| new) {
            self.driver.payments.hint(&intent).await?;
            self.driver.look.notify_one();
        }
        Ok(())
    }
}
