//! Holds whose time is over.

use futures::future::join_all;
use shared::{
    testing::{TestClient, TestService},
    ticket::{Order, OrderStatus},
};

use crate::{World, advance, book, eventually, held, one, order_path, problem, status_of};

async fn has_expired(buyer: &TestClient, order: &Order) -> bool {
    status_of(buyer, order.id).await == OrderStatus::Expired
}

async fn pay(service: &TestService, order: &Order) {
    assert_eq!(advance(service, order.id, "paying", 1).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_release_expired_seats_exactly_once() {
    let world = World::new().await;
    let event = world.events.publish(&[("Floor", 4500, 100), ("Box", 9000, 100)]);
    let replicas = [world.replica().await, world.replica().await];
    let ada = world.buyer(&replicas[0]);
    let orders = join_all((0..30).map(|_| held(&ada, event, &[("Floor", 1), ("Box", 2)], 22_500))).await;
    // These stay, so that seats released twice would show.
    join_all(orders[..10].iter().map(|order| pay(&replicas[1], order))).await;
    world.audit().await.balances_at(90);

    world.advance(599);
    assert_eq!(status_of(&ada, orders[20].id).await, OrderStatus::Held);
    world.advance(1);
    for order in &orders[10..] {
        eventually("the order has expired", async || has_expired(&ada, order).await).await;
    }
    world.audit().await.balances_at(30);
}

#[tokio::test]
async fn expired_seats_can_be_booked_again() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 1)]);
    let (ada, eve) = (world.buyer(&service), world.buyer(&service));
    let order = held(&ada, event, &[("Seat", 1)], 4500).await;
    assert_eq!(problem(&book(&eve, event, &[("Seat", 1)], 4500).await), (409, "/problems/sold-out"));
    world.advance(601);
    eventually("the order has expired", async || has_expired(&ada, &order).await).await;
    held(&eve, event, &[("Seat", 1)], 4500).await;
    let late = advance(&service, order.id, "paying", 1).await;
    assert_eq!((problem(&late), &late.body["state"]), ((409, "/problems/wrong-state"), &"expired".into()));
    let cancel = ada.post_empty(&format!("{}/cancel", order_path(order.id))).await;
    assert_eq!(problem(&cancel), (409, "/problems/wrong-state"));
    world.audit().await.balances_at(1);
}

#[tokio::test]
async fn paying_pins_the_seats_however_long_it_takes() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let ada = world.buyer(&service);
    let (pinned, left) = (held(&ada, event, &[("Seat", 1)], 4500).await, held(&ada, event, &[("Seat", 1)], 4500).await);
    pay(&service, &pinned).await;
    world.advance(24 * 3600);
    // Once the other one has expired, the worker has been by.
    eventually("the other order has expired", async || has_expired(&ada, &left).await).await;
    assert_eq!(status_of(&ada, pinned.id).await, OrderStatus::Paying);
    assert_eq!(advance(&service, pinned.id, "confirmed", 1).await.status, 200);
    world.audit().await.balances_at(1);
}

#[tokio::test]
async fn a_voided_order_expires_when_its_new_time_is_over() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 1)], 4500).await;
    pay(&service, &order).await;
    world.advance(3600);
    assert_eq!(advance(&service, order.id, "held", 1).await.status, 200);
    world.advance(119);
    assert_eq!(status_of(&ada, order.id).await, OrderStatus::Held);
    world.advance(1);
    eventually("the order has expired", async || has_expired(&ada, &order).await).await;
    world.audit().await.balances_at(0);
}

#[tokio::test]
async fn a_hold_is_as_long_as_configured() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let service = world.with(&[("HOLD_SECONDS", "5")]).await;
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 1)], 4500).await;
    world.advance(5);
    eventually("the order has expired", async || has_expired(&ada, &order).await).await;
}
