//! Opaque page cursors: the last item's place in the order, encoded.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

use crate::Problem;

/// The cursor that says `place`.
pub fn encode<T: Serialize>(place: &T) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

/// The place that a cursor says; one that this service did not make is invalid input.
pub fn decode<T: DeserializeOwned>(cursor: &str) -> Result<T, Problem> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok();
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| Problem::invalid_field("?cursor", "is not a cursor of this list"))
}
