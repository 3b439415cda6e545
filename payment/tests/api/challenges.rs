//! Cards that ask their owner first, that take their time, and that lose the answer.

use jiff::SignedDuration;
use payment::{
    IntentStatus, PaymentSource,
    provider::{AttemptKey, PaymentProvider, Simulated},
};
use serde_json::json;
use shared::{
    Currency, Money, OrderId, PaymentId, Timestamp, UserId,
    payment::{PaymentStatus, Processed},
    server::Clock,
    testing::Answer,
    ticket::OrderStatus,
};

use crate::support::{Buyer, SUCCEEDS, TestApp};

const ASKS: &str = "4000 0025 0000 3155";
const SLOW: &str = "4000 0000 0000 0259";
const LOSES_ANSWER: &str = "4000 0000 0000 0341";

async fn asked(buyer: &Buyer, order: OrderId) -> Processed {
    let answer = buyer.pay(order, ASKS).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    answer.parse()
}

async fn decide(buyer: &Buyer, payment: PaymentId, approve: bool) -> Answer {
    buyer.client.post(&format!("/api/payment/challenge/{payment}"), &json!({ "approve": approve })).await
}

#[tokio::test]
async fn a_payment_that_its_buyer_approves_is_paid() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    let processed = asked(&buyer, order).await;
    let page = format!("/orders/{order}/challenge");
    assert_eq!(processed.next_action.map(|action| action.url).as_deref(), Some(page.as_str()));
    let status = buyer.status(order).await;
    assert_eq!((&status.body["status"], &status.body["nextAction"]["url"]), (&json!("processing"), &json!(page)));
    assert_eq!((app.charges().await, app.ticket.order(order).status), (0, OrderStatus::Paying));

    let approved = decide(&buyer, processed.payment_id, true).await;
    assert_eq!((approved.status, &approved.body["success"]), (200, &json!(true)), "{}", approved.body);
    assert_eq!(app.ticket.order(order).status, OrderStatus::Confirmed);
    assert_eq!(buyer.status(order).await.body["nextAction"], json!(null));
    // A second click changes nothing, whichever it is.
    for approve in [true, false] {
        assert_eq!(decide(&buyer, processed.payment_id, approve).await.status, 200);
    }
    assert_eq!(app.charges().await, 1);
}

#[tokio::test]
async fn a_payment_that_its_buyer_does_not_approve_is_declined() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    let payment = asked(&buyer, order).await.payment_id;
    let refused = decide(&buyer, payment, false).await;
    assert_eq!((refused.status, &refused.body["type"]), (402, &json!("/problems/payment-declined")));
    assert_eq!(app.ticket.order(order).status, OrderStatus::Held);
    assert_eq!(decide(&buyer, payment, true).await.status, 402, "what is declined stays so");
    assert_eq!(app.charges().await, 0);
    assert_eq!(buyer.pay(order, SUCCEEDS).await.status, 200);
}

#[tokio::test]
async fn a_payment_is_approved_by_its_buyer_only() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    let payment = asked(&buyer, order).await.payment_id;
    assert_eq!(decide(&app.buyer(), payment, true).await.status, 404);
    assert_eq!(decide(&buyer, PaymentId::new(), true).await.status, 404);
    let path = format!("/api/payment/challenge/{payment}");
    assert_eq!(app.client().post(&path, &json!({ "approve": true })).await.status, 401);
    assert_eq!(buyer.client.post(&path, &json!({})).await.status, 422);
    assert_eq!(buyer.client.post(&path, &json!({ "approve": "yes" })).await.bad_fields(), ["/approve"]);
    assert_eq!(app.charges().await, 0);

    let (other, order) = app.buyer_with_order();
    let paid: Processed = other.pay(order, SUCCEEDS).await.parse();
    let answer = decide(&other, paid.payment_id, false).await;
    assert_eq!((answer.status, &answer.body["type"]), (409, &json!("/problems/wrong-state")));
}

