//! Booking, one buyer at a time.

use jiff::SignedDuration;
use shared::{
    EventId,
    event::EventStatus,
    ticket::{Order, OrderStatus},
};

use crate::{World, advance, availability, book, euros, held, one, order_path, problem, status_of};

#[tokio::test]
async fn a_booking_holds_its_seats_for_ten_minutes() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Floor", 4500, 10), ("Box", 9000, 2)]);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Box", 2), ("Floor", 1)], 22_500).await;
    assert_eq!((order.status, order.attempt, order.payment_id), (OrderStatus::Held, 0, None));
    assert_eq!(order.total_amount, euros(22_500));
    assert_eq!(order.tickets[0].ticket_type.name, "Box");
    assert_eq!((order.tickets[0].quantity, order.tickets[0].subtotal), (2, euros(18_000)));
    assert_eq!(order.event.title, "Żółta Łódź 🎷");
    assert_eq!(order.server_time, world.clock.now());
    assert_eq!(order.expires_at, world.clock.now() + SignedDuration::from_mins(10));
    assert!(order.booking_reference.starts_with("BK") && order.booking_reference.len() == 14);
    assert!(order.issued.is_empty());

    let left = availability(&service, event).await;
    assert_eq!(left.ticket_types.iter().map(|t| (t.remaining, t.capacity)).collect::<Vec<_>>(), [(9, 10), (0, 2)]);
    world.audit().await.balances_at(3);
}

#[tokio::test]
async fn sold_out_says_what_is_left_and_holds_nothing() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Floor", 1000, 10), ("Box", 1000, 2)]);
    let refused = book(&world.buyer(&service), event, &[("Floor", 4), ("Box", 3)], 7000).await;
    assert_eq!(problem(&refused), (409, "/problems/sold-out"));
    assert_eq!(refused.body["remaining"][0]["name"], "Floor");
    assert_eq!(refused.body["remaining"][0]["remaining"], 10);
    assert_eq!(refused.body["remaining"][1]["remaining"], 2);
    world.audit().await.balances_at(0);
}

#[tokio::test]
async fn a_free_order_is_confirmed_at_once() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 0, 5)]);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 3)], 0).await;
    assert_eq!((order.status, order.issued.len()), (OrderStatus::Confirmed, 3));
    world.advance(3600);
    assert_eq!(ada.get(&order_path(order.id)).await.parse::<Order>().issued, order.issued);
    world.audit().await.balances_at(3);
}

#[tokio::test]
async fn another_price_than_the_buyer_saw_is_told_and_not_charged() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let ada = world.buyer(&service);
    let refused = book(&ada, event, &[("Seat", 2)], 8000).await;
    assert_eq!(problem(&refused), (409, "/problems/price-changed"));
    assert_eq!(refused.body["totalAmount"]["amount"], 9000);
    let mut dollars = crate::request(event, &[("Seat", 2)], 9000);
    dollars["totalAmount"]["currency"] = "USD".into();
    assert_eq!(problem(&ada.post("/api/tickets/book", &dollars).await), (409, "/problems/price-changed"));
    held(&ada, event, &[("Seat", 2)], 9000).await;
}

#[tokio::test]
async fn nothing_is_sold_outside_the_sales_window() {
    let (world, service) = one().await;
    let ada = world.buyer(&service);
    let now = world.clock.now();
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    world.events.change(event, |e| {
        e.sales_start = Some(now + SignedDuration::from_hours(1));
        e.sales_end = Some(now + SignedDuration::from_hours(2));
    });
    let refused = book(&ada, event, &[("Seat", 1)], 4500).await;
    assert_eq!(problem(&refused), (409, "/problems/not-on-sale"));
    assert_eq!(refused.body["sale"], "notYet");
    world.advance(3600);
    held(&ada, event, &[("Seat", 1)], 4500).await;
    world.advance(3600);
    let refused = book(&ada, event, &[("Seat", 1)], 4500).await;
    assert_eq!(refused.body["sale"], "ended");
}

#[tokio::test]
async fn sales_end_with_the_event_unless_given() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    world.advance(243 * 3600);
    let refused = book(&world.buyer(&service), event, &[("Seat", 1)], 4500).await;
    assert_eq!((problem(&refused), &refused.body["sale"]), ((409, "/problems/not-on-sale"), &"ended".into()));
}

#[tokio::test]
async fn an_event_that_is_unknown_or_a_draft_is_not_found() {
    let (world, service) = one().await;
    let ada = world.buyer(&service);
    assert_eq!(problem(&book(&ada, EventId::new(), &[("Seat", 1)], 4500).await), (404, "/problems/not-found"));
    let draft = world.events.publish(&[("Seat", 4500, 5)]);
    world.events.change(draft, |e| e.status = EventStatus::Draft);
    assert_eq!(problem(&book(&ada, draft, &[("Seat", 1)], 4500).await), (404, "/problems/not-found"));
}

#[tokio::test]
async fn unknown_ids_do_not_become_the_event_services_load() {
    let (world, service) = one().await;
    let (ada, nowhere) = (world.buyer(&service), EventId::new());
    for _ in 0..20 {
        assert_eq!(book(&ada, nowhere, &[("Seat", 1)], 4500).await.status, 404);
    }
    assert!(world.events.asked() < 20, "{}", world.events.asked());
}

#[tokio::test]
async fn without_the_event_service_known_events_are_sold_and_unknown_ones_are_503() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let service = world.replica().await;
    availability(&service, event).await;
    let alone = world.with(&[("EVENT_SERVICE_URL", "http://127.0.0.1:9")]).await;
    let ada = world.buyer(&alone);
    held(&ada, event, &[("Seat", 1)], 4500).await;
    let refused = book(&ada, EventId::new(), &[("Seat", 1)], 4500).await;
    assert_eq!(problem(&refused), (503, "/problems/unavailable"));
    assert!(refused.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_cancelled_order_gives_its_seats_back_once() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let ada = world.buyer(&service);
    held(&ada, event, &[("Seat", 1)], 4500).await;
    let order = held(&ada, event, &[("Seat", 2)], 9000).await;
    let cancel = format!("{}/cancel", order_path(order.id));
    for _ in 0..3 {
        let answer = ada.post_empty(&cancel).await;
        assert_eq!((answer.status, answer.parse::<Order>().status), (200, OrderStatus::Cancelled));
    }
    world.audit().await.balances_at(1);
    assert_eq!(status_of(&ada, order.id).await, OrderStatus::Cancelled);
}

#[tokio::test]
async fn an_order_that_is_being_paid_cannot_be_cancelled() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 1)], 4500).await;
    assert_eq!(advance(&service, order.id, "paying", 1).await.status, 200);
    let refused = ada.post_empty(&format!("{}/cancel", order_path(order.id))).await;
    assert_eq!((problem(&refused), &refused.body["state"]), ((409, "/problems/wrong-state"), &"paying".into()));
    world.audit().await.balances_at(1);
}
