//! Stripe, by the REST interface of its PaymentIntents.
//!
//! Every call that changes something carries an idempotency key made from the attempt, so that a repetition is the same
//! call. Stripe forgets keys after a day; by then an attempt is long cancelled, and a refund is looked up instead.

mod http;
mod wire;

use std::ops::RangeInclusive;

use async_trait::async_trait;
use http::{Call, Http};
use jiff::Timestamp;
use secrecy::SecretString;
use shared::{Currency, Money};
use wire::{Failure, List, PaymentIntent, RefundObject};

use super::{AttemptKey, BadSignature, Intent, PaymentProvider, ProviderError, ProviderEvent, Refund, signature};
use crate::domain::request::PaymentSource;

/// The account at Stripe.
#[derive(Clone, Debug)]
pub struct StripeConfig {
    /// `sk_…`
    pub secret_key: SecretString,
    /// `whsec_…`
    pub webhook_secret: SecretString,
    /// Where the interface is.
    pub api_base: String,
    /// The web app, where the bank sends a buyer back to.
    pub web_app: String,
}

/// Stripe.
pub struct Stripe {
    http: Http,
    webhook_secret: SecretString,
    web_app: String,
}

/// A form's fields.
type Form<'a> = Vec<(&'a str, String)>;

/// The amount as Stripe counts it: it has its own idea of the minor unit of a few currencies.
fn stripe_amount(money: Money) -> Result<i64, ProviderError> {
    let refused = || ProviderError::Permanent(format!("{money} cannot be charged"));
    match money.currency {
        Currency::ISK | Currency::UGX => money.amount.checked_mul(100).ok_or_else(refused),
        Currency::MGA if money.amount % 100 == 0 => Ok(money.amount / 100),
        Currency::MGA => Err(refused()),
        _ => Ok(money.amount),
    }
}

/// The amount as everyone else counts it.
fn our_amount(amount: i64, currency: &str) -> i64 {
    match currency {
        "isk" | "ugx" => amount / 100,
        "mga" => amount.saturating_mul(100),
        _ => amount,
    }
}

impl Stripe {
    /// The account that `config` names.
    pub fn new(config: StripeConfig) -> Result<Self, rustls::Error> {
        let http = Http::new(&config.api_base, config.secret_key)?;
        Ok(Self { http, webhook_secret: config.webhook_secret, web_app: config.web_app })
    }

    async fn intent(&self, call: Call, path: &str, form: Form<'_>) -> Result<Intent, ProviderError> {
        match self.http.call::<PaymentIntent>(call, path, &form).await {
            Ok(intent) => intent.try_into(),
            Err(Failure::Refused(refused)) => refused.intent(),
            Err(Failure::NoAnswer(error)) => Err(error),
        }
    }

    /// The refund of this intent that is there already.
    async fn refund_made(&self, intent: &str) -> Result<RefundObject, ProviderError> {
        let form = vec![("payment_intent", intent.to_owned()), ("limit", "100".to_owned())];
        let made: List<RefundObject> = self.http.call(Call::Get, "/v1/refunds", &form).await?;
        let good =
            made.data.into_iter().find(|refund| !matches!(refund.status.as_deref(), Some("failed" | "canceled")));
        good.ok_or_else(|| ProviderError::Permanent(format!("{intent} is refunded, but no refund is there")))
    }
}

