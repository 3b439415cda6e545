//! The shapes of Stripe's answers, as far as they are read, and what they mean.

use serde::Deserialize;
use shared::Money;

use super::our_amount;
use crate::{
    domain::{attempt::IntentStatus, ledger::Balance},
    provider::{Intent, ProviderError, Refund},
};

/// `payment_intent`.
#[derive(Debug, Deserialize)]
pub struct PaymentIntent {
    pub id: String,
    status: String,
    currency: String,
    #[serde(default)]
    amount_received: i64,
    last_payment_error: Option<PaymentError>,
    latest_charge: Option<Charge>,
    next_action: Option<NextAction>,
}

#[derive(Debug, Deserialize)]
struct PaymentError {
    message: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Charge {
    /// Where it was asked to be expanded.
    Whole {
        id: String,
        amount_refunded: i64,
    },
    Id(String),
}

#[derive(Debug, Deserialize)]
struct NextAction {
    redirect_to_url: Option<Redirect>,
}

#[derive(Debug, Deserialize)]
struct Redirect {
    url: Option<String>,
}

impl PaymentIntent {
    pub const fn has_taken_money(&self) -> bool {
        self.amount_received > 0
    }

    fn status(&self) -> Result<IntentStatus, ProviderError> {
        Ok(match self.status.as_str() {
            // A new intent, and one whose card was declined, wait for a card alike.
            "requires_payment_method" if self.last_payment_error.is_none() => IntentStatus::RequiresConfirmation,
            "requires_payment_method" => IntentStatus::RequiresPaymentMethod,
            "requires_confirmation" => IntentStatus::RequiresConfirmation,
            "requires_action" => IntentStatus::RequiresAction,
            "processing" | "requires_capture" => IntentStatus::Processing,
            "succeeded" => IntentStatus::Succeeded,
            "canceled" => IntentStatus::Cancelled,
            other => return Err(ProviderError::Unknown(format!("{} is {other}", self.id))),
        })
    }
}

impl TryFrom<PaymentIntent> for Intent {
    type Error = ProviderError;

    fn try_from(intent: PaymentIntent) -> Result<Self, ProviderError> {
        let status = intent.status()?;
        let (transaction_id, refunded) = match intent.latest_charge {
            Some(Charge::Whole { id, amount_refunded }) => (Some(id), amount_refunded),
            Some(Charge::Id(id)) => (Some(id), 0),
            None => (None, 0),
        };
        let ours = |amount| our_amount(amount, &intent.currency);
        Ok(Self {
            status,
            decline_reason: intent.last_payment_error.and_then(|error| error.message),
            transaction_id: transaction_id.filter(|_| status == IntentStatus::Succeeded),
            next_action: intent.next_action.and_then(|action| action.redirect_to_url).and_then(|redirect| redirect.url),
            balance: Balance { captured: ours(intent.amount_received), refunded: ours(refunded) },
            id: intent.id,
            amount: None,
        })
    }
}

/// `refund`.
#[derive(Debug, Deserialize)]
pub struct RefundObject {
    pub id: String,
    pub amount: i64,
    pub currency: String,
    pub status: Option<String>,
}

impl RefundObject {
    pub fn is_done(&self) -> bool {
        self.status.as_deref() == Some("succeeded")
    }

    /// The refund of `asked`, if it is done.
    pub fn check(&self, asked: Money, amount: i64) -> Result<Refund, ProviderError> {
        match self.status.as_deref() {
            Some("succeeded") if amount == asked.amount => Ok(Refund { id: self.id.clone(), amount: asked }),
            Some("succeeded") => Err(ProviderError::Permanent(format!("{} is of another amount", self.id))),
            Some("failed" | "canceled") => Err(ProviderError::Permanent(format!("{} has failed", self.id))),
            _ => Err(ProviderError::Retryable(format!("{} is under way", self.id))),
        }
    }
}

/// A page of a list.
#[derive(Debug, Deserialize)]
pub struct List<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub has_more: bool,
}

