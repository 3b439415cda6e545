//! Endpoints for services only: `Authorization: Bearer $INTERNAL_TOKEN`.

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::{ServiceContext, rate_limit::ClientAddress};
use crate::{Problem, ProblemType};

/// What Ticketer's services show each other.
#[derive(Clone, Debug)]
pub struct ServiceToken(SecretString);

impl ServiceToken {
    /// The configured token.
    pub const fn new(token: SecretString) -> Self {
        Self(token)
    }

    /// The header's value.
    pub(super) fn bearer(&self) -> String {
        format!("Bearer {}", self.0.expose_secret())
    }

    /// Whether a request shows this token; takes as long whichever byte differs.
    pub(super) fn is_shown(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(header::AUTHORIZATION).map_or(&[][..], |value| value.as_bytes());
        self.bearer().as_bytes().ct_eq(shown).into()
    }
}

/// The caller is one of Ticketer's services: in a handler's signature this *is* the check.
#[derive(Clone, Copy, Debug)]
pub struct ServiceCaller;

impl<S: Send + Sync> FromRequestParts<S> for ServiceCaller
where
    ServiceContext: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let context = ServiceContext::from_ref(state);
        if context.service_token.is_shown(&parts.headers) {
            return Ok(Self);
        }
        context.limits.charge_address(&ClientAddress::of(parts, &context))?;
        Err(Problem::new(ProblemType::NotAService))
    }
}
