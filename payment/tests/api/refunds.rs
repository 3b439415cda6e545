//! Money that goes back.

use std::sync::{Arc, atomic::Ordering};

use bson::doc;
use futures::future::join_all;
use serde_json::json;
use shared::{
    OrderId,
    payment::{Payment, PaymentStatus},
    server::Clock,
    ticket::OrderStatus,
};

use crate::support::{
    Buyer, SUCCEEDS, TestApp, by_card,
    provider::{BehindLine, Line},
    ticket::Trouble,
    until,
};

async fn paid(app: &TestApp) -> (Buyer, OrderId) {
    let (buyer, order) = app.buyer_with_order();
    assert_eq!(buyer.pay(order, SUCCEEDS).await.status, 200);
    (buyer, order)
}

async fn behind_line() -> (TestApp, Line) {
    let line = Line::default();
    let behind = line.clone();
    let app = TestApp::start_with(Clock::system(), |provider| Arc::new(BehindLine { provider, line: behind })).await;
    (app, line)
}

async fn is_refunded(app: &TestApp, order: OrderId) {
    until("the order is refunded", async || app.ticket.order(order).status == OrderStatus::Refunded).await;
}

#[tokio::test]
async fn an_order_in_refunding_gets_its_money_back_once() {
    let (app, line) = behind_line().await;
    let (buyer, order) = paid(&app).await;
    app.ticket.wants_refund(order);
    buyer.until_status(order, PaymentStatus::Refunded).await;
    is_refunded(&app, order).await;
    until("the payment is settled", async || app.states(order).await == ["refunded"]).await;
    assert_eq!(app.refunded(order).await, Some(9000));
    assert_eq!(line.refunds.load(Ordering::SeqCst), 1);

    // Ticket forgets what it was told, and is told again; no money moves.
    app.ticket.set(order, OrderStatus::Refunding, 1);
    is_refunded(&app, order).await;
    assert_eq!(line.refunds.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_asked_for_again_and_given_once() {
    let (app, line) = behind_line().await;
    let (buyer, order) = paid(&app).await;
    line.loses_refunds.store(true, Ordering::SeqCst);
    app.ticket.wants_refund(order);
    until("it was asked for twice", async || line.refunds.load(Ordering::SeqCst) >= 2).await;
    assert_eq!(buyer.status(order).await.body["status"], "processing", "unknown is not refunded");
    assert_eq!(app.ticket.heard(order, OrderStatus::Refunded), 0);
    line.loses_refunds.store(false, Ordering::SeqCst);
    is_refunded(&app, order).await;
    assert_eq!(app.refunded(order).await, Some(9000));
}

#[tokio::test]
async fn ticket_is_told_of_a_refund_until_it_knows() {
    for trouble in [Trouble::Down, Trouble::Deaf, Trouble::Mute] {
        let (app, line) = behind_line().await;
        let (buyer, order) = paid(&app).await;
        app.ticket.trouble_with(trouble, OrderStatus::Refunded);
        app.ticket.wants_refund(order);
        buyer.until_status(order, PaymentStatus::Refunded).await;
        until("ticket is told", async || app.ticket.heard(order, OrderStatus::Refunded) >= 1).await;
        app.ticket.recover();
        is_refunded(&app, order).await;
        until("the payment is settled", async || app.states(order).await == ["refunded"]).await;
        assert_eq!(line.refunds.load(Ordering::SeqCst), 1, "{trouble:?}");
    }
}

#[tokio::test]
async fn the_orders_of_a_cancelled_event_are_refunded_by_two_replicas_once_each() {
    let (app, line) = behind_line().await;
    let second = Line::default();
    let behind = second.clone();
    let _replica = app.replica_with(|provider| Arc::new(BehindLine { provider, line: behind })).await;
    let orders: Vec<OrderId> =
        join_all((0..30).map(|_| paid(&app))).await.into_iter().map(|(_, order)| order).collect();
    for order in &orders {
        app.ticket.wants_refund(*order);
    }
    for order in &orders {
        is_refunded(&app, *order).await;
        assert_eq!(app.refunded(*order).await, Some(9000));
    }
    let asked = line.refunds.load(Ordering::SeqCst) + second.refunds.load(Ordering::SeqCst);
    assert_eq!(asked, orders.len(), "one replica refunds an order");
}

#[tokio::test]
async fn a_refund_that_did_not_happen_is_never_confirmed() {
    let app = TestApp::start().await;
    let (_, unpaid) = app.buyer_with_order();
    app.ticket.set(unpaid, OrderStatus::Refunding, 1);
    // An attempt that was declined is no payment either.
    let (declined, another) = app.buyer_with_order();
    assert_eq!(declined.pay(another, crate::support::DECLINED).await.status, 402);
    app.ticket.set(another, OrderStatus::Refunding, 1);
    // Later in the list: once it is refunded, the others were looked at.
    let (_, order) = paid(&app).await;
    app.ticket.wants_refund(order);
    is_refunded(&app, order).await;
    for order in [unpaid, another] {
        assert_eq!(app.ticket.order(order).status, OrderStatus::Refunding);
        assert_eq!(app.ticket.heard(order, OrderStatus::Refunded), 0);
    }
}

#[tokio::test]
async fn a_refunded_order_cannot_be_paid_again() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    let keyed = buyer.client.clone().with("idempotency-key", "a-key");
    assert_eq!(keyed.post("/api/payment/process", &by_card(order, SUCCEEDS)).await.status, 200);
    app.ticket.trouble_with(Trouble::Down, OrderStatus::Refunded);
    app.ticket.wants_refund(order);
    buyer.until_status(order, PaymentStatus::Refunded).await;
    let again = buyer.pay(order, SUCCEEDS).await;
    assert_eq!((again.status, &again.body["state"]), (409, &json!("refunding")));
    app.ticket.recover();
    until("the payment is settled", async || app.states(order).await == ["refunded"]).await;
    let again = buyer.pay(order, SUCCEEDS).await;
    assert_eq!((again.status, &again.body["state"]), (409, &json!("refunded")));
    // The request that paid is answered as it was, with what became of it.
    let replayed = keyed.post("/api/payment/process", &by_card(order, SUCCEEDS)).await;
    assert_eq!((replayed.status, &replayed.body["payment"]["status"]), (200, &json!("refunded")));
    assert_eq!(app.charges().await, 1);
}

#[tokio::test]
async fn money_for_an_order_that_ticket_will_not_confirm_goes_back() {
    for lost in [true, false] {
        let app = TestApp::start().await;
        let (buyer, order) = app.buyer_with_order();
        let keyed = buyer.client.clone().with("idempotency-key", "a-key");
        app.ticket.trouble_with(Trouble::Down, OrderStatus::Confirmed);
        assert_eq!(keyed.post("/api/payment/process", &by_card(order, SUCCEEDS)).await.status, 202);
        assert_eq!(app.charges().await, 1);
        if lost {
            app.ticket.lose(order);
        } else {
            app.ticket.set(order, OrderStatus::Held, 1);
        }
        app.ticket.recover();
        until("the payment is settled", async || app.states(order).await == ["refunded"]).await;
        assert_eq!(app.refunded(order).await, Some(9000));
        assert_eq!(app.ticket.heard(order, OrderStatus::Refunded), 0, "ticket has nothing to be told");
        let payment: Payment = buyer.status(order).await.parse();
        assert_eq!(payment.status, PaymentStatus::Refunded);
        assert!(payment.failure_reason.is_some_and(|reason| reason.contains("given back")));
        let replayed = keyed.post("/api/payment/process", &by_card(order, SUCCEEDS)).await;
        assert_eq!((replayed.status, &replayed.body["type"]), (409, &json!("/problems/wrong-state")));
        if !lost {
            assert_eq!(buyer.pay(order, SUCCEEDS).await.status, 200, "the order that is held can be paid again");
            assert_eq!(app.states(order).await, ["refunded", "completed"]);
        }
    }
}

#[tokio::test]
async fn while_ticket_does_not_answer_refunds_wait() {
    let app = TestApp::start().await;
    let (_, order) = paid(&app).await;
    app.ticket.trouble(Trouble::Down);
    app.ticket.wants_refund(order);
    let looked = app.ticket.lists();
    until("the list was asked for", async || app.ticket.lists() > looked).await;
    assert_eq!(app.states(order).await, ["completed"]);
    app.ticket.recover();
    is_refunded(&app, order).await;
    let open = doc! { "refunded": null };
    assert_eq!(app.intents().await.count_documents(open).await.expect("a count"), 0);
}
