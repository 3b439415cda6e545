//! What a buyer takes along: the tickets as PDF, the date for a calendar.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use shared::{
    OrderId,
    server::{CurrentUser, Path},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Error,
    app::AppState,
    documents::{calendar, pdf},
};

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(tickets_pdf)).routes(routes!(event_ics))
}

/// The tickets of one of the caller's confirmed orders, to print: a page each.
#[utoipa::path(
    get, path = "/api/tickets/orders/{id}/tickets.pdf", tag = "tickets",
    params(("id" = OrderId, Path, description = "Which order")),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>))
)]
async fn tickets_pdf(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(id): Path<OrderId>,
) -> Result<Response, Error> {
    let (order, event) = app.bookings.admission(id, user.id).await?;
    let name = format!("{}.pdf", order.booking_reference);
    Ok(file("application/pdf", &name, pdf::tickets(&order, &event)))
}

/// The event of one of the caller's confirmed orders, for a calendar.
#[utoipa::path(
    get, path = "/api/tickets/orders/{id}/event.ics", tag = "tickets",
    params(("id" = OrderId, Path, description = "Which order")),
    responses((status = 200, content_type = "text/calendar", body = String))
)]
async fn event_ics(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(id): Path<OrderId>,
) -> Result<Response, Error> {
    let (order, event) = app.bookings.admission(id, user.id).await?;
    let name = format!("{}.ics", order.booking_reference);
    Ok(file("text/calendar; charset=utf-8", &name, calendar::event(&order, &event)))
}

/// A file to be kept; its name is plain ASCII.
fn file(kind: &'static str, name: &str, content: impl IntoResponse) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], content).into_response()
}
