//! What can go wrong in the auth service, and what the client is told of it.

use axum::response::{IntoResponse, Response};
use shared::{
    Problem, ProblemType,
    server::{error_response, mongo},
};

use crate::hasher::HashError;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An account with this address exists.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Unknown address, wrong password, or an account that is shut: not told which.
    #[error("invalid credentials")]
    InvalidCredentials,
    /// The password is among the first that anyone would guess.
    #[error("the password at {0} is easy to guess")]
    WeakPassword(&'static str),
    /// The current password is not the one given.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The session ended meanwhile.
    #[error("not signed in")]
    NotSignedIn,
    /// The database failed.
    #[error("database")]
    Store(#[from] mongodb::error::Error),
    /// The session could not be read or written.
    #[error("session")]
    Session(#[from] tower_sessions::session::Error),
    /// A password could not be hashed.
    #[error("password hash")]
    Hash(#[from] HashError),
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        match error {
            Error::EmailTaken => Self::new(ProblemType::EmailTaken),
            Error::InvalidCredentials => Self::new(ProblemType::InvalidCredentials),
            Error::WeakPassword(pointer) => {
                Self::invalid_field(*pointer, "is easy to guess: use a longer or less common one")
            }
            Error::WrongPassword => Self::invalid_field("/currentPassword", "is not your password"),
            Error::NotSignedIn => Self::new(ProblemType::NotSignedIn),
            Error::Store(error) => mongo::problem(error),
            // The store reports a database that does not answer as its backend; nothing else fails in use.
            Error::Session(_) | Error::Hash(HashError::Busy) => shared::server::problem::unavailable(),
            Error::Hash(_) => Self::new(ProblemType::Internal),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        error_response(Problem::from(&self), &self)
    }
}