#[tokio::test]
async fn a_payment_that_nobody_approves_in_time_is_cancelled() {
    let clock = Clock::fixed(Timestamp::now());
    let app = TestApp::start_with(clock.clone(), |provider| provider).await;
    let (buyer, order) = app.buyer_with_order();
    let payment = asked(&buyer, order).await.payment_id;
    clock.advance(SignedDuration::from_secs(299));
    let waits = buyer.status(order).await;
    assert_eq!(waits.body["status"], "processing", "a person needs longer than a machine");
    clock.advance(SignedDuration::from_secs(2));
    buyer.until_status(order, PaymentStatus::Failed).await;
    assert_eq!(app.ticket.order(order).status, OrderStatus::Held);
    assert_eq!(decide(&buyer, payment, true).await.status, 402, "too late");
    assert_eq!(app.charges().await, 0);
}

#[tokio::test]
async fn approval_against_cancellation_is_decided_once() {
    let app = TestApp::start().await;
    let provider = Simulated::of(&app.database().await, Clock::system());
    for attempt in 0..50 {
        let key = AttemptKey { order_id: OrderId::new(), attempt, buyer: UserId::new() };
        let (id, amount) = (provider.intent_name(key).expect("a name"), Money::new(4500, Currency::USD));
        provider.confirm(key, &id, amount, &PaymentSource::Paypal).await.expect("an answer");
        let change = bson::doc! { "$set": { "status": "requires_action", "transactionId": null } };
        app.intents().await.update_one(bson::doc! { "_id": &id }, change).await.expect("an update");
        let (approved, cancelled) = tokio::join!(provider.challenge(&id, true), provider.cancel(key, &id));
        let (approved, cancelled) = (approved.expect("an answer"), cancelled.expect("an answer"));
        assert_eq!(approved, cancelled);
        assert!(matches!(approved.status, IntentStatus::Succeeded | IntentStatus::Cancelled));
        let late = provider.confirm(key, &id, amount, &PaymentSource::Paypal).await.expect("an answer");
        assert_eq!(late, approved);
    }
}

#[tokio::test]
async fn a_slow_card_is_processing_and_then_paid_by_itself() {
    let clock = Clock::fixed(Timestamp::now());
    let app = TestApp::start_with(clock.clone(), |provider| provider).await;
    let (buyer, order) = app.buyer_with_order();
    let answer = buyer.pay(order, SLOW).await;
    assert_eq!((answer.status, &answer.body["payment"]["status"]), (202, &json!("processing")));
    assert_eq!(app.charges().await, 0);
    clock.advance(SignedDuration::from_secs(5));
    buyer.until_status(order, PaymentStatus::Completed).await;
    assert_eq!(app.ticket.order(order).status, OrderStatus::Confirmed);
}

#[tokio::test]
async fn a_slow_card_is_not_given_up_while_the_provider_is_at_work() {
    let clock = Clock::fixed(Timestamp::now());
    let app = TestApp::start_with(clock.clone(), |provider| provider).await;
    let (buyer, order) = app.buyer_with_order();
    assert_eq!(buyer.pay(order, SLOW).await.status, 202);
    let later = bson::doc! { "$set": { "capturesAt": bson::DateTime::MAX } };
    app.intents().await.update_many(bson::doc! {}, later).await.expect("an update");
    clock.advance(SignedDuration::from_secs(60));
    crate::support::until("it is given up", async || app.states(order).await == ["voiding"]).await;
    assert_eq!(app.ticket.order(order).status, OrderStatus::Paying, "the money may still move");
    let now = bson::doc! { "$set": { "capturesAt": bson::DateTime::from_millis(0) } };
    app.intents().await.update_many(bson::doc! {}, now).await.expect("an update");
    clock.advance(SignedDuration::from_secs(60));
    buyer.until_status(order, PaymentStatus::Completed).await;
    assert_eq!(app.charges().await, 1);
}

#[tokio::test]
async fn a_card_that_loses_the_answer_is_charged_once() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    let answer = buyer.pay(order, LOSES_ANSWER).await;
    assert_eq!((answer.status, &answer.body["success"]), (200, &json!(true)));
    assert_eq!(app.ticket.order(order).status, OrderStatus::Confirmed);
    assert_eq!(app.charges().await, 1);
}
