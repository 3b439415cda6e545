//! `Idempotency-Key`: a request sent again is answered as the first time.
//!
//! The thing that a request makes carries the key and the request's fingerprint in its own document, under a unique
//! index. So there is no second record that a crash could leave out of step with the work.

use axum::{extract::FromRequestParts, http::request::Parts};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Problem;

/// The key that the client chose for this request, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        let key = value.to_str().ok().filter(|key| (1..=255).contains(&key.len()));
        let key = key.ok_or_else(|| Problem::invalid_field("Idempotency-Key", "must be 1 to 255 plain characters"))?;
        Ok(Self(Some(key.to_owned())))
    }
}

/// What tells one request body from another: SHA-256 of its canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a request, whatever its spacing and the order of its fields were.
    pub fn of<T: Serialize>(request: &T) -> Self {
        let canonical = serde_json::to_vec(request).unwrap_or_default();
        Self(BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(canonical)))
    }
}
