//! A request sent again is answered as the first time.

use futures::future::join_all;
use serde_json::Value;
use shared::{
    OrderId,
    auth::Role,
    testing::{Answer, TestClient},
    ticket::{Order, OrderStatus},
};

use crate::{World, advance, one, order_path, problem, request};

async fn book_under(buyer: &TestClient, key: &str, body: &Value) -> Answer {
    buyer.clone().with("idempotency-key", key).post("/api/tickets/book", body).await
}

/// Both kinds of keys: any word, and a UUIDv7, which goes into the order's id.
const KINDS: [fn(&str) -> String; 2] = [str::to_owned, told];

fn told(word: &str) -> String {
    let mut rest = [0; 10];
    rest[..word.len()].copy_from_slice(word.as_bytes());
    uuid::Builder::from_unix_timestamp_millis(1_795_000_000_000, &rest).into_uuid().to_string()
}

fn order(answer: &Answer) -> OrderId {
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.parse::<Order>().id
}

#[tokio::test]
async fn the_same_key_and_body_give_the_same_order() {
    let (world, service) = one().await;
    for key in KINDS {
        let event = world.events.publish(&[("Seat", 4500, 1)]);
        let (ada, body) = (world.buyer(&service), request(event, &[("Seat", 1)], 4500));
        let first = order(&book_under(&ada, &key("one"), &body).await);
        // Sold out by now, and told the same all the same.
        assert_eq!(order(&book_under(&ada, &key("one"), &body).await), first);
        assert_eq!(problem(&book_under(&ada, &key("two"), &body).await), (409, "/problems/sold-out"));
        advance(&service, first, "paying", 1).await;
        assert_eq!(order(&book_under(&ada, &key("one"), &body).await), first);
    }
    world.audit().await.balances_at(2);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let ada = world.buyer(&service);
    for key in KINDS.map(|key| key("one")) {
        order(&book_under(&ada, &key, &request(event, &[("Seat", 1)], 4500)).await);
        let other = book_under(&ada, &key, &request(event, &[("Seat", 2)], 9000)).await;
        assert_eq!(problem(&other), (422, "/problems/key-reused"));
    }
    world.audit().await.balances_at(2);
}

#[tokio::test]
async fn a_key_is_its_users_own() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let body = request(event, &[("Seat", 1)], 4500);
    let (ada, eve) = (world.buyer(&service), world.buyer(&service));
    for key in KINDS.map(|key| key("one")) {
        let mine = order(&book_under(&ada, &key, &body).await);
        assert_ne!(order(&book_under(&eve, &key, &body).await), mine);
    }
}

