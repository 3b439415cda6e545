//! Events as everyone sees them.

use axum::{extract::State, response::IntoResponse};
use shared::{
    EventId, Page,
    event::{Event, EventQuery},
    server::{Caller, Path, Query, Rendered},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::version::etag;
use crate::{Error, app::AppState};

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_events)).routes(routes!(get_event))
}

/// Lists the published events that have not ended.
#[utoipa::path(
    get, path = "/api/events", tag = "events", params(EventQuery), responses((status = 200, body = Page<Event>))
)]
async fn list_events(State(app): State<AppState>, Query(query): Query<EventQuery>) -> Result<Rendered, Error> {
    app.catalogue.list(query).await
}

/// Shows an event; a draft to those who may change it.
#[utoipa::path(
    get, path = "/api/events/{id}", tag = "events", params(("id" = EventId, Path, description = "Which event")),
    responses((status = 200, body = Event, headers(("ETag" = String, description = "The version, in quotes"))))
)]
async fn get_event(
    State(app): State<AppState>,
    Path(id): Path<EventId>,
    caller: Caller,
) -> Result<impl IntoResponse, Error> {
    let told = app.catalogue.find(id, &caller).await?;
    Ok((etag(told.event.version), told.answer.clone()))
}
