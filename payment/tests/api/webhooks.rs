//! What the provider tells by itself.

use std::sync::{Arc, atomic::Ordering};

use bson::doc;
use jiff::SignedDuration;
use payment::provider::{Mischief, signature};
use serde_json::{Value, json};
use shared::{OrderId, Timestamp, payment::PaymentStatus, server::Clock, testing::Answer, ticket::OrderStatus};

use crate::support::{
    Buyer, DECLINED, SUCCEEDS, TestApp, by_card,
    provider::{BehindLine, Line},
    until,
};

const PATH: &str = "/api/payment/webhooks/simulated";
const SECRET: &str = "development-only-webhook-secret";

fn event(id: &str, buyer: &Buyer, order: OrderId) -> String {
    let object = json!({ "id": format!("sim_{order}:1:{}", buyer.user.id), "object": "payment_intent" });
    json!({ "id": id, "type": "payment_intent.succeeded", "created": 1, "data": { "object": object } }).to_string()
}

async fn send(app: &TestApp, header: Option<&str>, body: &str) -> Answer {
    let client = app.client();
    let mut request = client.request("POST".parse().expect("a method"), PATH);
    if let Some(header) = header {
        request = request.header("ticketer-signature", header);
    }
    client.send(request.header("content-type", "application/json; charset=utf-8").body(body.to_owned())).await
}

fn signed(body: &str, at: Timestamp) -> String {
    signature::sign(&SECRET.into(), at, body.as_bytes())
}

async fn recorded(app: &TestApp) -> u64 {
    let events = app.database().await.collection::<bson::Document>("provider_events");
    events.count_documents(doc! {}).await.expect("a count")
}

/// A payment that was taken, whose answer was lost, and that the resolver has put off. The clock stands still.
async fn stuck() -> (TestApp, Buyer, OrderId) {
    let (line, clock) = (Line::default(), Clock::fixed(Timestamp::now()));
    let behind = line.clone();
    let app = TestApp::start_with(clock, |provider| Arc::new(BehindLine { provider, line: behind })).await;
    let (buyer, order) = app.buyer_with_order();
    line.loses_answers.store(true, Ordering::SeqCst);
    assert_eq!(buyer.pay(order, SUCCEEDS).await.status, 202);
    line.loses_answers.store(false, Ordering::SeqCst);
    (app, buyer, order)
}

#[tokio::test]
async fn a_webhook_makes_the_service_look_at_once() {
    let (app, buyer, order) = stuck().await;
    let body = event("evt_1", &buyer, order);
    assert_eq!(send(&app, Some(&signed(&body, app.clock.now())), &body).await.status, 200);
    buyer.until_status(order, PaymentStatus::Completed).await;
    assert_eq!(app.ticket.order(order).status, OrderStatus::Confirmed);
}

#[tokio::test]
async fn a_webhook_that_is_not_the_providers_has_no_effect() {
    let (app, _, order) = stuck().await;
    let (body, now) = (event("evt_1", &app.buyer(), order), app.clock.now());
    let good = signed(&body, now);
    let forged = signature::sign(&"another secret".into(), now, body.as_bytes());
    let stale = signed(&body, now - SignedDuration::from_secs(301));
    let early = signed(&body, now + SignedDuration::from_secs(301));
    let changed = body.replace("evt_1", "evt_2");
    let nothing = "{}".to_owned();
    for (header, body) in [
        (None, &body),
        (Some(""), &body),
        (Some("t=now,v1=00"), &body),
        (Some(forged.as_str()), &body),
        (Some(stale.as_str()), &body),
        (Some(early.as_str()), &body),
        (Some(good.as_str()), &changed),
        (Some(signed(&nothing, now).as_str()), &nothing),
    ] {
        let answer = send(&app, header, body).await;
        let refused = (answer.status, &answer.body["type"]);
        assert_eq!(refused, (400, &json!("/problems/bad-signature")), "{header:?} {}", answer.body);
    }
    assert_eq!(recorded(&app).await, 0);
    assert_eq!(app.states(order).await, ["confirming"]);
}

