//! Paying for an order, and what became of it.

use axum::{
    extract::{FromRequest, Request, State},
    http::StatusCode,
};
use shared::{
    OrderId, Page, PaymentId, Problem,
    page::PageQuery,
    payment::{ChallengeDecision, Payment, ProcessPayment, Processed},
    server::{CurrentUser, FreshUser, IdempotencyKey, Json, Path, Query},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Error,
    app::AppState,
    domain::request::{PaymentRequest, Wish},
};

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(process_payment))
        .routes(routes!(decide_challenge))
        .routes(routes!(payment_status))
        .routes(routes!(history))
}

/// What the configured provider takes: cards, or its own tokens. The other one is refused by its name.
impl FromRequest<AppState> for Wish {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        if app.driver.provider.takes_tokens() {
            return Json::from_request(request, app).await.map(|Json(wish)| Self::ByToken(wish));
        }
        Json::from_request(request, app).await.map(|Json(wish)| Self::Plain(wish))
    }
}

/// Pays for an order. Where the provider is Stripe the body is a `ProcessPaymentByToken`.
#[utoipa::path(
    post, path = "/api/payment/process", tag = "payment", request_body = ProcessPayment,
    params(("Idempotency-Key" = Option<String>, Header, description = "Sent again with the same key, it pays once")),
    responses(
        (status = 200, body = Processed, description = "Paid, and the tickets are issued"),
        (status = 202, body = Processed, description = "Not decided yet: go where `nextAction` says, else ask for its status"),
    )
)]
async fn process_payment(
    State(app): State<AppState>,
    FreshUser(user): FreshUser,
    key: IdempotencyKey,
    wish: Wish,
) -> Result<(StatusCode, Json<Processed>), Error> {
    let request = PaymentRequest::parse(wish, app.context.clock.now())?;
    app.cashier.process(user.id, key, request).await.map(answered)
}

/// Approves or refuses a payment whose card asks for it: the simulated provider's bank.
#[utoipa::path(
    post, path = "/api/payment/challenge/{paymentId}", tag = "payment", request_body = ChallengeDecision,
    params(("paymentId" = PaymentId, Path)),
    responses(
        (status = 200, body = Processed, description = "Paid, and the tickets are issued"),
        (status = 202, body = Processed, description = "Not decided yet: ask for its status"),
    )
)]
async fn decide_challenge(
    State(app): State<AppState>,
    FreshUser(user): FreshUser,
    Path(payment): Path<PaymentId>,
    Json(decision): Json<ChallengeDecision>,
) -> Result<(StatusCode, Json<Processed>), Error> {
    app.cashier.challenge(user.id, payment, decision.approve).await.map(answered)
}

fn answered(processed: Processed) -> (StatusCode, Json<Processed>) {
    let status = if processed.success { StatusCode::OK } else { StatusCode::ACCEPTED };
    (status, Json(processed))
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