#[async_trait]
impl PaymentProvider for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn takes_tokens(&self) -> bool {
        true
    }

    async fn create_intent(&self, key: AttemptKey, amount: Money) -> Result<Intent, ProviderError> {
        let form = vec![
            ("amount", stripe_amount(amount)?.to_string()),
            ("currency", amount.currency.code().to_ascii_lowercase()),
            ("automatic_payment_methods[enabled]", "true".to_owned()),
            ("metadata[orderId]", key.order_id.to_string()),
            ("metadata[attempt]", key.attempt.to_string()),
        ];
        self.intent(Call::Once(format!("{key}:create")), "/v1/payment_intents", form).await
    }

    async fn confirm(
        &self,
        key: AttemptKey,
        intent: &str,
        _: Money,
        source: &PaymentSource,
    ) -> Result<Intent, ProviderError> {
        let PaymentSource::Token(token) = source else {
            return Err(ProviderError::Permanent("Stripe takes its own tokens only".to_owned()));
        };
        let form = vec![
            ("payment_method", token.clone()),
            ("return_url", format!("{}/orders/{}", self.web_app, key.order_id)),
            ("expand[]", "latest_charge".to_owned()),
        ];
        let once = Call::Once(format!("{key}:confirm"));
        self.intent(once, &format!("/v1/payment_intents/{intent}/confirm"), form).await
    }

    async fn cancel(&self, _: AttemptKey, intent: &str) -> Result<Intent, ProviderError> {
        let form = vec![("cancellation_reason", "abandoned".to_owned())];
        // Without a key: under one, the refusal to cancel what is still being processed would be the answer for a day.
        match self.intent(Call::Again, &format!("/v1/payment_intents/{intent}/cancel"), form).await {
            // A refusal that says too little is looked into.
            Err(ProviderError::Permanent(_)) => self.retrieve(intent).await,
            answer => answer,
        }
    }

    async fn retrieve(&self, intent: &str) -> Result<Intent, ProviderError> {
        let form = vec![("expand[]", "latest_charge".to_owned())];
        self.intent(Call::Get, &format!("/v1/payment_intents/{intent}"), form).await
    }

    async fn refund(&self, key: AttemptKey, intent: &str, amount: Money) -> Result<Refund, ProviderError> {
        let form = vec![
            ("payment_intent", intent.to_owned()),
            ("amount", stripe_amount(amount)?.to_string()),
            ("metadata[orderId]", key.order_id.to_string()),
        ];
        let once = Call::Once(format!("{key}:refund"));
        let mut refund = match self.http.call::<RefundObject>(once, "/v1/refunds", &form).await {
            Ok(refund) => refund,
            Err(Failure::Refused(refused)) if refused.is("charge_already_refunded") => self.refund_made(intent).await?,
            Err(failure) => return Err(failure.into()),
        };
        if !refund.is_done() {
            // The answer under a key stays what it was the first time: ask how it stands now.
            refund = self.http.call(Call::Get, &format!("/v1/refunds/{}", refund.id), &[]).await?;
        }
        refund.check(amount, our_amount(refund.amount, &refund.currency))
    }

    fn signature_header(&self) -> &'static str {
        "stripe-signature"
    }

    fn verify_webhook(&self, header: &str, body: &[u8], now: Timestamp) -> Result<ProviderEvent, BadSignature> {
        signature::verify(&self.webhook_secret, header, body, now)?;
        ProviderEvent::parse(body)
    }

    async fn captured(
        &self,
        made: RangeInclusive<Timestamp>,
        after: Option<&str>,
    ) -> Result<Vec<Intent>, ProviderError> {
        let (since, until) = made.into_inner();
        let mut after = after.map(ToOwned::to_owned);
        loop {
            let mut form = vec![
                ("limit", "100".to_owned()),
                ("created[gte]", since.as_second().to_string()),
                ("expand[]", "data.latest_charge".to_owned()),
            ];
            // A time that is far away means none.
            form.extend((until < Timestamp::MAX).then(|| ("created[lte]", until.as_second().to_string())));
            form.extend(after.map(|after| ("starting_after", after)));
            let page: List<PaymentIntent> = self.http.call(Call::Get, "/v1/payment_intents", &form).await?;
            after = page.data.last().map(|last| last.id.clone());
            let intents = page.data.into_iter().filter(PaymentIntent::has_taken_money);
            let taken = intents.map(Intent::try_from).collect::<Result<Vec<_>, _>>()?;
            if !taken.is_empty() || !page.has_more {
                return Ok(taken);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_counted_as_stripe_counts_it() {
        let amount = |amount, currency| stripe_amount(Money::new(amount, currency)).ok();
        assert_eq!(amount(4500, Currency::USD), Some(4500));
        assert_eq!(amount(900, Currency::JPY), Some(900));
        assert_eq!(amount(900, Currency::ISK), Some(90_000));
        assert_eq!(amount(4500, Currency::MGA), Some(45));
        assert_eq!(amount(4501, Currency::MGA), None);
        for currency in [Currency::USD, Currency::JPY, Currency::ISK, Currency::UGX, Currency::MGA] {
            let there = amount(1200, currency).expect("an amount");
            assert_eq!(our_amount(there, &currency.code().to_ascii_lowercase()), 1200);
        }
    }
}
