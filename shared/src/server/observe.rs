//! One log line and one measurement for each request, and the one place where the cause of a fault is logged.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};
use tracing::{Instrument, field};
use uuid::Uuid;

use super::{
    ServiceContext,
    problem::Cause,
    trace::{ServerSpan, method_name},
};
use crate::Problem;

/// Names a request in answers and logs; taken from the caller where it is a plain short word.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers a request by `answer`, and tells of it.
pub async fn observe<A>(context: &ServiceContext, request: Request, answer: impl FnOnce(Request) -> A) -> Response
where
    A: Future<Output = Response>,
{
    let started = Instant::now();
    let id = request_id(&request);
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let by_service = context.service_token.is_shown(request.headers());
    let trace = ServerSpan::start(method, route, request.headers());
    let trace_id = trace.trace_id().map(field::display);
    let span = tracing::info_span!("request", %method, route, request_id = id, trace_id, user_id = field::Empty);

    let response = trace.around(answer(request).instrument(span.clone())).await;

    let elapsed = started.elapsed();
    let mut response = span.in_scope(|| settle(response, &id, by_service, elapsed.as_secs_f64() * 1e3));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    trace.answered(response.status());
    context.measures.note(method, route, response.status(), elapsed);
    response
}

/// Logs the request, and its cause where it failed by our fault; only then the client learns the request's id.
fn settle(response: Response, id: &str, by_service: bool, duration_ms: f64) -> Response {
    let status = response.status().as_u16();
    if let Some(cause) = response.extensions().get::<Cause>() {
        tracing::error!(status, duration_ms, cause = %cause.0, "request failed");
    } else if by_service && status < 400 {
        // Feeds are asked for all the time; at info they would drown what people did.
        tracing::debug!(status, duration_ms, "request");
    } else {
        tracing::info!(status, duration_ms, "request");
    }
    match response.extensions().get::<Arc<Problem>>() {
        Some(problem) if status == 500 => {
            let problem = Problem::clone(problem).with("requestId", id);
            problem.into_response()
        }
        _ => response,
    }
}

fn request_id(request: &Request) -> String {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let plain = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    given.filter(plain).map_or_else(|| Uuid::now_v7().to_string(), ToOwned::to_owned)
}