#[tokio::test]
async fn a_webhook_that_comes_again_is_answered_and_recorded_once() {
    let (app, buyer, order) = stuck().await;
    let body = event("evt_1", &buyer, order);
    let header = signed(&body, app.clock.now());
    let sent = futures::future::join_all((0..10).map(|_| send(&app, Some(&header), &body))).await;
    assert!(sent.iter().all(|answer| answer.status == 200));
    buyer.until_status(order, PaymentStatus::Completed).await;
    let before = app.payments().await.find_one(doc! {}).await.expect("a query");
    assert_eq!(send(&app, Some(&header), &body).await.status, 200);
    assert_eq!(app.payments().await.find_one(doc! {}).await.expect("a query"), before);
    assert_eq!(recorded(&app).await, 1);
    assert_eq!(app.charges().await, 1);
}

#[tokio::test]
async fn a_webhook_is_never_believed() {
    let app = TestApp::start().await;
    // It says that a declined payment has succeeded, and that one has which does not exist.
    let (buyer, order) = app.buyer_with_order();
    assert_eq!(buyer.pay(order, DECLINED).await.status, 402);
    for (id, order) in [("evt_1", order), ("evt_2", OrderId::new())] {
        let body = event(id, &buyer, order);
        assert_eq!(send(&app, Some(&signed(&body, app.clock.now())), &body).await.status, 200);
    }
    assert_eq!(app.states(order).await, ["voided"]);
    assert_eq!(app.ticket.order(order).status, OrderStatus::Held);
    assert_eq!(recorded(&app).await, 2);
}

#[tokio::test]
async fn what_is_no_webhook_of_ours_is_refused() {
    let app = TestApp::start().await;
    let client = app.client();
    let other = client.post("/api/payment/webhooks/stripe", &json!({})).await;
    assert_eq!(other.status, 404);
    let post = || client.request("POST".parse().expect("a method"), PATH);
    let plain = client.send(post().header("content-type", "text/plain").body("{}")).await;
    assert_eq!(plain.status, 415);
    let foreign = post().header("origin", "https://evil.example").header("content-type", "application/json");
    assert_eq!(client.send(foreign.body("{}")).await.status, 403);
    assert_eq!(send(&app, Some("t=1,v1=00"), &" ".repeat(300 * 1024)).await.status, 413);
}

#[tokio::test]
async fn webhooks_that_come_twice_late_and_in_any_order_change_no_outcome() {
    let mut app = TestApp::start().await;
    app.config.webhooks.url = format!("{}{PATH}", app.url());
    app.config.webhooks.send = Some(Mischief { duplicate: true, delay: true, shuffle: true });
    let sender = app.replica().await;
    let mut outcomes = Vec::new();
    for i in 0..12 {
        let (buyer, order) = app.buyer_with_order();
        let number = [SUCCEEDS, DECLINED, "4000 0000 0000 0259"][i % 3];
        let client = sender.client().cookie(buyer.cookie());
        let status = client.post("/api/payment/process", &by_card(order, number)).await.status;
        assert_eq!(status, [200, 402, 202][i % 3]);
        outcomes.push((buyer, order, [PaymentStatus::Completed, PaymentStatus::Failed][(i % 3) % 2]));
    }
    let outbox = app.database().await.collection::<Value>("provider_webhooks");
    for (buyer, order, status) in &outcomes {
        buyer.until_status(*order, *status).await;
    }
    until("all webhooks have arrived", async || outbox.count_documents(doc! {}).await.expect("a count") == 0).await;
    for (buyer, order, status) in &outcomes {
        assert_eq!(buyer.status(*order).await.body["status"], json!(status));
    }
    // Success, failure with cancellation, progress; and success of slow ones, unless the first replica, which sends none,
    // was the one to notice.
    let recorded = recorded(&app).await;
    assert!((16..=20).contains(&recorded), "{recorded}");
    assert_eq!(app.charges().await, 8);
    sender.stop().await;
}
