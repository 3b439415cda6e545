//! The auth service over HTTP, on a real MongoDB.

mod account;
mod bad_input;
mod revocation;
mod service;
mod session;

use auth::Config;
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::{
    Timestamp,
    auth::LOCAL_SESSION_COOKIE,
    server::{Clock, Env},
    testing::{Answer, TestClient, TestService, database_uri},
};

const PASSWORD: &str = "velvet otter brass canyon";

/// The whole service on a database of its own, with a clock that tests move.
struct TestApp {
    service: TestService,
    clock: Clock,
    uri: String,
}

impl TestApp {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With these variables beside the defaults.
    async fn with(variables: &[(&str, &str)]) -> Self {
        Self::on(&database_uri(), Clock::fixed(Timestamp::now()), variables).await
    }

    async fn on(uri: &str, clock: Clock, variables: &[(&str, &str)]) -> Self {
        let mut all =
            vec![("MONGODB_URI", uri), ("RATE_LIMIT_CREDENTIALS", "10000"), ("RATE_LIMIT_PER_ADDRESS", "10000")];
        all.extend_from_slice(variables);
        let config = Config::from_env(&Env::of(&all)).expect("a configuration");
        let moving = clock.clone();
        let service = TestService::start(|listener, stop| auth::run(config, listener, moving, stop)).await;
        Self { service, clock, uri: uri.to_owned() }
    }

    fn client(&self) -> TestClient {
        self.service.client()
    }

    /// Another replica on the same database, at the same time of day.
    async fn replica(&self, variables: &[(&str, &str)]) -> Self {
        Self::on(&self.uri, self.clock.clone(), variables).await
    }

    /// Registers someone new and returns a client that is signed in as them.
    async fn register(&self, email: &str) -> TestClient {
        let answer = self.client().post("/api/auth/register", &registration(email)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        self.client().cookie(&session_cookie(&answer))
    }

    async fn login(&self, email: &str, password: &str) -> Answer {
        self.client().post("/api/auth/login", &json!({ "email": email, "password": password })).await
    }

    fn advance_hours(&self, hours: i64) {
        self.clock.advance(SignedDuration::from_hours(hours));
    }
}

fn registration(email: &str) -> Value {
    json!({ "email": email, "password": PASSWORD, "firstName": "Ada", "lastName": "Lovelace" })
}

/// The session cookie that an answer sets, as a `Cookie` header.
fn session_cookie(answer: &Answer) -> String {
    let set = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let cookie = set.filter_map(|value| value.split(';').next()).find(|value| value.starts_with(LOCAL_SESSION_COOKIE));
    cookie.expect("a session cookie").to_owned()
}
