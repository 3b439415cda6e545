//! The ticket service over HTTP, on a real MongoDB, with doubles of auth and event.

mod audit;
mod availability;
mod bad_input;
mod booking;
mod event_double;
mod expiry;
#[cfg(feature = "fail-points")]
mod fail_points;
mod faults;
mod feed;
mod idempotency;
mod limits;
mod naive;
mod orders;
mod paying;
mod race;
mod refunds;
mod service;
mod tickets;

use std::time::Duration;

use audit::Audit;
use event_double::EventDouble;
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::{
    Currency, EventId, Money, OrderId, Timestamp,
    auth::Role,
    server::{Clock, Env, mongo},
    testing::{Answer, AuthDouble, TestClient, TestService, database_uri},
    ticket::{Availability, Order, OrderStatus},
};
use ticket::Config;

/// The neighbours, a database and a clock: what replicas of the service share.
struct World {
    auth: AuthDouble,
    events: EventDouble,
    clock: Clock,
    uri: String,
}

impl World {
    async fn new() -> Self {
        let (auth, clock) = (AuthDouble::start().await, Clock::fixed(Timestamp::now()));
        Self { auth, events: EventDouble::start(clock.now()).await, clock, uri: database_uri() }
    }

    /// A replica of the service.
    async fn replica(&self) -> TestService {
        self.with(&[]).await
    }

    /// What a replica is told unless something else is said.
    fn variables(&self) -> [(&'static str, String); 6] {
        [
            ("MONGODB_URI", self.uri.clone()),
            ("AUTH_SERVICE_URL", self.auth.url()),
            ("EVENT_SERVICE_URL", self.events.url()),
            ("RATE_LIMIT_PER_USER", "100000".into()),
            ("RATE_LIMIT_PER_ADDRESS", "100000".into()),
            ("REQUEST_TIMEOUT_MS", "20000".into()),
        ]
    }

    /// A replica with these variables beside the defaults.
    async fn with(&self, variables: &[(&str, &str)]) -> TestService {
        let defaults = self.variables();
        // The last of a name counts.
        let defaults = defaults.iter().map(|(name, value)| (*name, value.as_str()));
        let all: Vec<_> = defaults.chain(variables.iter().copied()).collect();
        let config = Config::from_env(&Env::of(&all)).expect("a configuration");
        let clock = self.clock.clone();
        TestService::start(|listener, stop| ticket::run(config, listener, clock, stop)).await
    }

    /// Someone signed in.
    fn buyer(&self, service: &TestService) -> TestClient {
        service.client().cookie(&self.auth.sign_in(Role::User).1)
    }

    fn advance(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// Looks into the database, past the service.
    async fn audit(&self) -> Audit {
        Audit::of(&mongo::connect(&self.uri, "test").await.expect("a database")).await
    }
}

/// The neighbours and one replica.
async fn one() -> (World, TestService) {
    let world = World::new().await;
    let service = world.replica().await;
    (world, service)
}

fn euros(amount: i64) -> Money {
    Money::new(amount, Currency::EUR)
}

/// A request to book; `total` is in minor units.
fn request(event: EventId, lines: &[(&str, u32)], total: i64) -> Value {
    let lines: Vec<Value> =
        lines.iter().map(|(name, quantity)| json!({ "ticketTypeName": name, "quantity": quantity })).collect();
    json!({
        "eventId": event,
        "tickets": lines,
        "customerInfo": { "firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.com" },
        "totalAmount": euros(total),
    })
}

async fn book(buyer: &TestClient, event: EventId, lines: &[(&str, u32)], total: i64) -> Answer {
    buyer.post("/api/tickets/book", &request(event, lines, total)).await
}

/// Books what can be booked.
async fn held(buyer: &TestClient, event: EventId, lines: &[(&str, u32)], total: i64) -> Order {
    let answer = book(buyer, event, lines, total).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.parse()
}

fn order_path(id: OrderId) -> String {
    format!("/api/tickets/orders/{id}")
}

/// What payment asks of ticket.
async fn advance(service: &TestService, id: OrderId, status: &str, attempt: u32) -> Answer {
    let asked = json!({ "status": status, "attempt": attempt });
    service.client().as_service().put(&format!("{}/status", order_path(id)), &asked).await
}

async fn availability(service: &TestService, event: EventId) -> Availability {
    let answer = service.client().get(&format!("/api/tickets/event/{event}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.parse()
}

async fn status_of(buyer: &TestClient, id: OrderId) -> OrderStatus {
    buyer.get(&order_path(id)).await.parse::<Order>().status
}

fn problem(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.body["type"].as_str().unwrap_or_default())
}

/// Asks until it is so: for what a worker does beside the requests, which nothing announces.
async fn eventually(fact: &str, mut so: impl AsyncFnMut() -> bool) {
    let asked = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), asked).await.unwrap_or_else(|_| panic!("never: {fact}"));
}
