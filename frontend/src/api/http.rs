//! One request to one service, and what can come back.

use std::cell::{OnceCell, RefCell};

use gloo_net::http::{Method, RequestBuilder, Response};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use shared::{Problem, ProblemType};
use uuid::Uuid;
use web_sys::{AbortSignal, RequestCredentials};

use super::ApiError;
use crate::{browser, json};

/// How long to wait for an answer, in milliseconds.
const PATIENCE: u32 = 20_000;

/// Where a service is found.
#[derive(Clone, Copy)]
pub enum Service {
    /// Accounts and sessions.
    Auth,
    /// The catalogue.
    Event,
    /// Availability, orders, tickets.
    Ticket,
    /// Payments.
    Payment,
}

/// `/config.json`: one build of the app serves every environment.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    auth_url: String,
    event_url: String,
    ticket_url: String,
    payment_url: String,
    /// Whether payments go to the simulated provider, so that the pay page offers its test cards.
    #[serde(default = "yes")]
    test_mode: bool,
    /// Where cards are paid by Stripe: how.
    #[serde(default)]
    stripe: Option<Stripe>,
}

/// How the pay page takes cards by Stripe's own form.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stripe {
    /// Names the Stripe account.
    pub publishable_key: String,
    /// Where Stripe's script is.
    pub script_url: String,
}

impl Config {
    fn url(&self, service: Service) -> &str {
        match service {
            Service::Auth => &self.auth_url,
            Service::Event => &self.event_url,
            Service::Ticket => &self.ticket_url,
            Service::Payment => &self.payment_url,
        }
    }
}

fn yes() -> bool {
    true
}

/// Whether no real money moves.
pub fn is_test_mode() -> bool {
    CONFIG.with(|config| config.get().is_some_and(|c| c.test_mode))
}

/// How cards are paid by Stripe, where they are.
pub fn stripe() -> Option<Stripe> {
    CONFIG.with(|config| config.get().and_then(|c| c.stripe.clone()))
}

thread_local! {
    static CONFIG: OnceCell<Config> = const { OnceCell::new() };
    static SIGNED_OUT: RefCell<Option<Box<dyn Fn()>>> = const { RefCell::new(None) };
}

/// What to do when a service says that no one is signed in.
pub fn on_signed_out(react: impl Fn() + 'static) {
    SIGNED_OUT.with(|hook| *hook.borrow_mut() = Some(Box::new(react)));
}

/// Fetches where the services are, unless that is known.
pub async fn load_config() -> Result<(), ApiError> {
    if CONFIG.with(|config| config.get().is_some()) {
        return Ok(());
    }
    let answer = gloo_net::http::Request::get("/config.json").send().await.map_err(|_| ApiError::Offline)?;
    let text = answer.text().await.map_err(|_| ApiError::Offline)?;
    let config: Config = json::read(&text).ok_or(ApiError::Offline)?;
    CONFIG.with(|known| {
        let _ = known.set(config);
    });
    Ok(())
}

/// The address of a file of a service, for a link; the browser sends the session along.
pub fn link(service: Service, path: &str) -> Option<String> {
    CONFIG.with(|config| config.get().map(|c| format!("{}{path}", c.url(service).trim_end_matches('/'))))
}

/// A new trace that begins here (W3C Trace Context), to be recorded. An id is random enough: no half of it is all zero.
fn traceparent() -> String {
    let (trace, span) = (Uuid::new_v4().simple().to_string(), Uuid::new_v4().simple().to_string());
    format!("00-{trace}-{}-01", &span[..16])
}

/// A fresh `Idempotency-Key`. A UUIDv7: the services make an id of it, where they would need an index for another.
pub fn new_key() -> String {
    let mut random = [0; 10];
    random.copy_from_slice(&Uuid::new_v4().as_bytes()[..10]);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a date is a whole number after 1970")]
    let now = browser::now() as u64;
    uuid::Builder::from_unix_timestamp_millis(now, &random).into_uuid().to_string()
}

