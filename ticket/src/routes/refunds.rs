//! Money back: for buyers by the organizer's policy, for organizers and admins always, and the list that payment works on.

use axum::extract::State;
use shared::{
    OrderId,
    server::{FreshUser, IdempotencyKey, Json, Path, Query, ServiceCaller},
    ticket::{Order, RefundingOrders, RefundingQuery},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Error, app::AppState};

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(refund_order)).routes(routes!(list_refunding))
}

/// Lets an order's money go back; asked again it answers the order as it stands. What was free is given back at once.
#[utoipa::path(
    post, path = "/api/tickets/orders/{id}/refund", tag = "orders",
    params(
        ("id" = OrderId, Path, description = "Which order"),
        ("Idempotency-Key" = Option<String>, Header, description = "One that made or cancelled an order is refused")
    ),
    responses((status = 200, body = Order))
)]
async fn refund_order(
    State(app): State<AppState>,
    FreshUser(user): FreshUser,
    Path(id): Path<OrderId>,
    IdempotencyKey(key): IdempotencyKey,
) -> Result<Json<Order>, Error> {
    app.bookings.refund(id, &user, key).await.map(Json)
}

/// Lists the orders whose money is to be given back, in the order of their ids.
#[utoipa::path(
    get, path = "/api/tickets/orders/refunding", tag = "internal", params(RefundingQuery),
    responses((status = 200, body = RefundingOrders))
)]
async fn list_refunding(
    State(app): State<AppState>,
    _: ServiceCaller,
    Query(query): Query<RefundingQuery>,
) -> Result<Json<RefundingOrders>, Error> {
    app.bookings.refunding(&query).await.map(Json)
}
