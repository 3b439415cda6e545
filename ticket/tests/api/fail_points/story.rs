//! All that buyers, an organizer and the payment service do, asked again wherever no answer came: as clients do.

use std::time::Duration;

use bson::{DateTime, Document, doc};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use shared::{
    EventId, OrderId,
    auth::Role,
    event::EventStatus,
    server::mongo,
    testing::{Answer, INTERNAL_TOKEN},
    ticket::{Availability, Order, OrderStatus},
};

use super::Stage;
use crate::{event_double::ticket_type, order_path, problem, request};

/// How long is waited before it is asked again.
const PAUSE: Duration = Duration::from_millis(20);

/// What came of the story: each order, its key, and how it ended.
pub struct Ends {
    buyer: String,
    orders: Vec<(&'static str, Value, OrderId, OrderStatus)>,
}

/// Someone whom no dead service discourages.
struct Teller<'a> {
    stage: &'a Stage,
    http: Client,
    buyer: String,
    orders: Vec<(&'static str, Value, OrderId, OrderStatus)>,
}

/// The story, from the beginning to the end.
pub async fn told(stage: &Stage) -> Ends {
    let world = &stage.world;
    let event = world.events.publish(&[("Seat", 4500, 10), ("Free", 0, 10)]);
    world.events.change(event, |e| e.refund_hours = Some(48));
    let called_off = world.events.publish(&[("Seat", 4500, 10), ("Free", 0, 10)]);
    let untold = world.events.publish(&[("Seat", 4500, 10)]);
    world.events.keep_from_feed(untold);
    let buyer = world.auth.sign_in(Role::User).1;
    let mut teller = Teller { stage, http: Client::new(), buyer, orders: Vec::new() };
    // It has both events before anything is asked of them.
    teller.sees(event, "the event", |_| true).await;
    teller.sees(called_off, "the other event", |_| true).await;

    teller.buys_and_returns(event).await;
    teller.gives_up_and_lets_lapse(event).await;
    teller.is_early(untold).await;
    world.events.change(event, |e| e.ticket_types = vec![ticket_type("Seat", 4500, 12), ticket_type("Free", 0, 10)]);
    teller.sees(event, "the larger hall", |now| now.ticket_types[0].capacity == 12).await;
    teller.loses_the_event(called_off).await;
    Ends { buyer: teller.buyer, orders: teller.orders }
}

impl Teller<'_> {
    /// A card that is declined, one that is not, and the money back; and the same with nothing to pay.
    async fn buys_and_returns(&mut self, event: EventId) {
        let kept = self.books("kept", event, "Seat", OrderStatus::Held).await;
        self.pays(kept, 1).await;
        self.ends(kept, OrderStatus::Confirmed);

        let returned = self.books("returned", event, "Seat", OrderStatus::Held).await;
        self.payment_says(returned, "paying", 1).await;
        self.payment_says(returned, "held", 1).await;
        self.pays(returned, 2).await;
        assert_eq!(self.undoes(returned, "refund", "the money").await, OrderStatus::Refunding);
        self.payment_says(returned, "refunded", 2).await;
        self.ends(returned, OrderStatus::Refunded);

        let free = self.books("free", event, "Free", OrderStatus::Confirmed).await;
        assert_eq!(self.undoes(free, "refund", "nothing").await, OrderStatus::Refunded);
        self.ends(free, OrderStatus::Refunded);
    }

    async fn gives_up_and_lets_lapse(&mut self, event: EventId) {
        let given_up = self.books("given up", event, "Seat", OrderStatus::Held).await;
        assert_eq!(self.undoes(given_up, "cancel", "never mind").await, OrderStatus::Cancelled);
        self.ends(given_up, OrderStatus::Cancelled);

        let lapsed = self.books("lapsed", event, "Seat", OrderStatus::Held).await;
        self.time_passes_for(lapsed).await;
        self.becomes(lapsed, OrderStatus::Expired).await;
    }

    /// Books before the feed has told of the event.
    async fn is_early(&mut self, event: EventId) {
        let early = self.books("early", event, "Seat", OrderStatus::Held).await;
        self.pays(early, 1).await;
        self.ends(early, OrderStatus::Confirmed);
    }

    async fn loses_the_event(&mut self, event: EventId) {
        let held = self.books("lost while held", event, "Seat", OrderStatus::Held).await;
        let free = self.books("lost for nothing", event, "Free", OrderStatus::Confirmed).await;
        let paid = self.books("lost and paid", event, "Seat", OrderStatus::Held).await;
        self.pays(paid, 1).await;
        self.stage.world.events.change(event, |e| e.status = EventStatus::Cancelled);
        self.becomes(held, OrderStatus::Cancelled).await;
        self.becomes(free, OrderStatus::Refunded).await;
        self.becomes(paid, OrderStatus::Refunding).await;
        self.payment_says(paid, "refunded", 1).await;
        self.ends(paid, OrderStatus::Refunded);
    }

