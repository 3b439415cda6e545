//! Many buyers, few seats.

use futures::{StreamExt, future::join_all, stream};
use reqwest::Method;
use serde_json::Value;
use shared::{
    EventId,
    auth::Role,
    testing::{TestClient, TestService},
};

use crate::{World, audit::Audit, held, naive, one, order_path, problem, request};

/// How the buyers of a race were answered.
#[derive(Debug, Default)]
pub struct Tally {
    pub held: u32,
    pub sold_out: u32,
}

/// Books as the web app does: what is answered 503 is sent again under the same key.
async fn decided(buyer: TestClient, body: Value) -> (u16, String) {
    let buyer = buyer.with("idempotency-key", &EventId::new().to_string());
    for _ in 0..50 {
        let answer = buyer.send(buyer.request(Method::POST, "/api/tickets/book").json(&body)).await;
        if answer.status != 503 {
            return (answer.status, answer.body["type"].as_str().unwrap_or_default().to_owned());
        }
    }
    panic!("never decided");
}

/// Lets all of them book at once.
pub async fn race(buyers: impl IntoIterator<Item = (TestClient, Value)>) -> Tally {
    let mut tally = Tally::default();
    let answers = join_all(buyers.into_iter().map(|(buyer, body)| tokio::spawn(decided(buyer, body)))).await;
    for answer in answers {
        match answer.expect("an answer") {
            (201, _) => tally.held += 1,
            (409, kind) if kind == "/problems/sold-out" => tally.sold_out += 1,
            other => panic!("{other:?}"),
        }
    }
    tally
}

/// Everything that is wrong after `seats` were sold to more buyers of one each.
fn faults(tally: &Tally, audit: Audit, seats: u32) -> Vec<String> {
    let mut faults = audit.faults;
    if tally.held != seats {
        faults.push(format!("{} orders of {seats} seats", tally.held));
    }
    faults
}

fn crowd(world: &World, client: &TestClient, event: EventId, size: usize) -> Vec<(TestClient, Value)> {
    let buyer = |_| (client.clone().cookie(&world.auth.sign_in(Role::User).1), request(event, &[("Seat", 1)], 4500));
    (0..size).map(buyer).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_buyers_get_exactly_the_twenty_seats_there_are() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 20)]);
    let tally = race(crowd(&world, &service.client(), event, 200)).await;
    assert_eq!(tally.sold_out, 180);
    let audit = world.audit().await;
    assert_eq!((audit.taken, audit.orders), (20, 20));
    assert_eq!(faults(&tally, audit, 20), Vec::<String>::new());
}

/// The negative control: the same race against a booking that reads, then writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_race_finds_out_a_booking_that_reads_and_then_writes() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 20)]);
    crate::availability(&service, event).await;
    let naive = naive::start(&world.uri).await;
    let client = service.client().to(&naive);
    let tally = race(crowd(&world, &client, event, 200)).await;
    let faults = faults(&tally, world.audit().await, 20);
    assert!(tally.held > 20, "{tally:?}");
    assert!(faults.iter().any(|fault| fault.contains("held of 20")), "{faults:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_replicas_sell_no_seat_twice() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 4500, 50)]);
    let replicas = [world.replica().await, world.replica().await, world.replica().await];
    let buyers: Vec<_> = replicas.iter().flat_map(|r| crowd(&world, &r.client(), event, 60)).collect();
    let tally = race(buyers).await;
    assert_eq!((tally.held, tally.sold_out), (50, 130));
    world.audit().await.balances_at(50);
}

/// What a buyer of the flash sale wants: of each type there are buyers who want only one of it.
fn wish(n: usize) -> (&'static [(&'static str, u32)], i64) {
    match n % 6 {
        0 => (&[("Floor", 1)], 1000),
        1 => (&[("Floor", 4)], 4000),
        2 => (&[("Box", 1)], 2000),
        3 => (&[("Floor", 2), ("Box", 1)], 4000),
        4 => (&[("VIP", 1)], 9000),
        _ => (&[("VIP", 2), ("Box", 3), ("Floor", 1)], 25_000),
    }
}

