//! Endpoints for services only: `Authorization: Bearer $INTERNAL_TOKEN`.

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{header, request::Parts},
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

    /// Whether `header` is this token; takes as long whichever byte differs.
    fn matches(&self, header: &[u8]) -> bool {
        self.bearer().as_bytes().ct_eq(header).into()
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
        let shown = parts.headers.get(header::AUTHORIZATION).map_or(&[][..], |value| value.as_bytes());
        if context.service_token.matches(shown) {
            return Ok(Self);
        }
        context.limits.charge_address(&ClientAddress::of(parts, &context))?;
        Err(Problem::new(ProblemType::NotAService))
    }
}
