//! Making, changing and taking back events.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use shared::{
    EventId, Page,
    event::{Event, EventIn},
    page::PageQuery,
    server::{Created, CurrentUser, IdempotencyKey, Json, Path, Query},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{IfMatch, version::etag};
use crate::{Error, app::AppState, catalogue::Withdrawn};

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(my_events))
        .routes(routes!(create_event))
        .routes(routes!(update_event, withdraw_event))
}

/// Lists the caller's own events in every state, latest first.
#[utoipa::path(
    get, path = "/api/events/my/events", tag = "organizing", params(PageQuery),
    responses((status = 200, body = Page<Event>))
)]
async fn my_events(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Event>>, Error> {
    app.catalogue.list_own(user.id, query).await.map(Json)
}

/// Makes an event, as a draft or published.
#[utoipa::path(
    post, path = "/api/events", tag = "organizing", request_body = EventIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body make one event")),
    responses((status = 201, body = Event, headers(
        ("Location" = String, description = "Where the event is"), ("ETag" = String, description = "The version, in quotes")
    )))
)]
async fn create_event(
    State(app): State<AppState>,
    user: CurrentUser,
    IdempotencyKey(key): IdempotencyKey,
    Json(request): Json<EventIn>,
) -> Result<impl IntoResponse, Error> {
    let event = app.catalogue.create(&user, key, request).await?;
    let location = [(header::LOCATION, format!("/api/events/{}", event.id))];
    Ok((location, etag(event.version), Created(event)))
}

/// Changes an event, if it still is the version in `If-Match`.
#[utoipa::path(
    put, path = "/api/events/{id}", tag = "organizing", request_body = EventIn,
    params(
        ("id" = EventId, Path, description = "Which event"),
        ("If-Match" = Option<String>, Header, description = "The version that is changed, in quotes; required")
    ),
    responses((status = 200, body = Event, headers(("ETag" = String, description = "The new version, in quotes"))))
)]
async fn update_event(
    State(app): State<AppState>,
    user: CurrentUser,
    Path(id): Path<EventId>,
    meant: IfMatch,
    Json(request): Json<EventIn>,
) -> Result<impl IntoResponse, Error> {
    let event = app.catalogue.change(&user, id, &meant, request).await?;
    Ok((etag(event.version), Json(event)))
}

/// Deletes a draft; cancels a published event.
#[utoipa::path(
    delete, path = "/api/events/{id}", tag = "organizing",
    params(
        ("id" = EventId, Path, description = "Which event"),
        ("If-Match" = Option<String>, Header, description = "Only this version, in quotes")
    ),
    responses(
        (status = 200, description = "Cancelled", body = Event, headers(("ETag" = String, description = "The version, in quotes"))),
        (status = 204, description = "Deleted")
    )
)]
async fn withdraw_event(
    State(app): State<AppState>,
    user: CurrentUser,
    Path(id): Path<EventId>,
    meant: IfMatch,
) -> Result<Response, Error> {
    Ok(match app.catalogue.withdraw(&user, id, &meant).await? {
        Withdrawn::Deleted => StatusCode::NO_CONTENT.into_response(),
        Withdrawn::Cancelled(event) => (etag(event.version), Json(event)).into_response(),
    })
}
