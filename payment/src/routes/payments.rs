//! Paying for an order, and what became of it.

use axum::{extract::State, http::StatusCode};
use shared::{
    OrderId, Page,
    page::PageQuery,
    payment::{Payment, ProcessPayment, Processed},
    server::{CurrentUser, FreshUser, IdempotencyKey, Json, Path, Query},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Error, app::AppState, domain::request::PaymentRequest};

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(process_payment)).routes(routes!(payment_status)).routes(routes!(history))
}

/// Pays for an order.
#[utoipa::path(
    post, path = "/api/payment/process", tag = "payment", request_body = ProcessPayment,
    params(("Idempotency-Key" = Option<String>, Header, description = "Sent again with the same key, it pays once")),
    responses(
        (status = 200, body = Processed, description = "Paid, and the tickets are issued"),
        (status = 202, body = Processed, description = "Not decided yet: ask for its status"),
    )
)]
async fn process_payment(
    State(app): State<AppState>,
    FreshUser(user): FreshUser,
    key: IdempotencyKey,
    Json(request): Json<ProcessPayment>,
) -> Result<(StatusCode, Json<Processed>), Error> {
    let request = PaymentRequest::parse(request, app.context.clock.now())?;
    let processed = app.cashier.process(user.id, key, request).await?;
    let status = if processed.success { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(processed)))
}

/// Says where the latest payment of an order stands.
#[utoipa::path(
    get, path = "/api/payment/status/{orderId}", tag = "payment", params(("orderId" = OrderId, Path)),
    responses((status = 200, body = Payment))
)]
async fn payment_status(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(order): Path<OrderId>,
) -> Result<Json<Payment>, Error> {
    let payment = app.payments.latest(order, user.id).await?;
    payment.map(Json).ok_or(Error::NotFound)
}

/// Lists one's payments, newest first.
#[utoipa::path(
    get, path = "/api/payment/history", tag = "payment", params(PageQuery),
    responses((status = 200, body = Page<Payment>))
)]
async fn history(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Payment>>, Error> {
    app.payments.history(user.id, &query).await.map(Json)
}
