//! Telling the other services which sessions have ended.

use axum::extract::State;
use shared::{
    auth::{RevocationQuery, Revocations},
    server::{Json, Query, ServiceCaller},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Error, app::AppState};

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_revocations))
}

/// Grants a lease on answers of `verify` and says what was revoked: at once, or nothing after a second.
#[utoipa::path(
    get, path = "/api/auth/revocations", tag = "internal", params(RevocationQuery),
    responses((status = 200, body = Revocations))
)]
async fn list_revocations(
    State(app): State<AppState>,
    _: ServiceCaller,
    Query(query): Query<RevocationQuery>,
) -> Result<Json<Revocations>, Error> {
    Ok(Json(app.revoker.poll(&query.holder, query.after).await?))
}
