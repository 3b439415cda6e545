//! What the auth service is asked and answers.

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{Problem, UserId, rules};

/// Name of the session cookie where it is only sent over https.
pub const SECURE_SESSION_COOKIE: &str = "__Host-ticketer_session";
/// Name of the session cookie on a developer's machine.
pub const LOCAL_SESSION_COOKIE: &str = "ticketer_session";

/// What a person may do beyond what is theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Buys tickets and organizes events.
    #[default]
    User,
    /// May also change what others own.
    Admin,
}

/// A person with an account, as others may know them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Who it is.
    pub id: UserId,
    /// Lower-cased; unique.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// What they may do.
    pub role: Role,
}

/// `POST /api/auth/register`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Register {
    /// Where to reach them; also how they sign in.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::email"))]
    pub email: String,
    /// 8 to 128 characters, and not easy to guess.
    #[validate(custom(function = "rules::typed"), length(min = 8, max = 128, message = "must be 8 to 128 characters"))]
    pub password: String,
    /// Given name.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::line"), length(max = 50, message = "must be at most 50 characters"))]
    pub first_name: String,
    /// Family name.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::line"), length(max = 50, message = "must be at most 50 characters"))]
    pub last_name: String,
}

/// `POST /api/auth/login`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Login {
    /// The address they registered with.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::email"))]
    pub email: String,
    /// Their password.
    #[validate(length(min = 1, max = 128, message = "must be 1 to 128 characters"))]
    pub password: String,
}

/// `PUT /api/auth/me`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateProfile {
    /// Given name.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::line"), length(max = 50, message = "must be at most 50 characters"))]
    pub first_name: String,
    /// Family name.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::line"), length(max = 50, message = "must be at most 50 characters"))]
    pub last_name: String,
}

/// `PUT /api/auth/password`. Every other session of the account ends.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangePassword {
    /// The one used until now.
    #[validate(length(min = 1, max = 128, message = "must be 1 to 128 characters"))]
    pub current_password: String,
    /// 8 to 128 characters, and not easy to guess.
    #[validate(custom(function = "rules::typed"), length(min = 8, max = 128, message = "must be 8 to 128 characters"))]
    pub new_password: String,
}

/// Who is signed in: the answer of register, login and me.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SignedIn {
    /// The caller.
    pub user: User,
}

/// `GET /api/auth/verify`, asked by the other services with the caller's cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Verified {
    /// Always true; a session that is not valid is a 401 problem with `valid: false`.
    pub valid: bool,
    /// Whose session it is.
    pub user: User,
    /// Names the session in revocations; no one can act with it.
    pub session: String,
}

/// `POST /api/auth/verify`: the same for many callers at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerifyMany {
    /// The `Cookie` header of each.
    #[validate(length(min = 1, max = 128, message = "must be 1 to 128 cookies"))]
    pub cookies: Vec<String>,
}

impl VerifyMany {
    /// How many one request may name.
    pub const MOST: usize = 128;
}

/// What is found for one of many callers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Looked {
    /// Whose session it is.
    Verified(Verified),
    /// It is nobody's, or that could not be found out; the same as where it is asked for alone.
    Problem(Problem),
}

/// What is found for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct VerifiedMany {
    /// One for each that was asked for, in the same order.
    pub sessions: Vec<Looked>,
}

/// `GET /api/auth/revocations`: asks for a lease on answers of `verify`, and for what was revoked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "server", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevocationQuery {
    /// Which replica of which service asks: a word that it chose at its start.
    #[validate(length(min = 1, max = 64), custom(function = "rules::line"))]
    pub holder: String,
    /// Everything up to here has been taken to heart; none for a replica that remembers no answer yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 0))]
    pub after: Option<i64>,
}

/// What ended, before its time or by its user's wish: no answer about it may be remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Revoked {
    /// One session, as [`Verified::session`] names it.
    Session(String),
    /// Every session of a user, or what their sessions allow.
    User(UserId),
}

/// The answer to [`RevocationQuery`]; comes at once where something was revoked, else as a heartbeat after a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Revocations {
    /// In the order in which they took effect.
    pub revoked: Vec<Revoked>,
    /// What to ask `after` next time.
    pub last: i64,
    /// Counted from when the request was sent: for how long answers may be remembered, in milliseconds.
    pub lease_ms: u64,
}
