//! Who calls. `CurrentUser` in a handler's signature *is* the check.

use axum::{
    extract::{FromRef, FromRequestParts},
    http::request::Parts,
};

use super::{ServiceContext, rate_limit::ClientAddress};
use crate::{
    Problem, ProblemType,
    auth::{Role, User},
};

/// How a service learns whose session a request carries: auth looks itself, the others ask auth.
#[async_trait::async_trait]
pub trait Identify: Send + Sync {
    /// The session's user, `None` without a valid session; a problem where that cannot be found out now.
    async fn identify(&self, parts: &Parts) -> Result<Option<User>, Problem>;

    /// The same, never from memory.
    async fn identify_afresh(&self, parts: &Parts) -> Result<Option<User>, Problem> {
        self.identify(parts).await
    }
}

/// The signed-in caller; no one signed in is 401.
#[derive(Clone, Debug)]
pub struct CurrentUser(pub User);

impl CurrentUser {
    /// Whether the caller may change what others own.
    pub fn is_admin(&self) -> bool {
        self.0.role == Role::Admin
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CurrentUser
where
    ServiceContext: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let context = ServiceContext::from_ref(state);
        let user = context.identity.identify(parts).await?;
        admit(user, parts, &context).map(Self)
    }
}

/// The signed-in caller, asked of auth for this very request: where money moves.
#[derive(Clone, Debug)]
pub struct FreshUser(pub User);

impl<S: Send + Sync> FromRequestParts<S> for FreshUser
where
    ServiceContext: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let context = ServiceContext::from_ref(state);
        let user = context.identity.identify_afresh(parts).await?;
        admit(user, parts, &context).map(Self)
    }
}

/// Charges the request to the user, or to the address that shows no valid session.
fn admit(user: Option<User>, parts: &Parts, context: &ServiceContext) -> Result<User, Problem> {
    let Some(user) = user else {
        context.limits.charge_address(&ClientAddress::of(parts, context))?;
        return Err(Problem::new(ProblemType::NotSignedIn));
    };
    tracing::Span::current().record("user_id", tracing::field::display(user.id));
    context.limits.charge_user(user.id)?;
    Ok(user)
}

/// Perhaps someone signed in: found out only when it is asked, so that public pages need no auth service.
pub struct Caller {
    context: ServiceContext,
    parts: Parts,
}

impl Caller {
    /// The caller, if signed in.
    pub async fn user(&self) -> Result<Option<CurrentUser>, Problem> {
        Ok(self.context.identity.identify(&self.parts).await?.map(CurrentUser))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    ServiceContext: FromRef<S>,
{
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self { context: ServiceContext::from_ref(state), parts: parts.clone() })
    }
}
