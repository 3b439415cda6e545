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
pub struct ServiceToken {
    /// The header that is sent and accepted.
    bearer: SecretString,
    /// Accepted as well.
    also: Option<SecretString>,
}

fn bearer(token: &SecretString) -> SecretString {
    format!("Bearer {}", token.expose_secret()).into()
}

impl ServiceToken {
    /// The token that is sent, and perhaps another that is accepted as well.
    pub fn new(token: &SecretString, also: Option<&SecretString>) -> Self {
        Self { bearer: bearer(token), also: also.map(bearer) }
    }

    /// The header's value.
    pub(super) fn bearer(&self) -> &str {
        self.bearer.expose_secret()
    }

    /// Whether a request shows a token that is accepted; takes as long whichever byte differs.
    pub(super) fn is_shown(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(header::AUTHORIZATION).map_or(&[][..], |value| value.as_bytes());
        let is = |token: &SecretString| bool::from(token.expose_secret().as_bytes().ct_eq(shown));
        is(&self.bearer) || self.also.as_ref().is_some_and(is)
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
