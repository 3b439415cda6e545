//! Steady load: some look around, some buy. Every answer counts.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use e2e::PASSWORD;
use reqwest::{Client, Method, RequestBuilder, header};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;
use xtask::services::Service;

/// Between two requests of one person.
const PACE: Duration = Duration::from_millis(40);

/// What was answered, by what was asked for, and every request that failed.
#[derive(Default)]
pub struct Record {
    answered: Mutex<BTreeMap<&'static str, u64>>,
    failures: Mutex<Vec<String>>,
}

impl Record {
    /// How often each was answered well.
    pub fn answered(&self) -> BTreeMap<&'static str, u64> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What failed until now.
    pub fn failures(&self) -> Vec<String> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, what: &'static str, outcome: &Result<Value>) {
        match outcome {
            Ok(_) => {
                *self.answered.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
            }
            Err(error) => {
                self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{what}: {error:#}"));
            }
        }
    }
}

/// Someone who calls the services; the cookie is sent by hand, for there is no https here.
#[derive(Clone)]
pub struct Caller {
    http: Client,
    urls: BTreeMap<Service, String>,
    /// The web app's.
    pub origin: String,
    /// The session's, once there is one.
    pub cookie: String,
    email: String,
}

impl Caller {
    /// Someone who is not signed in.
    pub fn new(urls: BTreeMap<Service, String>, origin: &str) -> Result<Self> {
        // A connection for each request: whether it fails is then the services' doing alone.
        let http = Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(10)).build()?;
        let email = format!("{}@example.com", Uuid::new_v4().simple());
        Ok(Self { http, urls, origin: origin.to_owned(), cookie: String::new(), email })
    }

    /// Makes an account, and keeps the session's cookie.
    pub async fn register(&mut self) -> Result<()> {
        let form = json!({ "email": self.email, "password": PASSWORD, "firstName": "A", "lastName": "Buyer" });
        self.begin_session("/api/auth/register", &form).await
    }

    /// Signs in to an account that there is, and keeps the session's cookie.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Result<()> {
        email.clone_into(&mut self.email);
        self.begin_session("/api/auth/login", &json!({ "email": email, "password": password })).await
    }

    async fn begin_session(&mut self, path: &str, form: &Value) -> Result<()> {
        let request = self.request(Service::Auth, Method::POST, path).json(form);
        let response = request.send().await?.error_for_status()?;
        let cookie = response.headers().get(header::SET_COOKIE).context("no session cookie")?.to_str()?;
        ensure!(cookie.starts_with("__Host-") && cookie.contains("Secure"), "a cookie for development: {cookie}");
        cookie.split(';').next().unwrap_or_default().clone_into(&mut self.cookie);
        Ok(())
    }

    fn request(&self, service: Service, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.urls[&service]));
        let request =
            request.header(header::ORIGIN, &self.origin).header("idempotency-key", Uuid::new_v4().to_string());
        if self.cookie.is_empty() { request } else { request.header(header::COOKIE, &self.cookie) }
    }

    async fn ask(&self, service: Service, path: &str) -> Result<Value> {
        read(self.request(service, Method::GET, path)).await
    }

    async fn tell(&self, service: Service, path: &str, body: &Value) -> Result<Value> {
        read(self.request(service, Method::POST, path).json(body)).await
    }

    /// Publishes an event with seats for all; its id.
    pub async fn publish(&self) -> Result<String> {
        let price = json!({ "amount": 2500, "currency": "USD" });
        let event = json!({
            "title": "Open while we deploy",
            "category": "concert",
            "venue": { "name": "Town Hall", "address": "1 Main Street", "city": "Springfield" },
            "startsAt": "2035-06-01T18:00:00Z",
            "endsAt": "2035-06-01T21:00:00Z",
            "timeZone": "America/Chicago",
            "ticketTypes": [{ "name": "Floor", "price": price, "quantity": 10_000 }],
            "status": "published",
        });
        let made = self.tell(Service::Event, "/api/events", &event).await?;
        made["id"].as_str().map(ToOwned::to_owned).context("no id")
    }

    /// What is left of an event, once ticket knows of it.
    pub async fn availability(&self, event: &str) -> Result<Value> {
        self.ask(Service::Ticket, &format!("/api/tickets/event/{event}")).await
    }

    async fn look_around(&self, event: &str, record: &Record) {
        record.note("list events", &self.ask(Service::Event, "/api/events").await);
        tokio::time::sleep(PACE).await;
        record.note("read an event", &self.ask(Service::Event, &format!("/api/events/{event}")).await);
        tokio::time::sleep(PACE).await;
        record.note("what is left", &self.availability(event).await);
        tokio::time::sleep(PACE).await;
    }

    async fn buy(&self, event: &str, record: &Record) {
        record.note("who am I", &self.ask(Service::Auth, "/api/auth/me").await);
        tokio::time::sleep(PACE).await;
        let order = json!({
            "eventId": event,
            "tickets": [{ "ticketTypeName": "Floor", "quantity": 1 }],
            "customerInfo": { "firstName": "A", "lastName": "Buyer", "email": self.email },
            "totalAmount": { "amount": 2500, "currency": "USD" },
        });
        let booked = self.tell(Service::Ticket, "/api/tickets/book", &order).await;
        record.note("book", &booked);
        record.note("payments", &self.ask(Service::Payment, "/api/payment/history").await);
        tokio::time::sleep(PACE).await;
        let Some(id) = booked.ok().and_then(|order| order["id"].as_str().map(ToOwned::to_owned)) else { return };
        // Given back, so that nobody comes to the limit of what one buyer may hold.
        let path = format!("/api/tickets/orders/{id}/cancel");
        record.note("cancel", &self.tell(Service::Ticket, &path, &json!({})).await);
        tokio::time::sleep(PACE).await;
    }
}

