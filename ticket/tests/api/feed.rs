//! The changes of events reach the inventories.

use shared::{
    event::EventStatus,
    ticket::{OrderStatus, SaleStatus},
};

use crate::{World, advance, availability, book, event_double::ticket_type, eventually, held, one, problem, status_of};

#[tokio::test]
async fn the_feed_brings_events_that_nobody_asked_for() {
    let (world, _service) = one().await;
    // More than one page of the feed.
    let events: Vec<_> = (0..230).map(|_| world.events.publish(&[("Seat", 4500, 5)])).collect();
    let alone = world.with(&[("EVENT_SERVICE_URL", "http://127.0.0.1:9")]).await;
    for event in [events[0], events[120], events[229]] {
        eventually("the event is known", async || {
            alone.client().get(&format!("/api/tickets/event/{event}")).await.status == 200
        })
        .await;
    }
    assert_eq!(world.events.asked(), 0);
}

#[tokio::test]
async fn a_new_price_reaches_new_orders_only() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 1)], 4500).await;
    world.events.change(event, |e| e.ticket_types = vec![ticket_type("Seat", 5000, 5)]);
    eventually("the price is new", async || availability(&service, event).await.ticket_types[0].price.amount == 5000)
        .await;
    let refused = book(&ada, event, &[("Seat", 2)], 9000).await;
    assert_eq!(problem(&refused), (409, "/problems/price-changed"));
    assert_eq!(refused.body["totalAmount"]["amount"], 10_000);
    let paying = advance(&service, order.id, "paying", 1).await;
    assert_eq!(paying.body["totalAmount"]["amount"], 4500);
}

#[tokio::test]
async fn capacity_below_what_is_sold_sells_no_more_and_revokes_nothing() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 10)]);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 5)], 22_500).await;
    world.events.change(event, |e| e.ticket_types = vec![ticket_type("Seat", 4500, 3)]);
    eventually("the capacity is lower", async || availability(&service, event).await.remaining == 0).await;
    assert_eq!(problem(&book(&ada, event, &[("Seat", 1)], 4500).await), (409, "/problems/sold-out"));
    assert_eq!(advance(&service, order.id, "paying", 1).await.status, 200);
    assert_eq!(advance(&service, order.id, "confirmed", 1).await.status, 200);
    let audit = world.audit().await;
    assert_eq!((audit.taken, audit.held), (5, 5));

    world.events.change(event, |e| e.ticket_types = vec![ticket_type("Seat", 4500, 6)]);
    eventually("there is one more", async || availability(&service, event).await.remaining == 1).await;
    held(&ada, event, &[("Seat", 1)], 4500).await;
    assert_eq!(problem(&book(&ada, event, &[("Seat", 1)], 4500).await), (409, "/problems/sold-out"));
    world.audit().await.balances_at(6);
}

#[tokio::test]
async fn a_cancelled_event_sells_nothing() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 10)]);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 1)], 4500).await;
    world.events.change(event, |e| e.status = EventStatus::Cancelled);
    eventually("the event is cancelled", async || availability(&service, event).await.sale == SaleStatus::Cancelled)
        .await;
    let refused = book(&ada, event, &[("Seat", 1)], 4500).await;
    assert_eq!((problem(&refused), &refused.body["sale"]), ((409, "/problems/not-on-sale"), &"cancelled".into()));
    eventually("the hold is released", async || status_of(&ada, order.id).await == OrderStatus::Cancelled).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_in_the_middle_of_a_sale_lose_no_seat() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 4500, 40)]);
    let replicas = [world.replica().await, world.replica().await];
    let buyers: Vec<_> =
        (0..80).map(|n| (world.buyer(&replicas[n % 2]), crate::request(event, &[("Seat", 1)], 4500))).collect();
    let sale = crate::race::race(buyers);
    let changes = async {
        for quantity in [41, 42, 43, 44, 45] {
            world.events.change(event, |e| e.ticket_types = vec![ticket_type("Seat", 4500, quantity)]);
            eventually("the capacity is new", async || {
                availability(&replicas[0], event).await.ticket_types[0].capacity == quantity
            })
            .await;
        }
    };
    let (tally, ()) = futures::future::join(sale, changes).await;
    assert!((40..=45).contains(&tally.held), "{tally:?}");
    world.audit().await.balances_at(tally.held.into());
}
