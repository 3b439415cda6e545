//! The event service over HTTP, on a real MongoDB.

mod access;
mod bad_input;
mod feed;
mod idempotency;
mod life;
mod listing;
mod searching;
mod service;

use event::Config;
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::{
    auth::{Role, User},
    server::{Clock, Env},
    testing::{Answer, AuthDouble, TestClient, TestService, database_uri},
};

/// When every test begins.
const NOW: &str = "2027-01-01T00:00:00Z";

/// The whole service on a database of its own, with a clock that tests move and a double of auth.
struct TestApp {
    service: TestService,
    auth: AuthDouble,
    clock: Clock,
    uri: String,
}

/// Someone signed in.
struct Person {
    user: User,
    client: TestClient,
}

impl TestApp {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With these variables beside the defaults.
    async fn with(variables: &[(&str, &str)]) -> Self {
        let (auth, uri, clock) =
            (AuthDouble::start().await, database_uri(), Clock::fixed(NOW.parse().expect("a time")));
        let service = serve(&uri, &auth.url(), &clock, variables).await;
        Self { service, auth, clock, uri }
    }

    /// Another replica on the same database, at the same time of day.
    async fn replica(&self) -> TestService {
        serve(&self.uri, &self.auth.url(), &self.clock, &[]).await
    }

    fn client(&self) -> TestClient {
        self.service.client()
    }

    fn sign_in(&self, role: Role) -> Person {
        let (user, cookie) = self.auth.sign_in(role);
        Person { user, client: self.client().cookie(&cookie) }
    }

    fn user(&self) -> Person {
        self.sign_in(Role::User)
    }

    fn advance_days(&self, days: i64) {
        self.clock.advance(SignedDuration::from_hours(24 * days));
    }
}

async fn serve(uri: &str, auth: &str, clock: &Clock, variables: &[(&str, &str)]) -> TestService {
    let mut all = vec![
        ("MONGODB_URI", uri),
        ("AUTH_SERVICE_URL", auth),
        ("RATE_LIMIT_PER_ADDRESS", "100000"),
        ("RATE_LIMIT_PER_USER", "100000"),
        // Debug builds on a busy machine; what happens at the deadline is tested where it belongs.
        ("REQUEST_TIMEOUT_MS", "30000"),
    ];
    all.extend_from_slice(variables);
    let config = Config::from_env(&Env::of(&all)).expect("a configuration");
    let clock = clock.clone();
    TestService::start(|listener, stop| event::run(config, listener, clock, stop)).await
}

impl Person {
    /// Makes an event of this form.
    async fn create(&self, form: &Value) -> Value {
        let answer = self.client.post("/api/events", form).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body
    }

    /// Changes an event from this version.
    async fn change(&self, id: &str, version: i64, form: &Value) -> Answer {
        self.client.clone().with("if-match", &format!("\"{version}\"")).put(&path(id), form).await
    }
}

/// A published concert on 1 June 2027, 100 seats at 45 dollars, with these fields changed.
fn form(changes: Value) -> Value {
    let mut form = json!({
        "title": "Jazz Night",
        "description": "An evening of jazz.\nDoors at 17:00.",
        "category": "concert",
        "venue": { "name": "Town Hall", "address": "1 High Street", "city": "Berlin" },
        "startsAt": "2027-06-01T18:00:00Z",
        "endsAt": "2027-06-01T22:00:00Z",
        "timeZone": "Europe/Berlin",
        "ticketTypes": [ticket_type("Seat", 4500, 100)],
        "status": "published",
    });
    let Value::Object(changes) = changes else { panic!("not an object: {changes}") };
    form.as_object_mut().expect("an object").extend(changes);
    form
}

fn ticket_type(name: &str, amount: i64, quantity: u32) -> Value {
    json!({ "name": name, "price": { "amount": amount, "currency": "USD" }, "quantity": quantity })
}

fn path(id: &str) -> String {
    format!("/api/events/{id}")
}

fn id_of(event: &Value) -> &str {
    event["id"].as_str().expect("an id")
}

/// Status and type of a problem.
fn problem(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.body["type"].as_str().unwrap_or_default())
}

/// The titles on a page.
fn titles(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap_or_else(|| panic!("no page: {page}"));
    items.iter().filter_map(|event| event["title"].as_str()).collect()
}
