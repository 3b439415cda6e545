//! The change feed that ticket follows.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    event::EventChanges,
    server::{Json, Query, ServiceCaller},
};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use validator::Validate;

use crate::{Error, app::AppState};

/// How many changes an answer holds unless told.
const DEFAULT_CHANGES: u32 = 100;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(event_changes))
}

/// From where on the feed is read.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ChangesQuery {
    /// The `last` of the answer before; 0, or nothing, is the beginning.
    #[serde(default)]
    #[validate(range(min = 0))]
    after: i64,
    /// How many changes at the most: 1 to 500, 100 unless told.
    #[validate(range(min = 1, max = 500))]
    limit: Option<u32>,
}

/// Tells, in the order of their latest changes, the events that were ever published.
#[utoipa::path(
    get, path = "/api/events/changes", tag = "internal", params(ChangesQuery),
    responses((status = 200, body = EventChanges))
)]
async fn event_changes(
    State(app): State<AppState>,
    _: ServiceCaller,
    Query(query): Query<ChangesQuery>,
) -> Result<Json<EventChanges>, Error> {
    app.catalogue.changes(query.after, query.limit.unwrap_or(DEFAULT_CHANGES)).await.map(Json)
}
