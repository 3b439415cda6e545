//! Calls to an upstream service: pooled, with a timeout, as a service.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde::{Serialize, de::DeserializeOwned};

use super::{ServiceToken, problem::unavailable};
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
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        request.header(reqwest::header::AUTHORIZATION, self.token.bearer())
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

/// The answer's body, or the problem that it says.
pub async fn answer<T: DeserializeOwned>(response: Response) -> Result<T, UpstreamError> {
    if response.status().is_success() {
        return Ok(response.json().await?);
    }
    Err(UpstreamError::Problem(Box::new(response.json().await?)))
}
