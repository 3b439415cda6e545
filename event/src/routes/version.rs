//! An event's version as HTTP has it: `ETag` in answers, `If-Match` in requests (RFC 9110, § 13.1.1).

use std::{borrow::Cow, convert::Infallible};

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, header, request::Parts},
};

use crate::Error;

/// The version that a change is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfMatch(Option<String>);

/// The `ETag` header of an event at this version.
pub fn etag(version: i64) -> [(HeaderName, String); 1] {
    [(header::ETAG, tag(version))]
}

fn tag(version: i64) -> String {
    format!("\"{version}\"")
}

impl IfMatch {
    /// Itself, if it says a version: `*`, any that there is, does not.
    pub fn required(&self) -> Result<&Self, Error> {
        if self.0.is_some() { Ok(self) } else { Err(Error::VersionRequired) }
    }

    /// Refuses another version than the one that is meant, if one is.
    pub fn check(&self, version: i64) -> Result<(), Error> {
        match &self.0 {
            Some(tags) if !tags.split(',').any(|meant| meant.trim() == tag(version)) => {
                Err(Error::VersionConflict(version))
            }
            _ => Ok(()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // One that is not text names no version of ours: it stays, and matches none.
        let given = parts.headers.get(header::IF_MATCH).map(|value| String::from_utf8_lossy(value.as_bytes()));
        Ok(Self(given.filter(|tags| tags.trim() != "*").map(Cow::into_owned)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(given: Option<&str>, version: i64) -> bool {
        IfMatch(given.map(ToOwned::to_owned)).check(version).is_ok()
    }

    #[test]
    fn a_change_is_made_to_the_version_that_is_meant() {
        assert!(passes(Some("\"3\""), 3));
        assert!(passes(Some("\"2\", \"3\""), 3));
        assert!(passes(None, 3));
        for other in ["\"2\"", "\"33\"", "3", "W/\"3\"", "", "\"3"] {
            assert!(!passes(Some(other), 3), "{other}");
        }
    }
}
