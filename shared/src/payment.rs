//! What the payment service is asked and answers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use crate::{Money, OrderId, PaymentId, UserId, rules};

/// How the buyer pays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum PaymentMethod {
    #[default]
    CreditCard,
    DebitCard,
    Paypal,
    BankTransfer,
}

impl PaymentMethod {
    /// Whether card details go with it.
    pub const fn is_card(self) -> bool {
        matches!(self, Self::CreditCard | Self::DebitCard)
    }
}

/// A card as typed in; handed to the provider and never stored.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[validate(schema(function = "known_month", skip_on_field_errors = false))]
pub struct Card {
    /// 12 to 19 digits, perhaps with spaces.
    #[validate(custom(function = "card_number"))]
    pub number: String,
    /// 1 to 12.
    pub expiry_month: u8,
    /// Four digits.
    #[validate(range(min = 2000, max = 2100))]
    pub expiry_year: u16,
    /// Three or four digits.
    #[validate(custom(function = "card_cvc"))]
    pub cvc: String,
}

impl std::fmt::Debug for Card {
    /// Hides everything: a card must not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Card(…)")
    }
}

fn known_month(card: &Card) -> Result<(), ValidationError> {
    if (1..=12).contains(&card.expiry_month) { Ok(()) } else { Err(rules::at("/expiryMonth", "must be 1 to 12")) }
}

/// Checks digits and the check digit (ISO/IEC 7812-1, annex B: Luhn).
pub fn card_number(number: &str) -> Result<(), ValidationError> {
    let refused = || rules::at("/number", "must be a card number");
    let mut digits = Vec::with_capacity(19);
    for c in number.chars().filter(|c| !matches!(c, ' ' | '-')) {
        digits.push(c.to_digit(10).ok_or_else(refused)?);
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    if (12..=19).contains(&digits.len()) && sum.is_multiple_of(10) { Ok(()) } else { Err(refused()) }
}

fn card_cvc(cvc: &str) -> Result<(), ValidationError> {
    if (3..=4).contains(&cvc.len()) && cvc.bytes().all(|b| b.is_ascii_digit()) {
        Ok(())
    } else {
        Err(rules::at("/cvc", "must be three or four digits"))
    }
}

/// `POST /api/payment/process`. The order decides the amount and the currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[validate(schema(function = "card_where_needed", skip_on_field_errors = false))]
pub struct ProcessPayment {
    /// What is paid for.
    pub order_id: OrderId,
    /// How.
    pub payment_method: PaymentMethod,
    /// The card, where the method is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub card: Option<Card>,
}

fn card_where_needed(request: &ProcessPayment) -> Result<(), ValidationError> {
    match (request.payment_method.is_card(), &request.card) {
        (true, None) => Err(rules::at("/card", "is needed to pay by card")),
        (false, Some(_)) => Err(rules::at("/card", "goes with card payments only")),
        _ => Ok(()),
    }
}

/// `POST /api/payment/process` where the provider takes tokens and never cards: what Stripe's own form made of the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[validate(schema(function = "token_given", skip_on_field_errors = false))]
pub struct ProcessPaymentByToken {
    /// What is paid for.
    pub order_id: OrderId,
    /// How.
    pub payment_method: PaymentMethod,
    /// The provider's name for what is charged, such as `pm_card_visa`.
    #[serde(default)]
    pub payment_method_token: Option<String>,
}

fn token_given(request: &ProcessPaymentByToken) -> Result<(), ValidationError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match &request.payment_method_token {
        None => Err(rules::at("/paymentMethodToken", "is needed with this payment provider")),
        Some(token) if token.is_empty() || token.len() > 255 || !token.chars().all(plain) => {
            Err(rules::at("/paymentMethodToken", "must be a token of the payment provider"))
        }
        Some(_) => Ok(()),
    }
}

/// What the buyer must do before the payment goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NextAction {
    /// Where: a path of the web app such as `/orders/{orderId}/challenge`, or an address of the provider's.
    pub url: String,
}

/// `POST /api/payment/challenge/{paymentId}`: the buyer's answer to the simulated bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChallengeDecision {
    /// Whether the payment is approved.
    pub approve: bool,
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum PaymentStatus {
    /// Begun; no money has been asked for.
    Pending,
    /// The provider is at work, or its answer is still unknown.
    Processing,
    /// Paid, and the order is confirmed.
    Completed,
    /// No money has moved, and none will.
    Failed,
    /// Paid, and paid back.
    Refunded,
}

/// What may be shown of a card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PaymentDetails {
    /// The last four digits.
    pub card_last4: Option<String>,
    /// Such as `visa`.
    pub card_brand: Option<String>,
}

/// One attempt to pay for an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// Which payment.
    pub id: PaymentId,
    /// For which order.
    pub order_id: OrderId,
    /// The order's reference, to show.
    pub booking_reference: String,
    /// The event's title, to show.
    pub event_title: String,
    /// Who pays.
    pub user_id: UserId,
    /// 1 for the order's first.
    pub attempt: u32,
    /// What is charged.
    pub amount: Money,
    /// How.
    pub payment_method: PaymentMethod,
    /// What may be shown of the card.
    pub payment_details: PaymentDetails,
    /// Where it stands.
    pub status: PaymentStatus,
    /// The provider's name for it.
    pub transaction_id: Option<String>,
    /// Why it failed, for people.
    pub failure_reason: Option<String>,
    /// What the buyer must do before it goes on.
    #[serde(default)]
    pub next_action: Option<NextAction>,
    /// When it began.
    #[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// When it changed last.
    #[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
    pub updated_at: Timestamp,
}

/// The answer to `POST /api/payment/process`: how far it came. A declined card is a 402 problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Processed {
    /// Whether the order is paid and confirmed; if not, the payment is still being decided.
    pub success: bool,
    /// Which payment.
    pub payment_id: PaymentId,
    /// The provider's name for it.
    pub transaction_id: Option<String>,
    /// What the buyer must do before it goes on.
    #[serde(default)]
    pub next_action: Option<NextAction>,
    /// The payment as it stands.
    pub payment: Payment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_has_a_right_check_digit() {
        assert!(card_number("4242 4242 4242 4242").is_ok());
        assert!(card_number("4000-0000-0000-0002").is_ok());
        assert!(card_number("4242 4242 4242 4241").is_err());
        assert!(card_number("4242").is_err());
        assert!(card_number("").is_err());
    }

    #[test]
    fn a_card_never_shows_in_a_log() {
        let card = Card { number: "4242424242424242".into(), expiry_month: 1, expiry_year: 2030, cvc: "123".into() };
        assert!(!format!("{card:?}").contains("4242"));
    }
}
