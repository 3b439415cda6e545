//! Being asked by the other services who is signed in.

use axum::{
    Router,
    body::Body,
    extract::{Extension, Request},
    http::{HeaderValue, header},
    response::Response,
};
use futures::future::join_all;
use shared::{
    Problem, ProblemType,
    auth::{Looked, Verified, VerifiedMany, VerifyMany},
    server::{Caller, CurrentUser, Json, ServiceCaller, problem::unavailable},
};
use tower::ServiceExt;
use tower_sessions::Session;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::AppState, session};

/// The routes of this resource.
pub fn router(looker: Looker) -> OpenApiRouter<AppState> {
    let many = OpenApiRouter::new().routes(routes!(verify_many)).layer(Extension(looker));
    OpenApiRouter::new().routes(routes!(verify)).merge(many)
}

/// Finds out whose session a cookie is, by way of the layers that every request passes.
#[derive(Clone)]
pub struct Looker(Router);

impl Looker {
    /// Where `layered` puts those layers around what is asked.
    pub fn new(app: AppState, layered: impl FnOnce(Router<AppState>) -> Router<AppState>) -> Self {
        Self(layered(Router::new().fallback(look)).with_state(app))
    }

    async fn look(&self, cookie: &str) -> Looked {
        let Ok(cookie) = HeaderValue::from_str(cookie) else { return Looked::Problem(nobody()) };
        let mut request = Request::new(Body::empty());
        request.headers_mut().insert(header::COOKIE, cookie);
        let Ok(mut answer) = self.0.clone().oneshot(request).await;
        // A layer that failed has said something else.
        answer.extensions_mut().remove().unwrap_or_else(|| Looked::Problem(unavailable()))
    }
}

/// The answer is not on the wire: it rides in the extensions.
async fn look(caller: Caller, Extension(session): Extension<Session>) -> Response {
    let mut answer = Response::default();
    answer.extensions_mut().insert(match verified(&caller, &session).await {
        Ok(verified) => Looked::Verified(verified),
        Err(problem) => Looked::Problem(problem),
    });
    answer
}

/// Says whose session the cookie is.
#[utoipa::path(get, path = "/api/auth/verify", tag = "internal", responses((status = 200, body = Verified)))]
async fn verify(
    _: ServiceCaller,
    caller: Caller,
    Extension(session): Extension<Session>,
) -> Result<Json<Verified>, Problem> {
    verified(&caller, &session).await.map(Json)
}

/// Says whose session each of the cookies is.
#[utoipa::path(
    post, path = "/api/auth/verify", tag = "internal", request_body = VerifyMany,
    responses((status = 200, body = VerifiedMany))
)]
async fn verify_many(
    _: ServiceCaller,
    Extension(looker): Extension<Looker>,
    Json(asked): Json<VerifyMany>,
) -> Json<VerifiedMany> {
    // Side by side, so that they share what is read.
    let sessions = join_all(asked.cookies.iter().map(|cookie| looker.look(cookie))).await;
    Json(VerifiedMany { sessions })
}

async fn verified(caller: &Caller, session: &Session) -> Result<Verified, Problem> {
    match caller.user().await? {
        Some(CurrentUser(user)) => Ok(Verified { valid: true, user, session: session::name(session) }),
        None => Err(nobody()),
    }
}

fn nobody() -> Problem {
    Problem::new(ProblemType::NotSignedIn).with("valid", false)
}
