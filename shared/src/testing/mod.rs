//! What the tests of one service alone need: a database of their own, a double of auth, and a client.
//!
//! Each test starts the whole service on a free port by its `run`, and talks to it over HTTP.

mod collector;
mod process;
mod proxy;

use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::http::header;
pub use collector::{Collector, ReceivedSpan};
pub use process::Process;
pub use proxy::Proxy;
use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde::Serialize;
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use crate::{
    Problem, ProblemType, UserId,
    auth::{LOCAL_SESSION_COOKIE, Looked, Role, User, Verified, VerifiedMany, VerifyMany},
    server::run::RunError,
};

/// The token that services show each other in tests: the development default.
pub const INTERNAL_TOKEN: &str = "development-only-internal-token";

/// The address of a fresh database. `cargo xtask test` starts the MongoDB that `TEST_MONGODB_URI` names, and throws it
/// away afterwards; without it `cargo xtask db` is looked for.
pub fn database_uri() -> String {
    let server = std::env::var("TEST_MONGODB_URI")
        .unwrap_or_else(|_| "mongodb://127.0.0.1:27117/?replicaSet=rs0&directConnection=true".to_owned());
    let (host, options) = server.split_once("/?").unwrap_or((server.trim_end_matches('/'), ""));
    format!("{host}/test_{}?{options}", Uuid::now_v7().simple())
}

/// The same database by way of a link that can be cut: its address and the link.
pub async fn cuttable(uri: &str) -> (String, Proxy) {
    let host = uri.trim_start_matches("mongodb://").split('/').next().expect("a host");
    let proxy = Proxy::start(host).await;
    (uri.replacen(host, &proxy.address, 1), proxy)
}

/// A service that runs in this process, stopped when dropped.
pub struct TestService {
    /// Such as `http://127.0.0.1:41234`.
    pub url: String,
    stop: CancellationToken,
    running: Option<JoinHandle<Result<(), RunError>>>,
}

impl TestService {
    /// Starts `run` on a free port.
    pub async fn start<F>(run: impl FnOnce(TcpListener, CancellationToken) -> F) -> Self
    where
        F: Future<Output = Result<(), RunError>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let stop = CancellationToken::new();
        let running = Some(tokio::spawn(run(listener, stop.clone())));
        Self { url, stop, running }
    }

    /// Stops it and waits until it has stopped.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Some(running) = self.running.take() {
            running.await.expect("the service did not panic").expect("the service stopped well");
        }
    }

    /// A client of this service, not signed in.
    pub fn client(&self) -> TestClient {
        TestClient { http: reqwest::Client::new(), base: self.url.clone(), headers: HeaderMap::new() }
    }
}

impl Drop for TestService {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null where it is empty or something else.
    pub body: Value,
}

impl Answer {
    /// The body as a type of the wire.
    pub fn parse<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_value(self.body.clone()).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }

    /// The pointers of the bad fields that a problem names.
    pub fn bad_fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["pointer"].as_str()).collect()
    }
}

/// Someone who calls a service.
#[derive(Clone)]
pub struct TestClient {
    http: reqwest::Client,
    base: String,
    headers: HeaderMap,
}

impl TestClient {
    /// The same client, sending this header too.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().expect("a header value"));
        self
    }

    /// The same client, calling `service` instead.
    #[must_use]
    pub fn to(mut self, service: &TestService) -> Self {
        self.base.clone_from(&service.url);
        self
    }

    /// The same client with this `Cookie` header.
    #[must_use]
    pub fn cookie(self, cookie: &str) -> Self {
        self.with("cookie", cookie)
    }

    /// The same client as one of Ticketer's services.
    #[must_use]
    pub fn as_service(self) -> Self {
        self.with("authorization", &format!("Bearer {INTERNAL_TOKEN}"))
    }

    /// A request to be changed before it is sent with [`TestClient::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).headers(self.headers.clone())
    }

    /// Sends a request and reads the answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.expect("a body");
        Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// `POST path` without a body, as the web app does it.
    pub async fn post_empty(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path).header("x-requested-with", "test")).await
    }

    /// `PUT path` with a JSON body.
    pub async fn put(&self, path: &str, body: &impl Serialize) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// `DELETE path`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path).header("x-requested-with", "test")).await
    }
}