/// A request being put together.
pub struct Call {
    method: Method,
    service: Service,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
}

impl Call {
    fn new(method: Method, service: Service, path: impl Into<String>) -> Self {
        Self { method, service, path: path.into(), query: Vec::new(), headers: Vec::new(), body: None }
    }

    /// Reads.
    pub fn get(service: Service, path: impl Into<String>) -> Self {
        Self::new(Method::GET, service, path)
    }

    /// Makes something, or sets something going.
    pub fn post(service: Service, path: impl Into<String>) -> Self {
        Self::new(Method::POST, service, path)
    }

    /// Replaces.
    pub fn put(service: Service, path: impl Into<String>) -> Self {
        Self::new(Method::PUT, service, path)
    }

    /// Takes away.
    pub fn delete(service: Service, path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, service, path)
    }

    /// With this query.
    pub fn query(mut self, query: &impl Serialize) -> Self {
        let text = serde_urlencoded::to_string(query).unwrap_or_default();
        self.query = serde_urlencoded::from_str(&text).unwrap_or_default();
        self
    }

    /// With this body.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_string(body).ok();
        self
    }

    /// With this Idempotency-Key: sent twice, it happens once.
    pub fn key(self, key: &str) -> Self {
        self.header("Idempotency-Key", key.to_owned())
    }

    /// With a further header.
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Sends it and reads the answer.
    pub async fn answer<T: DeserializeOwned>(self) -> Result<T, ApiError> {
        let answer = self.send().await?;
        let text = answer.text().await.map_err(|_| ApiError::Offline)?;
        json::read(&text).ok_or_else(|| ApiError::of(ProblemType::Internal))
    }

    /// Sends it; nothing is to be read from the answer.
    pub async fn done(self) -> Result<(), ApiError> {
        self.send().await.map(|_| ())
    }

    async fn send(self) -> Result<Response, ApiError> {
        load_config().await?;
        let url = link(self.service, &self.path).ok_or(ApiError::Offline)?;
        let changes = self.method != Method::GET;
        let mut request = RequestBuilder::new(&url)
            .method(self.method)
            .query(self.query.iter().map(|(name, value)| (name.as_str(), value)))
            .credentials(RequestCredentials::Include)
            .header("traceparent", &traceparent())
            .abort_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)));
        if changes && self.body.is_none() {
            request = request.header("X-Requested-With", "ticketer");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = match self.body {
            Some(body) => request.header("Content-Type", "application/json").body(body),
            None => request.build(),
        };
        let answer = request.map_err(|_| ApiError::Offline)?.send().await.map_err(|_| ApiError::Offline)?;
        if answer.ok() { Ok(answer) } else { Err(refused(&answer).await) }
    }
}

async fn refused(answer: &Response) -> ApiError {
    let text = answer.text().await.unwrap_or_default();
    let problem = json::read::<Problem>(&text).unwrap_or_else(|| {
        // Not one of the services: something between them and the browser.
        let kind = if answer.status() < 500 { ProblemType::Internal } else { ProblemType::Unavailable };
        Problem { status: answer.status(), ..Problem::new(kind) }
    });
    if problem.is(ProblemType::NotSignedIn) {
        SIGNED_OUT.with(|hook| {
            if let Some(react) = hook.borrow().as_ref() {
                react();
            }
        });
    }
    ApiError::Problem(Box::new(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_named_as_w3c_wants_it() {
        let header = traceparent();
        let parts: Vec<&str> = header.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [2, 32, 16, 2], "{header}");
        assert_eq!((parts[0], parts[3]), ("00", "01"));
        assert!(
            parts[1..3].iter().all(|id| id.bytes().all(|b| b.is_ascii_hexdigit()) && id.bytes().any(|b| b != b'0'))
        );
        assert_ne!(header, traceparent());
    }
}
