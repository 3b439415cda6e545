//! Being asked by the other services who is signed in.

use axum::extract::{Extension, State};
use shared::{
    Problem, ProblemType,
    auth::{Looked, Verified, VerifiedMany, VerifyMany},
    server::{Caller, CurrentUser, Json, ServiceCaller},
};
use tower_sessions::Session;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::AppState, session};

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(verify)).routes(routes!(verify_many))
}

/// Says whose session the cookie is.
#[utoipa::path(get, path = "/api/auth/verify", tag = "internal", responses((status = 200, body = Verified)))]
async fn verify(
    _: ServiceCaller,
    caller: Caller,
    Extension(session): Extension<Session>,
) -> Result<Json<Verified>, Problem> {
    match caller.user().await? {
        Some(CurrentUser(user)) => Ok(Json(Verified { valid: true, user, session: session::name(&session) })),
        None => Err(nobody()),
    }
}

/// Says whose session each of the cookies is.
#[utoipa::path(
    post, path = "/api/auth/verify", tag = "internal", request_body = VerifyMany,
    responses((status = 200, body = VerifiedMany))
)]
async fn verify_many(
    State(app): State<AppState>,
    _: ServiceCaller,
    Json(asked): Json<VerifyMany>,
) -> Json<VerifiedMany> {
    let looked = |found| match found {
        Ok(Some(verified)) => Looked::Verified(verified),
        Ok(None) => Looked::Problem(nobody()),
        Err(problem) => Looked::Problem(problem),
    };
    let sessions = app.lookup.look(&asked.cookies).await.into_iter().map(looked).collect();
    Json(VerifiedMany { sessions })
}

fn nobody() -> Problem {
    Problem::new(ProblemType::NotSignedIn).with("valid", false)
}
