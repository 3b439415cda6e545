//! Many at once.

use std::sync::{Arc, atomic::Ordering};

use futures::future::join_all;
use payment::provider::PaymentProvider;
use serde_json::json;
use shared::{ProblemType, server::Clock, ticket::OrderStatus};

use crate::support::{
    DECLINED, SUCCEEDS, TestApp, by_card,
    provider::{BehindLine, Line},
};

#[tokio::test]
async fn ten_payments_at_once_charge_once() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    let answers = join_all((0..10).map(|_| buyer.pay(order, SUCCEEDS))).await;
    let paid = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 409).count();
    assert_eq!((paid, refused), (1, 9));
    assert_eq!(app.charges().await, 1);
    assert_eq!(app.intents().await.estimated_document_count().await.expect("a count"), 1);
    assert_eq!(app.ticket.order(order).status, OrderStatus::Confirmed);
}

#[tokio::test]
async fn ten_payments_at_once_on_two_replicas_charge_once() {
    let app = TestApp::start().await;
    let second = app.replica().await;
    let (buyer, order) = app.buyer_with_order();
    let there = second.client().cookie(buyer.cookie());
    let request = by_card(order, SUCCEEDS);
    let answers = join_all((0..10).map(|i| {
        let client = if i % 2 == 0 { &buyer.client } else { &there };
        client.post("/api/payment/process", &request)
    }))
    .await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(app.charges().await, 1);
}

#[tokio::test]
async fn good_and_bad_cards_at_once_charge_once() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    let cards = (0..12).map(|i| if i % 3 == 0 { SUCCEEDS } else { DECLINED });
    let answers = join_all(cards.map(|number| buyer.pay(order, number))).await;
    for answer in &answers {
        assert!(matches!(answer.status, 200 | 402 | 409), "{}", answer.body);
    }
    let paid = answers.iter().filter(|answer| answer.status == 200).count() as u64;
    assert_eq!(app.charges().await, paid);
    assert!(paid <= 1);
    let finally = buyer.pay(order, SUCCEEDS).await;
    assert_eq!(finally.status, if paid == 1 { 409 } else { 200 });
    assert_eq!(app.charges().await, 1);
}

#[tokio::test]
async fn the_payments_of_many_orders_do_not_mix() {
    let app = TestApp::start().await;
    let buyers: Vec<_> = (0..20).map(|_| app.buyer_with_order()).collect();
    let answers = join_all(buyers.iter().map(|(buyer, order)| buyer.pay(*order, SUCCEEDS))).await;
    for ((_, order), answer) in buyers.iter().zip(&answers) {
        assert_eq!((answer.status, &answer.body["payment"]["orderId"]), (200, &json!(order)));
        assert_eq!(app.ticket.order(*order).status, OrderStatus::Confirmed);
    }
    assert_eq!(app.charges().await, 20);
    let groups = app.ticket.groups();
    assert!(groups.iter().any(|orders| *orders > 1), "ticket was asked for each by itself");
}

#[tokio::test]
async fn a_ticket_service_that_takes_no_such_groups_is_asked_one_by_one() {
    let app = TestApp::start().await;
    for (round, refusal) in (1..).zip([ProblemType::MethodNotAllowed, ProblemType::InvalidInput]) {
        app.ticket.refuses_groups(refusal);
        let asked_before = app.ticket.groups().len();
        let buyers: Vec<_> = (0..20).map(|_| app.buyer_with_order()).collect();
        let answers = join_all(buyers.iter().map(|(buyer, order)| buyer.pay(*order, SUCCEEDS))).await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{refusal:?}");
        assert!(app.ticket.groups().len() > asked_before, "it was asked for several first");
        assert_eq!(app.charges().await, 20 * round);
    }
}

/// Of other providers, whose names for intents are not known before they have told them.
#[tokio::test]
async fn payments_of_a_provider_that_names_intents_itself_do_not_mix_and_are_paid_once() {
    let line = Line::default();
    line.hides_names.store(true, Ordering::SeqCst);
    let wrap = |provider| Arc::new(BehindLine { provider, line }) as Arc<dyn PaymentProvider>;
    let app = TestApp::start_with(Clock::system(), wrap).await;
    let buyers: Vec<_> = (0..20).map(|_| app.buyer_with_order()).collect();
    let cards = [SUCCEEDS, DECLINED];
    let answers = join_all(buyers.iter().zip(cards.iter().cycle()).map(|((b, order), card)| b.pay(*order, card))).await;
    for ((_, order), answer) in buyers.iter().zip(&answers) {
        let confirmed = app.ticket.order(*order).status == OrderStatus::Confirmed;
        assert_eq!(answer.status, if confirmed { 200 } else { 402 });
    }
    assert_eq!(app.charges().await, 10);
}

/// The negative control: what keeps the payments apart is the index, and nothing before it.
#[tokio::test]
async fn without_its_indexes_an_order_gets_several_attempts_at_once() {
    let app = TestApp::start().await;
    assert_eq!(app.client().get("/ready").await.status, 200, "the indexes are there");
    app.payments().await.drop_indexes().await.expect("no indexes");
    for _ in 0..50 {
        let (buyer, order) = app.buyer_with_order();
        join_all((0..10).map(|_| buyer.pay(order, SUCCEEDS))).await;
        if app.states(order).await.len() > 1 {
            return;
        }
    }
    panic!("ten payments at once were kept apart without the indexes: the test of the race shows nothing");
}