#[tokio::test]
async fn a_refused_booking_may_be_tried_again_under_its_key() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 1)]);
    let (ada, eve, body) = (world.buyer(&service), world.buyer(&service), request(event, &[("Seat", 1)], 4500));
    for key in KINDS.map(|key| key("one")) {
        let first = order(&book_under(&eve, &key, &body).await);
        assert_eq!(book_under(&ada, &key, &body).await.status, 409);
        eve.post_empty(&format!("{}/cancel", order_path(first))).await;
        let second = order(&book_under(&ada, &key, &body).await);
        ada.post_empty(&format!("{}/cancel", order_path(second))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_at_once_under_one_key_make_one_order() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 4500, 50)]);
    let replicas = [world.replica().await, world.replica().await];
    let (ada, body) = (world.buyer(&replicas[0]), request(event, &[("Seat", 1)], 4500));
    for key in ["a", "b", &told("a"), &told("b")] {
        let clients = (0..16).map(|n| ada.clone().to(&replicas[n % 2]));
        let answers = join_all(clients.map(|client| async move { book_under(&client, key, &body_of(event)).await }));
        let orders: Vec<OrderId> = answers.await.iter().map(order).collect();
        assert!(orders.iter().all(|id| *id == orders[0]), "{orders:?}");
    }
    assert_eq!(order(&book_under(&ada, "a", &body).await), order(&book_under(&ada, "a", &body).await));
    let audit = world.audit().await;
    audit.balances_at(4);
    assert_eq!(audit.orders, 4);
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
    for round in 0..6 {
        let key = KINDS[round % 2](&format!("key {round}"));
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

async fn undo_under(who: &TestClient, key: &str, order: OrderId, verb: &str) -> Answer {
    who.clone().with("idempotency-key", key).post_empty(&format!("{}/{verb}", order_path(order))).await
}

/// A free order is confirmed at once and given back at once; one that costs something is held.
async fn one_of_each(world: &World, buyer: &TestClient) -> (Order, Order) {
    let event = world.events.publish(&[("Seat", 4500, 10), ("Free", 0, 10)]);
    world.events.change(event, |e| e.refund_hours = Some(48));
    let (seat, free) = (request(event, &[("Seat", 1)], 4500), request(event, &[("Free", 1)], 0));
    (book_under(buyer, "seat", &seat).await.parse(), book_under(buyer, &told("free"), &free).await.parse())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_undone_once_however_often_it_is_asked_under_a_key() {
    let world = World::new().await;
    let replicas = [world.replica().await, world.replica().await];
    let ada = world.buyer(&replicas[0]);
    let (seat, free) = one_of_each(&world, &ada).await;
    for (order, verb, status) in [(&seat, "cancel", "cancelled"), (&free, "refund", "refunded")] {
        let clients = (0..16).map(|n| ada.clone().to(&replicas[n % 2]));
        let answers = clients.map(|client| async move { undo_under(&client, verb, order.id, verb).await });
        for answer in join_all(answers).await {
            assert_eq!((answer.status, &answer.body["status"]), (200, &status.into()), "{}", answer.body);
        }
    }
    world.audit().await.balances_at(0);
}

#[tokio::test]
async fn a_key_that_made_an_order_undoes_none() {
    let (world, service) = one().await;
    let (ada, grace) = (world.buyer(&service), service.client().cookie(&world.auth.sign_in(Role::Admin).1));
    let (seat, free) = one_of_each(&world, &ada).await;
    for key in ["seat", &told("free")] {
        for (order, verb) in [(&seat, "cancel"), (&free, "refund")] {
            let refused = undo_under(&ada, key, order.id, verb).await;
            assert_eq!(problem(&refused), (422, "/problems/key-reused"), "{key} {verb}");
        }
    }
    world.audit().await.balances_at(2);
    // Another one's key is another key.
    assert_eq!(undo_under(&grace, &told("free"), free.id, "refund").await.status, 200);
    assert_eq!(undo_under(&ada, "a new one", seat.id, "cancel").await.status, 200);
    world.audit().await.balances_at(0);
}

#[tokio::test]
async fn a_key_under_which_an_order_was_undone_undoes_it_no_other_way() {
    let (world, service) = one().await;
    let ada = world.buyer(&service);
    let (seat, free) = one_of_each(&world, &ada).await;
    for (order, verb, other) in [(&seat, "cancel", "refund"), (&free, "refund", "cancel")] {
        let first = undo_under(&ada, "one", order.id, verb).await;
        assert_eq!(problem(&undo_under(&ada, "one", order.id, other).await), (422, "/problems/key-reused"));
        assert_eq!(problem(&undo_under(&ada, "two", order.id, other).await), (409, "/problems/wrong-state"));
        let again = undo_under(&ada, "one", order.id, verb).await;
        assert_eq!((again.status, &again.body["updatedAt"]), (200, &first.body["updatedAt"]));
    }
    let nobodys = undo_under(&ada, "one", OrderId::new(), "cancel").await;
    assert_eq!(problem(&nobodys), (404, "/problems/not-found"));
}

#[tokio::test]
async fn the_key_of_a_refund_outlives_the_moneys_way_back() {
    let (world, service) = one().await;
    let ada = world.buyer(&service);
    let (seat, _) = one_of_each(&world, &ada).await;
    crate::paying::paid(&service, seat.id).await;
    let status = |answer: Answer| answer.parse::<Order>().status;
    assert_eq!(status(undo_under(&ada, "one", seat.id, "refund").await), OrderStatus::Refunding);
    advance(&service, seat.id, "refunded", 1).await;
    assert_eq!(status(undo_under(&ada, "one", seat.id, "refund").await), OrderStatus::Refunded);
    assert_eq!(problem(&undo_under(&ada, "one", seat.id, "cancel").await), (422, "/problems/key-reused"));
    world.audit().await.balances_at(1);
}

#[tokio::test]
async fn a_key_that_is_none_undoes_nothing() {
    let (world, service) = one().await;
    let ada = world.buyer(&service);
    let (seat, free) = one_of_each(&world, &ada).await;
    for key in ["", &"k".repeat(256)] {
        for (order, verb) in [(&seat, "cancel"), (&free, "refund")] {
            let refused = undo_under(&ada, key, order.id, verb).await;
            assert_eq!(
                (problem(&refused), refused.bad_fields()),
                ((422, "/problems/invalid-input"), vec!["Idempotency-Key"])
            );
        }
    }
    world.audit().await.balances_at(2);
}
