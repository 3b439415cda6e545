//! Neighbours that are away, and lost answers.

use std::sync::{Arc, atomic::Ordering};

use bson::doc;
use payment::{
    IntentStatus, PaymentSource,
    provider::{AttemptKey, PaymentProvider, Simulated},
};
use serde_json::json;
use shared::{
    Currency, Money, Timestamp,
    payment::{Payment, PaymentStatus},
    server::Clock,
    ticket::OrderStatus,
};

use crate::support::{
    DECLINED, SUCCEEDS, TestApp, by_card,
    provider::{BehindLine, Line},
    ticket::{REFERENCE, Trouble},
    until,
};

#[tokio::test]
async fn nobody_pays_while_auth_is_away() {
    let mut app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    app.stop().await;
    app.config.auth_url = "http://127.0.0.1:1".into();
    app.resume().await;
    let client = app.client().cookie(buyer.cookie());
    let answer = client.post("/api/payment/process", &by_card(order, SUCCEEDS)).await;
    assert_eq!((answer.status, &answer.body["type"]), (503, &json!("/problems/unavailable")));
    assert_eq!(client.get("/api/payment/history").await.status, 503);
    assert!(app.states(order).await.is_empty());
}

#[tokio::test]
async fn while_ticket_is_away_nothing_is_charged_and_the_order_is_not_left_paying() {
    for trouble in [Trouble::Down, Trouble::Deaf, Trouble::Mute] {
        let app = TestApp::start().await;
        let (buyer, order) = app.buyer_with_order();
        app.ticket.trouble(trouble);
        let keyed = buyer.client.clone().with("idempotency-key", "a-key");
        let answer = keyed.post("/api/payment/process", &by_card(order, SUCCEEDS)).await;
        assert_eq!((answer.status, &answer.body["type"]), (503, &json!("/problems/unavailable")), "{trouble:?}");
        let again = keyed.post("/api/payment/process", &by_card(order, SUCCEEDS)).await;
        assert_eq!((again.status, &again.body["type"]), (409, &json!("/problems/still-running")));

        app.ticket.recover();
        buyer.until_status(order, PaymentStatus::Failed).await;
        let held = app.ticket.order(order);
        // The attempt is used up, so that a late request to pin it comes to nothing.
        assert_eq!((held.status, held.attempt), (OrderStatus::Held, 1), "{trouble:?}");
        assert_eq!(app.charges().await, 0);
        assert_eq!(buyer.pay(order, SUCCEEDS).await.status, 200);
        assert_eq!(app.states(order).await, ["voided", "completed"]);
    }
}

#[tokio::test]
async fn money_taken_while_ticket_was_away_gets_its_tickets() {
    for trouble in [Trouble::Down, Trouble::Deaf, Trouble::Mute] {
        let app = TestApp::start().await;
        let (buyer, order) = app.buyer_with_order();
        app.ticket.trouble_with(trouble, OrderStatus::Confirmed);
        let answer = buyer.pay(order, SUCCEEDS).await;
        assert_eq!((answer.status, &answer.body["success"]), (202, &json!(false)), "{trouble:?}");
        let status = buyer.status(order).await;
        assert_eq!(
            (&status.body["status"], &status.body["bookingReference"]),
            (&json!("processing"), &json!(REFERENCE))
        );
        assert_eq!(app.charges().await, 1);

        app.ticket.recover();
        buyer.until_status(order, PaymentStatus::Completed).await;
        assert_eq!(app.ticket.order(order).status, OrderStatus::Confirmed);
        assert_eq!(app.charges().await, 1);
        assert!(app.ticket.heard(order, OrderStatus::Confirmed) >= 2);
    }
}

#[tokio::test]
async fn a_declined_payment_has_not_failed_before_its_order_is_free() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    app.ticket.trouble_with(Trouble::Down, OrderStatus::Held);
    let answer = buyer.pay(order, DECLINED).await;
    assert_eq!((answer.status, &answer.body["payment"]["status"]), (202, &json!("processing")));
    app.ticket.recover();
    buyer.until_status(order, PaymentStatus::Failed).await;
    assert_eq!(app.ticket.order(order).status, OrderStatus::Held);
    let failed: Payment = buyer.status(order).await.parse();
    assert_eq!(failed.failure_reason.as_deref(), Some("Your card was declined."));
}

#[tokio::test]
async fn a_ticket_service_that_counts_differently_is_followed() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    app.ticket.set(order, OrderStatus::Held, 3);
    let answer = buyer.pay(order, SUCCEEDS).await;
    assert_eq!((answer.status, &answer.body["payment"]["attempt"]), (200, &json!(4)));
}

