//! The payment service.

use serde::Serialize;
use shared::{
    OrderId, Page, PaymentId,
    page::PageQuery,
    payment::{ChallengeDecision, Payment, ProcessPayment, ProcessPaymentByToken, Processed},
};

use super::{
    ApiError,
    http::{Call, Service},
};

/// What is paid with: a card as typed, or the provider's token for one that was typed in its own form.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Means {
    /// With the card.
    Card(ProcessPayment),
    /// With the token.
    Token(ProcessPaymentByToken),
}

/// Pays for an order; sent twice with one key, it is charged once.
pub async fn process(request: &Means, key: &str) -> Result<Processed, ApiError> {
    Call::post(Service::Payment, "/api/payment/process").json(request).key(key).answer().await
}

/// The buyer's answer to the simulated bank; a second one changes nothing.
pub async fn challenge(id: PaymentId, approve: bool) -> Result<(), ApiError> {
    Call::post(Service::Payment, format!("/api/payment/challenge/{id}"))
        .json(&ChallengeDecision { approve })
        .done()
        .await
}

/// The latest payment of an order.
pub async fn status(order: OrderId) -> Result<Payment, ApiError> {
    Call::get(Service::Payment, format!("/api/payment/status/{order}")).answer().await
}

/// The caller's payments, latest first.
pub async fn history(query: &PageQuery) -> Result<Page<Payment>, ApiError> {
    Call::get(Service::Payment, "/api/payment/history").query(query).answer().await
}
