//! Bodies, queries and paths as checked values: what a handler is given has passed its rules.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use validator::Validate;

use crate::{FieldError, Problem, ProblemType, rules};

mod faults;

/// A JSON body that has passed its rules; as an answer, a JSON body.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

/// A JSON answer to a request that made something.
#[derive(Clone, Debug)]
pub struct Created<T>(pub T);

/// A JSON answer as it goes out: made once, for all who are answered alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered(Bytes);

impl Rendered {
    /// The value as JSON.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self(serde_json::to_vec(value)?.into()))
    }

    /// How many bytes it has.
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

/// A query string that has passed its rules.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

/// An id in the path; one that is not well-formed is not found.
#[derive(Clone, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Validate, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(ProblemType::UnsupportedMediaType));
        }
        let body = Bytes::from_request(request, state).await.map_err(|rejection| {
            Problem::new(match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => ProblemType::TooLarge,
                _ => ProblemType::Malformed,
            })
        })?;
        checked(parse(&body)?).map(Self).map_err(Problem::invalid)
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // serde would fill the fields of a struct from a list, by position.
    if body.trim_ascii_start().first() == Some(&b'[') && serde_json::from_slice::<IgnoredAny>(body).is_ok() {
        return Err(Problem::invalid_field("", "must be an object"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        // Once more and slower, for everything that is wrong with it.
        match serde_json::from_slice(body).map(faults::faults::<T>) {
            Err(malformed) if !error.inner().is_data() => {
                Problem::new(ProblemType::Malformed).detail(malformed.to_string())
            }
            Ok(faults) if !faults.is_empty() => Problem::invalid(faults),
            _ => Problem::invalid(vec![faults::fault(error.path(), &error.inner().to_string())]),
        }
    })?;
    deserializer.end().map_err(|error| Problem::new(ProblemType::Malformed).detail(error.to_string()))?;
    Ok(parsed)
}

fn checked<T: Validate>(value: T) -> Result<T, Vec<FieldError>> {
    value.validate().map_err(|errors| rules::field_errors(&errors))?;
    Ok(value)
}

/// A parameter's place is `?name`; a JSON pointer would say that it is in the body.
fn parameter(mut error: FieldError) -> FieldError {
    error.pointer = format!("?{}", error.pointer.trim_start_matches('/'));
    error
}

/// Whether the body is declared as JSON.
pub(super) fn is_json(headers: &axum::http::HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    })
}

impl<T: DeserializeOwned + Validate, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        let value = serde_path_to_error::deserialize(deserializer)
            .map_err(|error| vec![faults::fault(error.path(), &error.inner().to_string())]);
        let checked = value.and_then(checked);
        checked.map(Self).map_err(|errors| Problem::invalid(errors.into_iter().map(parameter).collect()))
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Problem::new(ProblemType::NotFound)),
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl IntoResponse for Rendered {
    fn into_response(self) -> Response {
        const JSON: [(HeaderName, HeaderValue); 1] =
            [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (JSON, self.0).into_response()
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, axum::Json(self.0)).into_response()
    }
}