/// A double of the auth service: it answers `verify` for the people that were signed in here.
pub struct AuthDouble {
    server: MockServer,
    people: People,
    no_groups: Arc<AtomicBool>,
    groups: Arc<AtomicUsize>,
}

/// Who is signed in, by their `Cookie` header.
type People = Arc<Mutex<HashMap<String, User>>>;

fn look(people: &People, cookie: &str) -> Looked {
    let people = people.lock().unwrap_or_else(PoisonError::into_inner);
    match people.get_key_value(cookie) {
        Some((session, user)) => {
            Looked::Verified(Verified { valid: true, user: user.clone(), session: session.clone() })
        }
        None => Looked::Problem(Problem::new(ProblemType::NotSignedIn).with("valid", false)),
    }
}

struct Verify(People);

impl Respond for Verify {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let cookie = request.headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match look(&self.0, cookie) {
            Looked::Verified(verified) => ResponseTemplate::new(200).set_body_json(verified),
            Looked::Problem(problem) => ResponseTemplate::new(problem.status).set_body_json(problem),
        }
    }
}

struct VerifyEach {
    people: People,
    /// Whether it is of a release that takes no such requests.
    no_groups: Arc<AtomicBool>,
    groups: Arc<AtomicUsize>,
}

impl Respond for VerifyEach {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.groups.fetch_add(1, Ordering::SeqCst);
        if self.no_groups.load(Ordering::SeqCst) {
            let refused = Problem::new(ProblemType::MethodNotAllowed);
            return ResponseTemplate::new(refused.status).set_body_json(refused);
        }
        let Ok(asked) = request.body_json::<VerifyMany>() else { return ResponseTemplate::new(422) };
        let sessions = asked.cookies.iter().map(|cookie| look(&self.people, cookie)).collect();
        ResponseTemplate::new(200).set_body_json(VerifiedMany { sessions })
    }
}

impl AuthDouble {
    /// One where nobody is signed in.
    pub async fn start() -> Self {
        // Nobody looks at what was asked, and a crowd asks much.
        let server = MockServer::builder().disable_request_recording().start().await;
        let people = People::default();
        let verify = |method| {
            Mock::given(matchers::method(method))
                .and(matchers::path("/api/auth/verify"))
                .and(matchers::header("authorization", format!("Bearer {INTERNAL_TOKEN}").as_str()))
        };
        verify("GET").respond_with(Verify(people.clone())).mount(&server).await;
        let (no_groups, groups) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let each = VerifyEach { people: people.clone(), no_groups: no_groups.clone(), groups: groups.clone() };
        verify("POST").respond_with(each).mount(&server).await;
        Self { server, people, no_groups, groups }
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.server.uri()
    }

    /// Signs a new person in: who they are, and the `Cookie` header that says so.
    pub fn sign_in(&self, role: Role) -> (User, String) {
        let id = UserId::new();
        let user = User {
            id,
            email: format!("{}@example.com", id.0.simple()),
            first_name: "Ada".into(),
            last_name: "Lovelace".into(),
            role,
        };
        let cookie = format!("{LOCAL_SESSION_COOKIE}={}", Uuid::now_v7().simple());
        self.people.lock().unwrap_or_else(PoisonError::into_inner).insert(cookie.clone(), user.clone());
        (user, cookie)
    }

    /// From now on it is of a release that takes callers one by one only.
    pub fn takes_no_groups(&self) {
        self.no_groups.store(true, Ordering::SeqCst);
    }

    /// How often it was asked for several callers at once.
    pub fn groups(&self) -> usize {
        self.groups.load(Ordering::SeqCst)
    }

    /// Ends all sessions.
    pub fn sign_everyone_out(&self) {
        self.people.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