/// The proof that the promise is kept where it is hardest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_thousand_buyers_as_many_get_seats_as_there_are_seats() {
    let world = World::new().await;
    let event = world.events.publish(&[("Floor", 1000, 350), ("Box", 2000, 100), ("VIP", 9000, 50)]);
    let replicas = [world.replica().await, world.replica().await, world.replica().await];
    let clients = replicas.each_ref().map(TestService::client);
    crate::availability(&replicas[0], event).await;
    let buyer = |n: usize| {
        let (lines, total) = wish(n);
        let buyer = clients[n % 3].clone().cookie(&world.auth.sign_in(Role::User).1);
        async move { (n, decided(buyer, request(event, lines, total)).await) }
    };
    let answers: Vec<_> = stream::iter(0..10_000).map(buyer).buffer_unordered(600).collect().await;
    let seats = |n: usize| wish(n).0.iter().map(|line| i64::from(line.1)).sum::<i64>();
    let (mut sold, mut orders) = (0, 0);
    for (n, (status, kind)) in &answers {
        match (status, kind.as_str()) {
            (201, _) => (sold, orders) = (sold + seats(*n), orders + 1),
            (409, "/problems/sold-out") => {}
            other => panic!("{other:?}"),
        }
    }
    // Somebody who wanted just one of what is left would have been refused wrongly.
    let left = crate::availability(&replicas[1], event).await;
    assert_eq!(left.ticket_types.iter().map(|kind| kind.remaining).collect::<Vec<_>>(), [0, 0, 0]);
    assert_eq!(sold, 500);
    let audit = world.audit().await;
    assert_eq!(audit.orders, orders, "who was told sold out has no order");
    audit.balances_at(500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mixed_carts_are_held_whole_or_not_at_all() {
    let world = World::new().await;
    let event = world.events.publish(&[("Floor", 1000, 30), ("Box", 2000, 10)]);
    let replicas = [world.replica().await, world.replica().await];
    let carts: [(&[(&str, u32)], i64); 3] =
        [(&[("Floor", 2), ("Box", 1)], 4000), (&[("Floor", 3)], 3000), (&[("Box", 2), ("Floor", 1)], 5000)];
    let buyer = |n: usize| {
        let (lines, total) = carts[n % 3];
        (world.buyer(&replicas[n % 2]), request(event, lines, total))
    };
    let tally = race((0..60).map(buyer)).await;
    let audit = world.audit().await;
    assert!(audit.faults.is_empty(), "{:?}", audit.faults);
    assert_eq!(audit.orders, u64::from(tally.held), "who was told sold out has no order");
    assert!(tally.sold_out > 0 && audit.held > 30, "{tally:?} {audit:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_events_are_sold_side_by_side() {
    let (world, service) = one().await;
    let events: Vec<EventId> = (0..24).map(|_| world.events.publish(&[("Seat", 4500, 3)])).collect();
    let buyer = |n: usize| (world.buyer(&service), request(events[n % 24], &[("Seat", 1)], 4500));
    let tally = race((0..120).map(buyer)).await;
    assert_eq!((tally.held, tally.sold_out), (72, 48));
    world.audit().await.balances_at(72);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buyers_who_hang_up_cost_nobody_else_a_seat() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 500)]);
    crate::availability(&service, event).await;
    let impatient = (0_u64..60).map(|n| {
        let buyer = world.buyer(&service);
        async move {
            let booking = buyer.request(Method::POST, "/api/tickets/book").json(&request(event, &[("Seat", 1)], 4500));
            // It does not matter whether they were answered in time.
            let _ = booking.timeout(std::time::Duration::from_millis(n)).send().await;
        }
    });
    let patient = race((0..60).map(|_| (world.buyer(&service), request(event, &[("Seat", 1)], 4500))));
    let (tally, _) = futures::future::join(patient, join_all(impatient)).await;
    assert_eq!(tally.held, 60);
    let audit = world.audit().await;
    assert!(audit.faults.is_empty(), "{:?}", audit.faults);
    assert!(audit.held >= 60);
}

/// A replica that remembers an event as sold out looks again before it says so.
#[tokio::test]
async fn seats_given_back_on_one_replica_are_sold_by_another() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 4500, 1)]);
    let (here, there) = (world.replica().await, world.replica().await);
    let (ada, eve) = (world.buyer(&here), world.buyer(&there));
    for _ in 0..5 {
        let order = held(&ada, event, &[("Seat", 1)], 4500).await;
        let refused = eve.post("/api/tickets/book", &request(event, &[("Seat", 1)], 4500)).await;
        assert_eq!(problem(&refused), (409, "/problems/sold-out"));
        let refused = ada.post("/api/tickets/book", &request(event, &[("Seat", 1)], 4500)).await;
        assert_eq!(problem(&refused), (409, "/problems/sold-out"));
        let ada_there = ada.clone().to(&there);
        assert_eq!(ada_there.post_empty(&format!("{}/cancel", order_path(order.id))).await.status, 200);
        let order = held(&ada, event, &[("Seat", 1)], 4500).await;
        assert_eq!(ada_there.post_empty(&format!("{}/cancel", order_path(order.id))).await.status, 200);
    }
    world.audit().await.balances_at(0);
}
