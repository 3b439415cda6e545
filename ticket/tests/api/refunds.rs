//! Money back: by policy, by the organizer, and of a whole event that is called off.

use futures::future::join_all;
use jiff::SignedDuration;
use shared::{
    EventId, OrderId,
    auth::Role,
    event::EventStatus,
    testing::{TestClient, TestService},
    ticket::{Order, OrderStatus, RefundingOrders},
};

use crate::{World, advance, eventually, held, one, order_path, paying::paid, problem, status_of};

async fn refund(asker: &TestClient, id: OrderId) -> shared::testing::Answer {
    asker.post_empty(&format!("{}/refund", order_path(id))).await
}

async fn refunding(service: &TestService, query: &str) -> Vec<OrderId> {
    let answer = service.client().as_service().get(&format!("/api/tickets/orders/refunding{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.parse::<RefundingOrders>().orders.iter().map(|order| order.order_id).collect()
}

/// An event ten days away whose buyers may have their money back until two days before.
fn lenient(world: &World, price: i64) -> EventId {
    let event = world.events.publish(&[("Seat", price, 10)]);
    world.events.change(event, |e| e.refund_hours = Some(48));
    event
}

async fn bought(service: &TestService, buyer: &TestClient, event: EventId) -> Order {
    let order = held(buyer, event, &[("Seat", 1)], 4500).await;
    paid(service, order.id).await
}

#[tokio::test]
async fn a_buyer_has_the_money_back_as_long_as_the_policy_lasts() {
    let (world, service) = one().await;
    let event = lenient(&world, 4500);
    let ada = world.buyer(&service);
    let (early, late) = (bought(&service, &ada, event).await, bought(&service, &ada, event).await);
    assert_eq!(early.event.refund_hours, Some(48));
    world.advance(8 * 24 * 3600);
    for _ in 0..2 {
        let answer = refund(&ada, early.id).await;
        assert_eq!((answer.status, answer.parse::<Order>().status), (200, OrderStatus::Refunding), "{}", answer.body);
    }
    world.advance(1);
    let refused = refund(&ada, late.id).await;
    assert_eq!(problem(&refused), (409, "/problems/not-refundable"));
    assert_eq!(refused.body["until"], (late.event.starts_at - SignedDuration::from_hours(48)).to_string());
    assert_eq!(refund(&ada, early.id).await.status, 200, "it is on its way, whatever the time");

    world.audit().await.balances_at(2);
    assert_eq!(advance(&service, early.id, "refunded", 1).await.status, 200);
    assert_eq!(refund(&ada, early.id).await.parse::<Order>().status, OrderStatus::Refunded);
    world.audit().await.balances_at(1);
}

#[tokio::test]
async fn the_policy_at_the_time_of_the_booking_counts() {
    let (world, service) = one().await;
    let (strict, event) = (world.events.publish(&[("Seat", 4500, 10)]), lenient(&world, 4500));
    let ada = world.buyer(&service);
    let (mine, never) = (bought(&service, &ada, event).await, bought(&service, &ada, strict).await);
    world.events.change(event, |e| e.refund_hours = None);
    world.events.change(strict, |e| e.refund_hours = Some(0));
    // A booking tells the policy, and is given up again: however long the change takes, seats are left.
    let policy = async |event| {
        let order = held(&ada, event, &[("Seat", 1)], 4500).await;
        assert_eq!(ada.post_empty(&format!("{}/cancel", order_path(order.id))).await.status, 200);
        order.event.refund_hours
    };
    eventually("the policies have changed", async || (policy(event).await, policy(strict).await) == (None, Some(0)))
        .await;
    assert_eq!(refund(&ada, mine.id).await.status, 200);
    assert_eq!(problem(&refund(&ada, never.id).await), (409, "/problems/not-refundable"));
}

#[tokio::test]
async fn organizers_and_admins_give_money_back_at_any_time_and_nobody_else() {
    let (world, service) = one().await;
    let (organizer, cookie) = world.auth.sign_in(Role::User);
    let organizer = (organizer.id, service.client().cookie(&cookie));
    let admin = service.client().cookie(&world.auth.sign_in(Role::Admin).1);
    let event = world.events.publish(&[("Seat", 4500, 10)]);
    world.events.change(event, |e| e.created_by = organizer.0);
    let ada = world.buyer(&service);
    for (asker, stranger) in [(&organizer.1, world.buyer(&service)), (&admin, service.client())] {
        let order = bought(&service, &ada, event).await;
        assert_eq!(problem(&refund(&ada, order.id).await), (409, "/problems/not-refundable"));
        assert!([401, 404].contains(&refund(&stranger, order.id).await.status));
        assert_eq!(refund(asker, order.id).await.parse::<Order>().status, OrderStatus::Refunding);
    }
    assert_eq!(problem(&refund(&world.buyer(&service), OrderId::new()).await), (404, "/problems/not-found"));
}

#[tokio::test]
async fn only_what_is_confirmed_can_be_refunded() {
    let (world, service) = one().await;
    let event = lenient(&world, 4500);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 1)], 4500).await;
    for state in ["held", "paying"] {
        let refused = refund(&ada, order.id).await;
        assert_eq!((problem(&refused), &refused.body["state"]), ((409, "/problems/wrong-state"), &state.into()));
        advance(&service, order.id, "paying", 1).await;
    }
    world.audit().await.balances_at(1);
}