async fn read(request: RequestBuilder) -> Result<Value> {
    let response = request.send().await?;
    let (status, body) = (response.status(), response.text().await?);
    ensure!(status.is_success(), "{status} {body}");
    serde_json::from_str(&body).with_context(|| body)
}

/// People at work; dropped, they stop.
pub struct Load {
    /// What they were answered.
    pub record: Arc<Record>,
    people: JoinSet<()>,
}

impl Load {
    /// Two who look around, and those who buy, each of an event of their own: whether replicas get in each other's way at
    /// the same seats is not the question here.
    pub fn start(visitor: &Caller, buyers: &[(Caller, String)]) -> Self {
        let (record, mut people) = (Arc::new(Record::default()), JoinSet::new());
        for (_, event) in buyers.iter().take(2) {
            let (visitor, event, record) = (visitor.clone(), event.clone(), Arc::clone(&record));
            people.spawn(async move {
                loop {
                    visitor.look_around(&event, &record).await;
                }
            });
        }
        for (buyer, event) in buyers {
            let (buyer, event, record) = (buyer.clone(), event.clone(), Arc::clone(&record));
            people.spawn(async move {
                loop {
                    buyer.buy(&event, &record).await;
                }
            });
        }
        Self { record, people }
    }

    /// Waits until each kind of request was answered at least so often again.
    pub async fn goes_on(&self, often: u64) -> Result<()> {
        let before = self.record.answered();
        e2e::eventually("every kind of request answered again", async || {
            let now = self.record.answered();
            let kinds = ["list events", "read an event", "what is left", "who am I", "book", "payments", "cancel"];
            let more = |kind: &&str| now.get(*kind) >= Some(&(before.get(*kind).copied().unwrap_or(0) + often));
            let failed = !self.record.failures().is_empty();
            Ok((failed || kinds.iter().all(more)).then_some(()))
        })
        .await
    }

    /// Ends it; who waits for an answer is not waited for.
    pub async fn stop(mut self) -> Arc<Record> {
        self.people.shutdown().await;
        self.record
    }
}
