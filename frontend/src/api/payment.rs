//! The payment service.

use shared::{
    OrderId, Page,
    page::PageQuery,
    payment::{Payment, ProcessPayment, Processed},
};

use super::http::{ApiError, Call, Service};

/// Pays for an order; sent twice with one key, it is charged once.
pub async fn process(request: &ProcessPayment, key: &str) -> Result<Processed, ApiError> {
    Call::post(Service::Payment, "/api/payment/process").json(request).key(key).answer().await
}

/// The latest payment of an order.
pub async fn status(order: OrderId) -> Result<Payment, ApiError> {
    Call::get(Service::Payment, format!("/api/payment/status/{order}")).answer().await
}

/// The caller's payments, latest first.
pub async fn history(query: &PageQuery) -> Result<Page<Payment>, ApiError> {
    Call::get(Service::Payment, "/api/payment/history").query(query).answer().await
}
