//! A buyer's wish to pay, checked.

use jiff::Timestamp;
use serde::Serialize;
use shared::{
    OrderId,
    payment::{PaymentDetails, PaymentMethod, ProcessPayment, ProcessPaymentByToken},
    server::Fingerprint,
};

use super::card::{CardExpired, CheckedCard};

/// What the money is taken from. It lives in memory only, as long as the attempt that it was given for.
#[derive(Clone, Debug)]
pub enum PaymentSource {
    /// A card.
    Card(CheckedCard),
    /// The buyer's PayPal account.
    Paypal,
    /// The buyer's bank.
    BankTransfer,
    /// What the provider itself keeps under this name.
    Token(String),
}

/// What a buyer sends, by what the provider takes.
#[derive(Clone, Debug)]
pub enum Wish {
    /// The card itself, or none for the other methods.
    Plain(ProcessPayment),
    /// The provider's token.
    ByToken(ProcessPaymentByToken),
}

/// A wish to pay for an order.
#[derive(Clone, Debug)]
pub struct PaymentRequest {
    /// What is paid for.
    pub order_id: OrderId,
    /// How.
    pub method: PaymentMethod,
    /// From where.
    pub source: PaymentSource,
    /// What may be shown of it.
    pub details: PaymentDetails,
    /// Tells it from another request under the same key.
    pub fingerprint: Fingerprint,
}

/// What is hashed of a request. Not the card's number: the hash of something with so few possible values gives it away.
#[derive(Serialize)]
struct Distinct<'a> {
    order_id: OrderId,
    method: PaymentMethod,
    last4: Option<&'a str>,
    expiry: Option<(u16, u8)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

impl PaymentRequest {
    /// The request, unless its card has expired at `now`.
    pub fn parse(wish: Wish, now: Timestamp) -> Result<Self, CardExpired> {
        let (order_id, method, source) = match wish {
            Wish::Plain(request) => (request.order_id, request.payment_method, source(request, now)?),
            // A request without its token has been refused before.
            Wish::ByToken(request) => {
                let token = request.payment_method_token.unwrap_or_default();
                (request.order_id, request.payment_method, PaymentSource::Token(token))
            }
        };
        let (details, expiry, token) = match &source {
            PaymentSource::Card(card) => (card.details.clone(), Some((card.expiry_year, card.expiry_month)), None),
            PaymentSource::Paypal | PaymentSource::BankTransfer => (PaymentDetails::default(), None, None),
            PaymentSource::Token(token) => (PaymentDetails::default(), None, Some(token.as_str())),
        };
        let last4 = details.card_last4.as_deref();
        let fingerprint = Fingerprint::of(&Distinct { order_id, method, last4, expiry, token });
        Ok(Self { order_id, method, source, details, fingerprint })
    }
}

fn source(request: ProcessPayment, now: Timestamp) -> Result<PaymentSource, CardExpired> {
    Ok(match (request.payment_method, request.card) {
        (_, Some(card)) => PaymentSource::Card(CheckedCard::parse(card, now)?),
        (PaymentMethod::Paypal, None) => PaymentSource::Paypal,
        // A card payment without its card has been refused before.
        (_, None) => PaymentSource::BankTransfer,
    })
}
