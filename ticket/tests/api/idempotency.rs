//! A request sent again is answered as the first time.

use futures::future::join_all;
use serde_json::Value;
use shared::{
    OrderId,
    testing::{Answer, TestClient},
    ticket::Order,
};

use crate::{World, advance, one, order_path, problem, request};

async fn book_under(buyer: &TestClient, key: &str, body: &Value) -> Answer {
    buyer.clone().with("idempotency-key", key).post("/api/tickets/book", body).await
}

fn order(answer: &Answer) -> OrderId {
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.parse::<Order>().id
}

#[tokio::test]
async fn the_same_key_and_body_give_the_same_order() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 1)]);
    let (ada, body) = (world.buyer(&service), request(event, &[("Seat", 1)], 4500));
    let first = order(&book_under(&ada, "one", &body).await);
    // Sold out by now, and told the same all the same.
    assert_eq!(order(&book_under(&ada, "one", &body).await), first);
    assert_eq!(problem(&book_under(&ada, "two", &body).await), (409, "/problems/sold-out"));
    advance(&service, first, "paying", 1).await;
    assert_eq!(order(&book_under(&ada, "one", &body).await), first);
    world.audit().await.balances_at(1);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let ada = world.buyer(&service);
    order(&book_under(&ada, "one", &request(event, &[("Seat", 1)], 4500)).await);
    let other = book_under(&ada, "one", &request(event, &[("Seat", 2)], 9000)).await;
    assert_eq!(problem(&other), (422, "/problems/key-reused"));
    world.audit().await.balances_at(1);
}

#[tokio::test]
async fn a_key_is_its_users_own() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let body = request(event, &[("Seat", 1)], 4500);
    let (ada, eve) = (world.buyer(&service), world.buyer(&service));
    let mine = order(&book_under(&ada, "one", &body).await);
    assert_ne!(order(&book_under(&eve, "one", &body).await), mine);
}

#[tokio::test]
async fn a_refused_booking_may_be_tried_again_under_its_key() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 1)]);
    let (ada, eve, body) = (world.buyer(&service), world.buyer(&service), request(event, &[("Seat", 1)], 4500));
    let first = order(&book_under(&eve, "one", &body).await);
    assert_eq!(book_under(&ada, "one", &body).await.status, 409);
    eve.post_empty(&format!("{}/cancel", order_path(first))).await;
    order(&book_under(&ada, "one", &body).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_at_once_under_one_key_make_one_order() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 4500, 50)]);
    let replicas = [world.replica().await, world.replica().await];
    let (ada, body) = (world.buyer(&replicas[0]), request(event, &[("Seat", 1)], 4500));
    for round in ["a", "b", "c"] {
        let clients = (0..16).map(|n| ada.clone().to(&replicas[n % 2]));
        let answers = join_all(clients.map(|client| async move { book_under(&client, round, &body_of(event)).await }));
        let orders: Vec<OrderId> = answers.await.iter().map(order).collect();
        assert!(orders.iter().all(|id| *id == orders[0]), "{orders:?}");
    }
    assert_eq!(order(&book_under(&ada, "a", &body).await), order(&book_under(&ada, "a", &body).await));
    let audit = world.audit().await;
    audit.balances_at(3);
    assert_eq!(audit.orders, 3);
}

fn body_of(event: shared::EventId) -> Value {
    request(event, &[("Seat", 1)], 4500)
}

/// One of two such requests meets the other's key at the index: its batch is decided again, and nobody else in it is
/// any the worse.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_used_for_two_events_at_once_fails_only_one_request() {
    let (world, service) = one().await;
    let events: Vec<_> = (0..8).map(|_| world.events.publish(&[("Seat", 4500, 200)])).collect();
    for event in &events {
        crate::availability(&service, *event).await;
    }
    let ada = world.buyer(&service);
    let mut orders = 0;
    for round in 0..5 {
        let key = format!("key {round}");
        let clashing = join_all(events.iter().map(|event| {
            let (ada, key, body) = (ada.clone(), key.clone(), body_of(*event));
            async move { book_under(&ada, &key, &body).await }
        }));
        let neighbours = join_all(events.iter().map(|event| {
            let (eve, body) = (world.buyer(&service), body_of(*event));
            async move { book_under(&eve, "own", &body).await }
        }));
        let (clashing, neighbours) = futures::future::join(clashing, neighbours).await;
        assert!(neighbours.iter().all(|answer| answer.status == 201), "{neighbours:?}");
        let made = clashing.iter().filter(|answer| answer.status == 201).count();
        let refused = clashing.iter().filter(|answer| problem(answer) == (422, "/problems/key-reused")).count();
        assert_eq!((made, refused), (1, 7), "{clashing:?}");
        orders += 9;
    }
    world.audit().await.balances_at(orders);
}
