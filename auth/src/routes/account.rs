//! One's own account.

use axum::{
    extract::{Extension, State},
    http::StatusCode,
};
use shared::{
    UserId,
    auth::{ChangePassword, Register, Revoked, Role, SignedIn, UpdateProfile},
    server::{Created, CurrentUser, Json},
};
use tower_sessions::Session;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::CredentialAttempt;
use crate::{Error, app::AppState, domain::account::normalize_email, store::users::UserDocument};

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(register)).routes(routes!(me, update_profile)).routes(routes!(change_password))
}

/// Makes an account and signs in.
#[utoipa::path(
    post, path = "/api/auth/register", tag = "account", request_body = Register,
    responses((status = 201, body = SignedIn))
)]
async fn register(
    State(app): State<AppState>,
    Extension(session): Extension<Session>,
    _: CredentialAttempt,
    Json(new): Json<Register>,
) -> Result<Created<SignedIn>, Error> {
    if app.hasher.is_easy_to_guess(&new.password, [&new.email, &new.first_name, &new.last_name]).await? {
        return Err(Error::WeakPassword("/password"));
    }
    let now = app.context.clock.now();
    let user = UserDocument {
        id: UserId::new(),
        email: normalize_email(&new.email),
        password_hash: app.hasher.hash(new.password).await?,
        first_name: new.first_name,
        last_name: new.last_name,
        role: Role::User,
        is_active: true,
        created_at: now.into(),
        last_login: Some(now.into()),
    };
    app.users.insert(&user).await?;
    app.begin_session(&session, &user).await?;
    Ok(Created(SignedIn { user: user.into() }))
}

/// Says who is signed in.
#[utoipa::path(get, path = "/api/auth/me", tag = "account", responses((status = 200, body = SignedIn)))]
async fn me(CurrentUser(user): CurrentUser) -> Json<SignedIn> {
    Json(SignedIn { user })
}

/// Changes one's names.
#[utoipa::path(
    put, path = "/api/auth/me", tag = "account", request_body = UpdateProfile,
    responses((status = 200, body = SignedIn))
)]
async fn update_profile(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Json(names): Json<UpdateProfile>,
) -> Result<Json<SignedIn>, Error> {
    let renamed = app.users.rename(user.id, &names.first_name, &names.last_name).await?;
    Ok(Json(SignedIn { user: renamed.ok_or(Error::NotSignedIn)?.into() }))
}

/// Changes one's password; every other session of the account ends, and this one goes on under a new id.
#[utoipa::path(
    put, path = "/api/auth/password", tag = "account", request_body = ChangePassword, responses((status = 204))
)]
async fn change_password(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Extension(session): Extension<Session>,
    _: CredentialAttempt,
    Json(change): Json<ChangePassword>,
) -> Result<StatusCode, Error> {
    let account = app.users.find_active(user.id).await?.ok_or(Error::NotSignedIn)?;
    if !app.hasher.verify(change.current_password, Some(account.password_hash.clone())).await? {
        return Err(Error::WrongPassword);
    }
    if app.hasher.is_easy_to_guess(&change.new_password, [&user.email, &user.first_name, &user.last_name]).await? {
        return Err(Error::WeakPassword("/newPassword"));
    }
    let new_hash = app.hasher.hash(change.new_password).await?;
    if !app.users.replace_password(user.id, &account.password_hash, &new_hash).await? {
        return Err(Error::WrongPassword);
    }
    let account = UserDocument { password_hash: new_hash, ..account };
    app.begin_session(&session, &account).await?;
    app.sessions.end_others(user.id, session.id()).await?;
    app.revoker.revoke(&Revoked::User(user.id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
