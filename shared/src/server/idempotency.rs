//! `Idempotency-Key`: a request sent again is answered as the first time.
//!
//! The thing that a request makes carries the key and the request's fingerprint in its own document, under a unique
//! index. So there is no second record that a crash could leave out of step with the work.
//!
//! Where the key is a UUIDv7 it is carried in the thing's id, and the index is the one over `_id`: an index over random
//! keys costs a database that takes many bookings as much as the rest of the document.

use axum::{extract::FromRequestParts, http::request::Parts};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Uuid, Variant};

use crate::{Problem, UserId};

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

/// The id of what this user's request under this key makes, where the key is a UUIDv7 (RFC 9562): the key's time, and a
/// hash of user and key for the rest. So it sorts among other ids by the time that the client put into the key, and
/// nobody makes another's. `None` for any other key.
pub fn id_under(user: UserId, key: &str) -> Option<Uuid> {
    let time =
        Uuid::try_parse(key).ok().filter(|id| id.get_version_num() == 7 && id.get_variant() == Variant::RFC4122)?;
    let millis = u64::try_from(time.as_u128() >> 80).ok()?;
    let hash = Sha256::new().chain_update(user.0.as_bytes()).chain_update(key).finalize();
    let mut rest = [0; 10];
    rest.copy_from_slice(&hash[..10]);
    Some(uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_under_a_key_is_the_users_own_and_of_the_keys_time() {
        let (ada, eve) = (UserId::new(), UserId::new());
        let (key, next) = (Uuid::now_v7(), Uuid::now_v7());
        let id = |user, key: Uuid| id_under(user, &key.to_string()).expect("a UUIDv7");
        assert_eq!(id(ada, key), id(ada, key));
        assert_ne!(id(ada, key), id(eve, key));
        assert_ne!(id(ada, key), id(ada, next));
        for made in [id(ada, key), id(ada, next)] {
            assert_eq!((made.get_version_num(), made.get_variant()), (7, Variant::RFC4122));
        }
        assert_eq!(id(ada, key).as_bytes()[..6], key.as_bytes()[..6]);
        let last = uuid::Builder::from_unix_timestamp_millis((1 << 48) - 1, &[255; 10]).into_uuid();
        assert_eq!(id(ada, last).as_bytes()[..6], [255; 6], "the end of time");
    }

    #[test]
    fn other_keys_say_nothing_of_an_id() {
        let ncs = format!("{}", Uuid::from_u128(7 << 76));
        for key in ["", "one", "42", &Uuid::new_v4().to_string(), &Uuid::nil().to_string(), &ncs] {
            assert_eq!(id_under(UserId::new(), key), None, "{key}");
        }
    }
}