    async fn books(&mut self, key: &'static str, event: EventId, name: &str, status: OrderStatus) -> OrderId {
        let total = if status == OrderStatus::Held { 9000 } else { 0 };
        let body = request(event, &[(name, 2)], total);
        let order: Order = self.asks(201, |service| service.books(key, &body)).await.parse();
        assert_eq!(order.status, status, "{key}");
        self.orders.push((key, body, order.id, status));
        order.id
    }

    async fn pays(&self, order: OrderId, attempt: u32) {
        self.payment_says(order, "paying", attempt).await;
        self.payment_says(order, "confirmed", attempt).await;
    }

    async fn payment_says(&self, order: OrderId, status: &str, attempt: u32) {
        let said = json!({ "status": status, "attempt": attempt });
        let answer = self.asks(200, |service| service.payment_says(order, &said)).await;
        assert_eq!(answer.body["status"], status);
    }

    /// Cancels or refunds under a key; the key is known to have done that even if nobody was told then.
    async fn undoes(&self, order: OrderId, verb: &str, key: &str) -> OrderStatus {
        let done: Order = self.asks(200, |service| service.undoes(order, verb, key)).await.parse();
        let other = if verb == "cancel" { "refund" } else { "cancel" };
        let reused = self.asks(422, |service| service.undoes(order, other, key)).await;
        assert_eq!(problem(&reused), (422, "/problems/key-reused"));
        done.status
    }

    /// Ten minutes, of which nobody wants to wait for the end.
    async fn time_passes_for(&self, order: OrderId) {
        let database = mongo::connect(&self.stage.world.uri, "test").await.expect("a database");
        let orders = database.collection::<Document>("orders");
        let over = doc! { "$set": { "expiresAt": DateTime::now() } };
        let held = doc! { "_id": order, "status": "held" };
        assert_eq!(orders.update_one(held, over).await.expect("written").matched_count, 1);
    }

    async fn becomes(&mut self, order: OrderId, status: OrderStatus) {
        while self.asks(200, |service| service.shows(order)).await.parse::<Order>().status != status {
            tokio::time::sleep(PAUSE).await;
        }
        self.ends(order, status);
    }

    fn ends(&mut self, order: OrderId, status: OrderStatus) {
        for (_, _, id, end) in &mut self.orders {
            if *id == order {
                *end = status;
            }
        }
    }

    async fn sees(&self, event: EventId, what: &str, so: impl Fn(&Availability) -> bool) {
        loop {
            let answer = self.asks(200, |service| service.gets(&format!("/api/tickets/event/{event}"))).await;
            let availability: Availability = answer.parse();
            assert_eq!(availability.event_id, event, "{what}");
            if so(&availability) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Asks until there is an answer, and one that does not put it off.
    async fn asks(&self, status: u16, ask: impl Fn(&Service) -> RequestBuilder) -> Answer {
        loop {
            let service = Service { http: &self.http, base: self.stage.url(), buyer: &self.buyer };
            if let Some(answer) = answer(ask(&service)).await.filter(|answer| answer.status != 503) {
                assert_eq!(answer.status, status, "{}", answer.body);
                return answer;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// None where the service is dead, or dies while it answers.
async fn answer(request: RequestBuilder) -> Option<Answer> {
    let response = request.send().await.ok()?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.ok()?;
    Some(Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
}

/// The process that runs now, and who speaks with it.
struct Service<'a> {
    http: &'a Client,
    base: String,
    buyer: &'a str,
}

impl Service<'_> {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).header("x-requested-with", "test")
    }

    fn gets(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path).header("cookie", self.buyer)
    }

    fn shows(&self, order: OrderId) -> RequestBuilder {
        self.gets(&order_path(order))
    }

    fn posts(&self, path: &str, key: &str) -> RequestBuilder {
        self.request(Method::POST, path).header("cookie", self.buyer).header("idempotency-key", key)
    }

    fn books(&self, key: &str, body: &Value) -> RequestBuilder {
        self.posts("/api/tickets/book", key).json(body)
    }

    fn undoes(&self, order: OrderId, verb: &str, key: &str) -> RequestBuilder {
        self.posts(&format!("{}/{verb}", order_path(order)), key)
    }

    fn payment_says(&self, order: OrderId, said: &Value) -> RequestBuilder {
        let request = self.request(Method::PUT, &format!("{}/status", order_path(order)));
        request.header("authorization", format!("Bearer {INTERNAL_TOKEN}")).json(said)
    }
}

/// Every order stands where the story left it, once, with its tickets; whoever asks again is told of that one; and every
/// seat that nobody has is free.
pub async fn ended_well(stage: &Stage, ends: &Ends) {
    let http = Client::new();
    let service = Service { http: &http, base: stage.url(), buyer: &ends.buyer };
    let mut seats = 0;
    for (key, body, id, status) in &ends.orders {
        let again: Order = answer(service.books(key, body)).await.expect("an answer").parse();
        assert_eq!((again.id, again.status), (*id, *status), "{key}");
        if *status == OrderStatus::Confirmed {
            assert_eq!(again.issued.len(), 2, "{key}");
            seats += 2;
        }
    }
    let audit = stage.world.audit().await;
    audit.balances_at(seats);
    assert_eq!(audit.orders, ends.orders.len() as u64);
}
