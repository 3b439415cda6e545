//! Someone who calls the services over HTTP, as the web app does.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method, header};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use shared::{
    EventId, OrderId,
    event::Event,
    payment::Processed,
    ticket::{Availability, Order},
};
use uuid::Uuid;
use xtask::services::{Platform, Service};

use crate::Stage;

/// The password of everyone here.
pub const PASSWORD: &str = "velvet otter brass canyon";

/// A signed-in person.
#[derive(Clone)]
pub struct Person {
    /// How they sign in.
    pub email: String,
    http: Client,
    origin: String,
    cookie: String,
    urls: HashMap<Service, String>,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body as JSON; null where it is empty or something else.
    pub body: Value,
}

impl Answer {
    /// The body as a type of the wire, where the status is a success.
    pub fn parse<T: DeserializeOwned>(self) -> Result<T> {
        ensure!((200..300).contains(&self.status), "{} {}", self.status, self.body);
        serde_json::from_value(self.body).context("an unexpected body")
    }
}

impl Person {
    /// Registers someone new.
    pub(crate) async fn register(stage: &Stage, first_name: &str) -> Result<Self> {
        let email = format!("{}@example.com", Uuid::new_v4().simple());
        let urls = Service::ALL.map(|service| (service, stage.url(service)));
        let mut person = Self {
            email: email.clone(),
            http: Client::new(),
            origin: stage.web_url.clone(),
            cookie: String::new(),
            urls: urls.into(),
        };
        let form = json!({ "email": email, "password": PASSWORD, "firstName": first_name, "lastName": "Tester" });
        let request = person.request(Service::Auth, Method::POST, "/api/auth/register").json(&form);
        let response = request.send().await?.error_for_status()?;
        let cookie = response.headers().get(header::SET_COOKIE).context("no session cookie")?.to_str()?;
        cookie.split(';').next().unwrap_or_default().clone_into(&mut person.cookie);
        Ok(person)
    }

    /// A request with their session, as from the web app's page.
    pub fn request(&self, service: Service, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.urls[&service]));
        request.header(header::ORIGIN, &self.origin).header(header::COOKIE, &self.cookie)
    }

    /// The same person, calling this replica of a service.
    #[must_use]
    pub fn by_way_of(self, service: Service, replica: &Platform) -> Self {
        let url = replica.url(service);
        self.calling(service, url)
    }

    /// The same person, calling a service at this base URL.
    #[must_use]
    pub fn calling(mut self, service: Service, url: String) -> Self {
        self.urls.insert(service, url);
        self
    }

    /// Ends their session; the status of the answer.
    pub async fn log_out(&self) -> Result<u16> {
        let logout = self.request(Service::Auth, Method::POST, "/api/auth/logout").header("x-requested-with", "test");
        Ok(self.send(logout).await?.status)
    }

    /// Sends it and reads the answer.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer> {
        let response = request.send().await?;
        let status = response.status().as_u16();
        let body = response.bytes().await?;
        Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
    }

    /// `GET path`.
    pub async fn get(&self, service: Service, path: &str) -> Result<Answer> {
        self.send(self.request(service, Method::GET, path)).await
    }

    /// `POST path` with a JSON body and a key of its own.
    pub async fn post(&self, service: Service, path: &str, body: &impl Serialize) -> Result<Answer> {
        self.post_again(service, path, body, &Uuid::new_v4().to_string()).await
    }

    /// The same with a key that may have been sent before.
    async fn post_again(&self, service: Service, path: &str, body: &impl Serialize, key: &str) -> Result<Answer> {
        self.send(self.request(service, Method::POST, path).header("idempotency-key", key).json(body)).await
    }

    /// Publishes an event of `seats` tickets at 25 dollars each.
    pub async fn publish(&self, title: &str, seats: u32) -> Result<Event> {
        let price = json!({ "amount": 2500, "currency": "USD" });
        let event = json!({
            "title": title,
            "category": "concert",
            "venue": { "name": "Town Hall", "address": "1 Main Street", "city": "Springfield" },
            "startsAt": "2035-06-01T18:00:00Z",
            "endsAt": "2035-06-01T21:00:00Z",
            "timeZone": "America/Chicago",
            "ticketTypes": [{ "name": "Floor", "price": price, "quantity": seats }],
            "status": "published",
        });
        self.post(Service::Event, "/api/events", &event).await?.parse()
    }

    /// Asks to hold `quantity` tickets of an event made by [`Person::publish`].
    pub async fn book(&self, event: EventId, quantity: u32) -> Result<Answer> {
        self.post(Service::Ticket, "/api/tickets/book", &self.order_of(event, quantity)).await
    }

    /// The same by someone who tries again, with the same key, when told that the service is busy.
    pub async fn book_patiently(&self, event: EventId, quantity: u32) -> Result<Answer> {
        let (order, key) = (self.order_of(event, quantity), Uuid::new_v4().to_string());
        loop {
            let answer = self.post_again(Service::Ticket, "/api/tickets/book", &order, &key).await?;
            if answer.status != 503 {
                return Ok(answer);
            }
        }
    }

    fn order_of(&self, event: EventId, quantity: u32) -> Value {
        json!({
            "eventId": event,
            "tickets": [{ "ticketTypeName": "Floor", "quantity": quantity }],
            "customerInfo": { "firstName": "Test", "lastName": "Buyer", "email": self.email },
            "totalAmount": { "amount": 2500 * quantity, "currency": "USD" },
        })
    }

    /// Pays an order with this test card.
    pub async fn pay(&self, order: OrderId, card: &str) -> Result<Answer> {
        let payment = json!({
            "orderId": order,
            "paymentMethod": "credit_card",
            "card": { "number": card, "expiryMonth": 12, "expiryYear": 2040, "cvc": "123" },
        });
        self.post(Service::Payment, "/api/payment/process", &payment).await
    }

    /// Pays an order with the card that always succeeds.
    pub async fn pay_well(&self, order: OrderId) -> Result<Processed> {
        self.pay(order, "4242 4242 4242 4242").await?.parse()
    }

    /// One of their orders, as it is now.
    pub async fn order(&self, order: OrderId) -> Result<Order> {
        self.get(Service::Ticket, &format!("/api/tickets/orders/{order}")).await?.parse()
    }

    /// What is left of an event.
    pub async fn availability(&self, event: EventId) -> Result<Availability> {
        self.get(Service::Ticket, &format!("/api/tickets/event/{event}")).await?.parse()
    }
}
