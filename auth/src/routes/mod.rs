//! One file a resource; each has its `router()`.

mod account;
mod revocations;
mod session;
mod verify;

use axum::{extract::FromRequestParts, http::request::Parts};
use shared::{Problem, server::rate_limit::ClientAddress};
use utoipa_axum::router::OpenApiRouter;

use crate::app::AppState;

/// All routes.
pub fn router() -> OpenApiRouter<AppState> {
    account::router().merge(session::router()).merge(verify::router()).merge(revocations::router())
}

/// An attempt to sign in or register: few are answered for each client address.
struct CredentialAttempt;

impl FromRequestParts<AppState> for CredentialAttempt {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        app.context.limits.charge_credentials(&ClientAddress::of(parts, &app.context))?;
        Ok(Self)
    }
}