#[tokio::test]
async fn an_answer_lost_after_the_money_moved_is_found_out() {
    let line = Line::default();
    let behind = line.clone();
    let app = TestApp::start_with(Clock::system(), |provider| Arc::new(BehindLine { provider, line: behind })).await;
    let (buyer, order) = app.buyer_with_order();
    line.loses_answers.store(true, Ordering::SeqCst);
    let answer = buyer.pay(order, SUCCEEDS).await;
    assert_eq!((answer.status, &answer.body["payment"]["status"]), (202, &json!("processing")));
    assert_eq!(app.charges().await, 1);
    assert_eq!(app.ticket.order(order).status, OrderStatus::Paying);

    line.loses_answers.store(false, Ordering::SeqCst);
    buyer.until_status(order, PaymentStatus::Completed).await;
    assert_eq!(app.ticket.order(order).status, OrderStatus::Confirmed);
    assert_eq!(app.charges().await, 1);
}

#[tokio::test]
async fn while_the_provider_takes_its_time_to_begin_the_buyer_is_told_how_it_stands() {
    let line = Line::default();
    let behind = line.clone();
    let app = TestApp::start_with(Clock::system(), |provider| Arc::new(BehindLine { provider, line: behind })).await;
    let (buyer, order) = app.buyer_with_order();
    line.holds_intents.store(true, Ordering::SeqCst);
    let request = by_card(order, SUCCEEDS);
    let paying = buyer.client.post("/api/payment/process", &request);
    tokio::select! {
        answer = paying => panic!("answered {}", answer.status),
        () = until("the buyer is told what is being paid", async || {
            let told = buyer.status(order).await;
            told.status == 200 && told.body["status"] == "pending" && told.body["amount"]["amount"] == 9000
        }) => (),
    }
    assert_eq!(app.states(order).await, ["pinned"]);

    line.go_on.notify_one();
    buyer.until_status(order, PaymentStatus::Completed).await;
    assert_eq!(app.ticket.order(order).status, OrderStatus::Confirmed);
    assert_eq!(app.charges().await, 1);
}

#[tokio::test]
async fn a_confirmation_that_never_arrived_is_cancelled_after_the_deadline_and_cannot_arrive_later() {
    let (line, clock) = (Line::default(), Clock::fixed(Timestamp::now()));
    let behind = line.clone();
    let app = TestApp::start_with(clock.clone(), |provider| Arc::new(BehindLine { provider, line: behind })).await;
    let (buyer, order) = app.buyer_with_order();
    line.loses_confirmations.store(true, Ordering::SeqCst);
    let answer = buyer.pay(order, SUCCEEDS).await;
    assert_eq!((answer.status, &answer.body["payment"]["status"]), (202, &json!("processing")));

    // The resolver finds that nothing was taken, and gives the buyer's request time.
    clock.advance(jiff::SignedDuration::from_secs(10));
    let payments = app.payments().await;
    let looked = doc! { "state": "confirming", "tries": { "$gte": 2 } };
    until("the resolver has looked", async || payments.count_documents(looked.clone()).await.expect("a count") == 1)
        .await;
    assert_eq!(app.ticket.order(order).status, OrderStatus::Paying);

    clock.advance(jiff::SignedDuration::from_secs(15));
    buyer.until_status(order, PaymentStatus::Failed).await;
    assert_eq!(app.ticket.order(order).status, OrderStatus::Held);
    let provider = Simulated::of(&app.database().await, clock);
    let key = AttemptKey { order_id: order, attempt: 1, buyer: buyer.user.id };
    let late = provider
        .confirm(
            key,
            &provider.intent_name(key).expect("a name"),
            Money::new(9000, Currency::USD),
            &PaymentSource::Paypal,
        )
        .await
        .expect("an answer");
    assert_eq!(late.status, IntentStatus::Cancelled);
    assert_eq!(app.charges().await, 0);
}

#[tokio::test]
async fn a_buyer_who_goes_away_has_paid_or_not_but_nothing_between() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    app.ticket.trouble_with(Trouble::Deaf, OrderStatus::Confirmed);
    let request = by_card(order, SUCCEEDS);
    let paying = buyer.client.post("/api/payment/process", &request);
    // Gone as soon as ticket was asked: the request is dropped with everything that waited for it.
    tokio::select! {
        answer = paying => panic!("answered {}", answer.status),
        () = until("ticket is asked", async || app.ticket.heard(order, OrderStatus::Paying) > 0) => (),
    }
    app.ticket.recover();
    buyer.until_status(order, PaymentStatus::Completed).await;
    assert_eq!(app.charges().await, 1);
}
