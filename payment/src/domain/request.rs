//! A buyer's wish to pay, checked.

use jiff::Timestamp;
use serde::Serialize;
use shared::{
    OrderId,
    payment::{PaymentDetails, PaymentMethod, ProcessPayment},
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
}

impl PaymentRequest {
    /// The request, unless its card has expired at `now`.
    pub fn parse(request: ProcessPayment, now: Timestamp) -> Result<Self, CardExpired> {
        let source = match (request.payment_method, request.card) {
            (_, Some(card)) => PaymentSource::Card(CheckedCard::parse(card, now)?),
            (PaymentMethod::Paypal, None) => PaymentSource::Paypal,
            // A card payment without its card has been refused before.
            (_, None) => PaymentSource::BankTransfer,
        };
        let (details, expiry) = match &source {
            PaymentSource::Card(card) => (card.details.clone(), Some((card.expiry_year, card.expiry_month))),
            PaymentSource::Paypal | PaymentSource::BankTransfer => (PaymentDetails::default(), None),
        };
        let fingerprint = Fingerprint::of(&Distinct {
            order_id: request.order_id,
            method: request.payment_method,
            last4: details.card_last4.as_deref(),
            expiry,
        });
        Ok(Self { order_id: request.order_id, method: request.payment_method, source, details, fingerprint })
    }
}