#[derive(Debug, Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    error: ErrorObject,
}

#[derive(Debug, Default, Deserialize)]
struct ErrorObject {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    message: Option<String>,
    payment_intent: Option<PaymentIntent>,
}

/// An answer that is no success.
#[derive(Debug)]
pub struct Refused {
    status: u16,
    error: ErrorObject,
}

impl Refused {
    pub fn read(status: u16, body: &[u8]) -> Self {
        Self { status, error: serde_json::from_slice::<ErrorBody>(body).unwrap_or_default().error }
    }

    pub fn is(&self, code: &str) -> bool {
        self.error.code.as_deref() == Some(code)
    }

    /// The intent that the refusal tells of: a declined card, and a state that does not allow what was asked, are
    /// answers.
    pub fn intent(self: Box<Self>) -> Result<Intent, ProviderError> {
        let says = self.error.kind.as_deref() == Some("card_error") || self.is("payment_intent_unexpected_state");
        let Self { status, mut error } = *self;
        match error.payment_intent.take().filter(|_| says) {
            Some(intent) => {
                let intent = Intent::try_from(intent)?;
                Ok(Intent { decline_reason: intent.decline_reason.clone().or(error.message), ..intent })
            }
            None => Err(Self { status, error }.into()),
        }
    }
}

impl From<Refused> for ProviderError {
    fn from(Refused { status, error }: Refused) -> Self {
        let kind = error.kind.unwrap_or_default();
        let said = format!("{status} {kind} {}", error.code.or(error.message).unwrap_or_default());
        match (status, kind.as_str()) {
            // Busy, or under this very key. A wrong key of ours is a fault that passes, too: it says nothing about the
            // attempt.
            (401 | 403 | 409 | 429, _) => Self::Retryable(said),
            // Also where the idempotency key was used for something else, and where a card was declined but not said of
            // which intent: only asking can tell.
            (500.., _) | (_, "idempotency_error" | "card_error") => Self::Unknown(said),
            _ => Self::Permanent(said),
        }
    }
}

/// Why a call brought nothing.
#[derive(Debug)]
pub enum Failure {
    /// Stripe answered with an error.
    Refused(Box<Refused>),
    /// It did not answer, or not so that it could be read.
    NoAnswer(ProviderError),
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self::NoAnswer(error)
    }
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refused) => (*refused).into(),
            Failure::NoAnswer(error) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> Result<Intent, ProviderError> {
        Box::new(Refused::read(status, body.as_bytes())).intent()
    }

    #[test]
    fn what_is_not_certain_is_unknown() {
        for (status, body) in [
            (500, "{}"),
            (502, "<html>"),
            (503, r#"{"error":{"type":"api_error"}}"#),
            (400, r#"{"error":{"type":"idempotency_error"}}"#),
            (402, r#"{"error":{"type":"card_error","code":"card_declined"}}"#),
        ] {
            assert!(matches!(refused(status, body), Err(ProviderError::Unknown(_))), "{status} {body}");
        }
        for status in [401, 403, 409, 429] {
            assert!(matches!(refused(status, "{}"), Err(ProviderError::Retryable(_))), "{status}");
        }
        for status in [400, 404] {
            assert!(matches!(refused(status, "{}"), Err(ProviderError::Permanent(_))), "{status}");
        }
    }

    #[test]
    fn a_new_intent_has_not_been_declined() {
        let read = |more: &str| {
            let body = format!(r#"{{"id":"pi_1","status":"requires_payment_method","currency":"usd"{more}}}"#);
            serde_json::from_str::<PaymentIntent>(&body).expect("an intent").status().expect("a status")
        };
        assert_eq!(read(""), IntentStatus::RequiresConfirmation);
        assert_eq!(read(r#","last_payment_error":{"message":"no"}"#), IntentStatus::RequiresPaymentMethod);
    }
}
