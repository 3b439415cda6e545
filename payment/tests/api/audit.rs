//! The provider's books against ours.

use bson::{Bson, doc};
use shared::{payment::PaymentStatus, ticket::OrderStatus};

use crate::support::{DECLINED, SUCCEEDS, TestApp, first_intent, ticket::Trouble, until};

async fn audit(app: &TestApp) -> Vec<String> {
    payment::audit(app.config.clone(), app.clock.clone()).await.expect("an audit")
}

#[tokio::test]
async fn the_books_agree_whatever_became_of_a_payment() {
    let app = TestApp::start().await;
    assert!(audit(&app).await.is_empty());
    let (buyer, refunded) = app.buyer_with_order();
    assert_eq!(buyer.pay(refunded, SUCCEEDS).await.status, 200);
    app.ticket.wants_refund(refunded);
    buyer.until_status(refunded, PaymentStatus::Refunded).await;
    for (number, status) in [(SUCCEEDS, 200), (DECLINED, 402), ("4000 0025 0000 3155", 202)] {
        let (buyer, order) = app.buyer_with_order();
        assert_eq!(buyer.pay(order, number).await.status, status);
    }
    let (buyer, lapsed) = app.buyer_with_order();
    app.ticket.set(lapsed, OrderStatus::Expired, 0);
    assert_eq!(buyer.pay(lapsed, SUCCEEDS).await.status, 409);
    let (buyer, undecided) = app.buyer_with_order();
    app.ticket.trouble_with(Trouble::Down, OrderStatus::Confirmed);
    assert_eq!(buyer.pay(undecided, SUCCEEDS).await.status, 202);
    assert_eq!(audit(&app).await, Vec::<String>::new());
}

#[tokio::test]
async fn every_difference_is_found_and_named() {
    let app = TestApp::start().await;
    let mut orders = Vec::new();
    for number in [SUCCEEDS, SUCCEEDS, SUCCEEDS, DECLINED] {
        let (buyer, order) = app.buyer_with_order();
        buyer.pay(order, number).await;
        orders.push(order);
    }
    let (intents, payments) = (app.intents().await, app.payments().await);
    let money = doc! { "amount": 9000_i64, "currency": "USD" };
    for (order, change) in orders.iter().zip([
        doc! { "status": "requires_payment_method" },
        doc! { "refunded": &money },
        doc! {},
        doc! { "status": "succeeded" },
    ]) {
        if !change.is_empty() {
            intents.update_one(first_intent(*order), doc! { "$set": change }).await.expect("an update");
        }
    }
    // A payment that is gone from our books, as after a restored backup.
    payments.delete_one(doc! { "orderId": orders[2] }).await.expect("a deletion");
    let found = audit(&app).await;
    assert_eq!(found.len(), 4, "{found:?}");
    let line = |order: usize| {
        let intent = format!("sim_{}:1", orders[order]);
        found.iter().find(|line| line.contains(&intent)).expect("a line").clone()
    };
    assert!(line(0).contains("over 9000 is completed; the provider took 0 and gave back 0"), "{found:?}");
    assert!(line(1).contains("is completed; the provider took 9000 and gave back 9000"), "{found:?}");
    assert!(line(2).contains("no payment is known; the provider took 9000"), "{found:?}");
    assert!(line(3).contains("is voided; the provider took 9000"), "{found:?}");
}

#[tokio::test]
async fn more_payments_than_one_page_are_compared() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    assert_eq!(buyer.pay(order, SUCCEEDS).await.status, 200);
    let (payments, intents) = (app.payments().await, app.intents().await);
    let payment = payments.find_one(doc! {}).await.expect("a query").expect("a payment");
    let intent = intents.find_one(doc! {}).await.expect("a query").expect("an intent");
    let (mut more, mut held) = (Vec::new(), Vec::new());
    let later = bson::DateTime::from(jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1));
    for number in 0..500 {
        let order = shared::OrderId::new();
        let (mut payment, mut intent) = (payment.clone(), intent.clone());
        let id = format!("sim_{order}:1");
        payment.insert("_id", shared::PaymentId::new());
        payment.insert("orderId", order);
        payment.insert("providerIntent", &id);
        // Every other one is not settled.
        if number % 2 == 0 {
            payment.extend(doc! { "state": "captured", "nextAttemptAt": later });
        }
        intent.insert("_id", id);
        more.push(payment);
        held.push(intent);
    }
    payments.insert_many(more).await.expect("payments");
    intents.insert_many(held).await.expect("intents");
    assert!(audit(&app).await.is_empty());
    intents
        .update_many(doc! {}, doc! { "$set": { "refunded": Bson::Null, "status": "cancelled" } })
        .await
        .expect("all");
    assert_eq!(audit(&app).await.len(), 501);
}

#[tokio::test]
async fn a_payment_under_way_is_no_difference() {
    let app = TestApp::start().await;
    let stop = std::sync::atomic::AtomicBool::new(false);
    let paying = async {
        for _ in 0..15 {
            let (buyer, order) = app.buyer_with_order();
            assert_eq!(buyer.pay(order, SUCCEEDS).await.status, 200);
            app.ticket.wants_refund(order);
            buyer.until_status(order, PaymentStatus::Refunded).await;
        }
        stop.store(true, std::sync::atomic::Ordering::SeqCst);
    };
    let auditing = until("all is paid", async || {
        assert_eq!(audit(&app).await, Vec::<String>::new());
        stop.load(std::sync::atomic::Ordering::SeqCst)
    });
    tokio::join!(paying, auditing);
}

#[tokio::test]
async fn books_that_cannot_be_read_are_not_called_equal() {
    let app = TestApp::start().await;
    let mut config = app.config.clone();
    config.common.mongodb_uri = "mongodb://127.0.0.1:1/payment_db".into();
    assert!(payment::audit(config, app.clock.clone()).await.is_err());
}
