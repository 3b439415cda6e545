//! A buyer's orders.

use axum::extract::State;
use shared::{
    OrderId, Page,
    page::PageQuery,
    server::{Created, CurrentUser, Fingerprint, IdempotencyKey, Json, Path, Query},
    ticket::{BookTickets, Order},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Error, app::AppState, booking::Draft, domain::cart::Cart};

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(book_tickets))
        .routes(routes!(list_orders))
        .routes(routes!(get_order))
        .routes(routes!(cancel_order))
}

/// Holds seats for the caller until payment arrives or the hold lapses; free tickets are theirs at once.
#[utoipa::path(
    post, path = "/api/tickets/book", tag = "orders", request_body = BookTickets,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same order")),
    responses((status = 201, body = Order))
)]
async fn book_tickets(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    Json(request): Json<BookTickets>,
) -> Result<Created<Order>, Error> {
    let draft = Draft {
        event_id: request.event_id,
        user_id: user.id,
        cart: Cart::parse(&request)?,
        fingerprint: Fingerprint::of(&request),
        idempotency_key,
        customer_info: request.customer_info,
    };
    app.bookings.hold(draft).await.map(Created)
}

/// Lists the caller's orders, newest first.
#[utoipa::path(
    get, path = "/api/tickets/orders", tag = "orders", params(PageQuery),
    responses((status = 200, body = Page<Order>))
)]
async fn list_orders(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Order>>, Error> {
    app.bookings.page(user.id, &query).await.map(Json)
}

/// Shows one of the caller's orders, with its tickets once it is confirmed.
#[utoipa::path(
    get, path = "/api/tickets/orders/{id}", tag = "orders",
    params(("id" = OrderId, Path, description = "Which order")), responses((status = 200, body = Order))
)]
async fn get_order(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(id): Path<OrderId>,
) -> Result<Json<Order>, Error> {
    app.bookings.find(id, user.id).await.map(Json)
}

/// Gives up one of the caller's held orders: its seats are free again. Asked again it answers the order as it stands.
#[utoipa::path(
    post, path = "/api/tickets/orders/{id}/cancel", tag = "orders",
    params(
        ("id" = OrderId, Path, description = "Which order"),
        ("Idempotency-Key" = Option<String>, Header, description = "One that made an order or asked a refund is refused")
    ),
    responses((status = 200, body = Order))
)]
async fn cancel_order(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(id): Path<OrderId>,
    IdempotencyKey(key): IdempotencyKey,
) -> Result<Json<Order>, Error> {
    app.bookings.cancel(id, user.id, key).await.map(Json)
}
