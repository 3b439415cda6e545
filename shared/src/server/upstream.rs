//! Calls to an upstream service: pooled, with a timeout, as a service.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder, Response, Url, header::HeaderName};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{
    ServiceToken,
    problem::unavailable,
    trace::{ClientSpan, method_name},
};
use crate::Problem;

/// Why an upstream service gave no good answer.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// It could not be reached, did not answer in time, or its answer made no sense: what it did is not known.
    #[error("upstream service unreachable")]
    Unavailable(#[from] reqwest::Error),
    /// It answered with a problem.
    #[error("upstream service refused: {0}")]
    Problem(Box<Problem>),
}

impl UpstreamError {
    /// What the client is told where the upstream problem is none of its doing.
    pub fn problem(&self) -> Problem {
        unavailable()
    }
}

/// A service that this one calls.
#[derive(Clone, Debug)]
pub struct Upstream {
    http: Client,
    base: String,
    token: ServiceToken,
}

impl Upstream {
    /// The service at `base`, such as `http://localhost:3001`.
    pub fn new(base: &str, token: ServiceToken, timeout: Duration) -> Result<Self, reqwest::Error> {
        let http = Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(1)))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), token })
    }

    /// A request with this service's token.
    pub fn request(&self, method: Method, path: &str) -> Call {
        let reads = method == Method::GET;
        let request = self.http.request(method, format!("{}{path}", self.base));
        Call { request: request.header(reqwest::header::AUTHORIZATION, self.token.bearer()), reads }
    }

    /// `GET path`, as a service.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, UpstreamError> {
        answer(self.request(Method::GET, path).send().await?).await
    }

    /// `PUT path` with a JSON body, as a service.
    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, UpstreamError> {
        answer(self.request(Method::PUT, path).json(body).send().await?).await
    }
}

/// A request that is about to be sent, measured and in the trace of the request that it is sent for.
#[derive(Debug)]
#[must_use = "it is sent by `send`"]
pub struct Call {
    request: RequestBuilder,
    /// Whether it changes nothing, however often it is sent.
    reads: bool,
}

impl Call {
    /// The same with this header.
    pub fn header(self, name: HeaderName, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    /// The same, known to change nothing though it is no `GET`.
    pub fn that_reads(self) -> Self {
        Self { reads: true, ..self }
    }

    /// The same with a JSON body.
    pub fn json(self, body: &impl Serialize) -> Self {
        Self { request: self.request.json(body), ..self }
    }

    /// The same with a timeout of its own.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { request: self.request.timeout(timeout), ..self }
    }

    /// Sends it.
    pub async fn send(self) -> Result<Response, reqwest::Error> {
        let (http, request) = self.request.build_split();
        let mut request = request?;
        let (method, route) = (method_name(request.method()), template(request.url()));
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let port = request.url().port_or_known_default().unwrap_or_default();
        let span = ClientSpan::start(method, &route, &host, port);
        if let Some((name, value)) = span.header() {
            request.headers_mut().insert(name, value);
        }
        let sent = Instant::now();
        let again = if self.reads { request.try_clone() } else { None };
        let mut outcome = http.execute(request).await;
        // A neighbour that stops closes the connections that are kept to it, perhaps just as one is used. Reading again
        // hurts nobody.
        if let (Err(error), Some(again)) = (&outcome, again)
            && !error.is_timeout()
            && !error.is_connect()
        {
            outcome = http.execute(again).await;
        }
        let status = outcome.as_ref().map(Response::status).map_err(kind);
        span.answered(status);
        let status = status.map_or_else(ToOwned::to_owned, |status| status.as_str().to_owned());
        let labels = [("server", format!("{host}:{port}")), ("route", route), ("status", status)];
        metrics::histogram!("upstream_request_duration_seconds", &labels).record(sent.elapsed());
        outcome
    }
}

/// What kept an answer from coming.
fn kind(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connect"
    } else {
        "other"
    }
}

/// The path with `{id}` for each id, so that all calls of a kind are one, in traces and in metrics.
fn template(url: &Url) -> String {
    let named = url.path().split('/').map(|part| if Uuid::try_parse(part).is_ok() { "{id}" } else { part });
    named.collect::<Vec<_>>().join("/")
}

/// The answer's body, or the problem that it says.
pub async fn answer<T: DeserializeOwned>(response: Response) -> Result<T, UpstreamError> {
    if response.status().is_success() {
        return Ok(response.json().await?);
    }
    Err(UpstreamError::Problem(Box::new(response.json().await?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_differ_by_an_id_or_a_query_are_of_one_kind() {
        let of = |path: &str| template(&format!("http://ticket:3003{path}").parse().expect("a URL"));
        let id = Uuid::now_v7();
        assert_eq!(of(&format!("/api/tickets/orders/{id}/status")), "/api/tickets/orders/{id}/status");
        assert_eq!(of("/api/events/changes?after=17&limit=100"), "/api/events/changes");
    }
}
