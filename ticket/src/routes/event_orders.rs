//! The orders of an event, for who organizes it.

use axum::extract::State;
use shared::{
    EventId, Page,
    page::PageQuery,
    server::{CurrentUser, Json, Path, Query},
    ticket::Order,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Error, app::AppState};

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_event_orders))
}

/// Lists the orders of an event that the caller organizes, newest first, without their tickets.
#[utoipa::path(
    get, path = "/api/tickets/event/{eventId}/orders", tag = "orders",
    params(("eventId" = EventId, Path, description = "Which event"), PageQuery),
    responses((status = 200, body = Page<Order>))
)]
async fn list_event_orders(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(event): Path<EventId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Order>>, Error> {
    app.bookings.page_of_event(event, &user, &query).await.map(Json)
}
