//! Signing in and out.

use axum::{
    extract::{Extension, State},
    http::StatusCode,
};
use shared::{
    auth::{Login, Revoked, SignedIn},
    server::{CurrentUser, Json},
};
use tower_sessions::Session;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::CredentialAttempt;
use crate::{Error, app::AppState, domain::account::normalize_email, session};

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(login)).routes(routes!(logout))
}

/// Signs in.
#[utoipa::path(
    post, path = "/api/auth/login", tag = "session", request_body = Login, responses((status = 200, body = SignedIn))
)]
async fn login(
    State(app): State<AppState>,
    Extension(session): Extension<Session>,
    _: CredentialAttempt,
    Json(login): Json<Login>,
) -> Result<Json<SignedIn>, Error> {
    let found = app.users.find_by_email(&normalize_email(&login.email)).await?;
    let hash = found.as_ref().map(|user| user.password_hash.clone());
    let matches = app.hasher.verify(login.password, hash).await?;
    let user = found.filter(|user| matches && user.is_active).ok_or(Error::InvalidCredentials)?;
    let now = app.context.clock.now();
    app.begin_session(&session, &user).await?;
    app.users.record_login(user.id, now.into()).await?;
    Ok(Json(SignedIn { user: user.into() }))
}

/// Signs out; once this is answered, no service accepts the session.
#[utoipa::path(post, path = "/api/auth/logout", tag = "session", responses((status = 204)))]
async fn logout(
    State(app): State<AppState>,
    _: CurrentUser,
    Extension(session): Extension<Session>,
) -> Result<StatusCode, Error> {
    let name = session::name(&session);
    session::end(&session).await?;
    app.revoker.revoke(&Revoked::Session(name)).await?;
    Ok(StatusCode::NO_CONTENT)
}