#[tokio::test]
async fn what_cost_nothing_is_given_back_at_once() {
    let (world, service) = one().await;
    let event = lenient(&world, 0);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 2)], 0).await;
    held(&ada, event, &[("Seat", 1)], 0).await;
    let answers = join_all((0..5).map(|_| refund(&ada, order.id))).await;
    for answer in answers {
        assert_eq!((answer.status, answer.parse::<Order>().status), (200, OrderStatus::Refunded), "{}", answer.body);
    }
    assert!(refunding(&service, "").await.is_empty());
    world.audit().await.balances_at(1);
}

#[tokio::test]
async fn payment_finds_what_is_to_be_refunded_in_pages() {
    let (world, service) = one().await;
    let event = lenient(&world, 4500);
    let ada = world.buyer(&service);
    let mut orders = Vec::new();
    for _ in 0..5 {
        let order = bought(&service, &ada, event).await;
        refund(&ada, order.id).await;
        orders.push(order.id);
    }
    orders.sort();
    let first = refunding(&service, "?limit=3").await;
    assert_eq!(first, orders[..3]);
    assert_eq!(refunding(&service, &format!("?after={}&limit=3", first[2])).await, orders[3..]);
    let answer = service.client().as_service().get("/api/tickets/orders/refunding?limit=1").await;
    let told = &answer.parse::<RefundingOrders>().orders[0];
    assert_eq!((told.attempt, told.total_amount), (1, crate::euros(4500)));
    assert_eq!(problem(&ada.get("/api/tickets/orders/refunding").await), (401, "/problems/not-a-service"));
    let bad = service.client().as_service().get("/api/tickets/orders/refunding?limit=501").await;
    assert_eq!(bad.status, 422);

    advance(&service, orders[0], "refunded", 1).await;
    assert_eq!(refunding(&service, "").await, orders[1..]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_an_event_undoes_every_order_by_itself() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 4500, 1000), ("Free", 0, 1000)]);
    let replicas = [world.replica().await, world.replica().await];
    let (here, there) = (&replicas[0], &replicas[1]);
    let ada = world.buyer(here);
    let seat = |_| held(&ada, event, &[("Seat", 1)], 4500);
    let waiting = join_all((0..5).map(seat)).await;
    let paying = join_all((0..4).map(seat)).await;
    join_all(paying.iter().map(|order| advance(there, order.id, "paying", 1))).await;
    let paid = join_all((0..5).map(seat)).await;
    join_all(paid.iter().map(|order| crate::paying::paid(there, order.id))).await;
    let free = join_all((0..5).map(|_| held(&ada, event, &[("Free", 2)], 0))).await;
    let elsewhere = held(&ada, world.events.publish(&[("Seat", 4500, 5)]), &[("Seat", 1)], 4500).await;

    world.events.change(event, |e| e.status = EventStatus::Cancelled);
    let end = async |orders: &[Order], status: OrderStatus| {
        for order in orders {
            eventually("the order is undone", async || status_of(&ada, order.id).await == status).await;
        }
    };
    end(&waiting, OrderStatus::Cancelled).await;
    end(&free, OrderStatus::Refunded).await;
    end(&paid, OrderStatus::Refunding).await;
    end(&paying, OrderStatus::Paying).await;

    // What was being paid is decided later, one way or the other.
    for order in &paying[..2] {
        assert_eq!(advance(here, order.id, "confirmed", 1).await.status, 200);
    }
    for order in &paying[2..] {
        assert_eq!(advance(here, order.id, "held", 1).await.status, 200);
    }
    end(&paying[..2], OrderStatus::Refunding).await;
    end(&paying[2..], OrderStatus::Cancelled).await;
    world.audit().await.balances_at(8);

    let due = refunding(here, "?limit=500").await;
    assert_eq!(due.len(), 7);
    for id in due {
        assert_eq!(advance(here, id, "refunded", 1).await.status, 200);
    }
    assert_eq!(status_of(&ada, elsewhere.id).await, OrderStatus::Held);
    world.audit().await.balances_at(1);
}

#[tokio::test]
async fn an_organizer_sees_the_orders_of_the_event() {
    let (world, service) = one().await;
    let (organizer, cookie) = world.auth.sign_in(Role::User);
    let grace = service.client().cookie(&cookie);
    let event = world.events.publish(&[("Seat", 0, 10)]);
    world.events.change(event, |e| e.created_by = organizer.id);
    let (ada, eve) = (world.buyer(&service), world.buyer(&service));
    let mut made = Vec::new();
    for buyer in [&ada, &eve, &ada] {
        made.insert(0, held(buyer, event, &[("Seat", 1)], 0).await.id);
    }
    held(&ada, world.events.publish(&[("Seat", 0, 10)]), &[("Seat", 1)], 0).await;
    assert_eq!(ada.post_empty(&format!("{}/refund", order_path(made[0]))).await.status, 409);
    let path = format!("/api/tickets/event/{event}/orders");
    let admin = service.client().cookie(&world.auth.sign_in(Role::Admin).1);
    for caller in [&grace, &admin] {
        let first: shared::Page<Order> = caller.get(&format!("{path}?limit=2")).await.parse();
        assert!(first.items.iter().all(|order| order.issued.is_empty()), "what lets in is the buyer's own");
        let next = first.next.expect("one more");
        let second: shared::Page<Order> = caller.get(&format!("{path}?limit=2&cursor={next}")).await.parse();
        let seen: Vec<OrderId> = first.items.iter().chain(&second.items).map(|order| order.id).collect();
        assert_eq!((seen, second.next), (made.clone(), None));
    }
    assert_eq!(problem(&ada.get(&path).await), (404, "/problems/not-found"));
    assert_eq!(problem(&service.client().get(&path).await), (401, "/problems/not-signed-in"));
}
