//! What is left, for everyone.

use shared::{
    EventId,
    ticket::{Availability, SaleStatus},
};

use crate::{World, availability, euros, one, problem};

#[tokio::test]
async fn everyone_may_know_what_is_left() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Floor", 4500, 10), ("Box", 9000, 2)]);
    let left = availability(&service, event).await;
    assert_eq!((left.event_id, left.sale, left.remaining, left.max_per_order), (event, SaleStatus::OnSale, 12, 10));
    assert_eq!((left.ticket_types[1].name.as_str(), left.ticket_types[1].price), ("Box", euros(9000)));
    assert!(!left.is_sold_out());
}

#[tokio::test]
async fn an_unknown_event_is_not_found() {
    let (_world, service) = one().await;
    for id in [EventId::new().to_string(), "nonsense".to_owned()] {
        let answer = service.client().get(&format!("/api/tickets/event/{id}")).await;
        assert_eq!(problem(&answer), (404, "/problems/not-found"));
    }
}

#[tokio::test]
async fn several_events_are_asked_for_at_once() {
    let (world, service) = one().await;
    let (first, second) = (world.events.publish(&[("Seat", 4500, 1)]), world.events.publish(&[("Seat", 4500, 2)]));
    let path = format!("/api/tickets/availability?events={second},{},{first},{second}", EventId::new());
    let answer = service.client().get(&path).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let left: Vec<(EventId, u64)> =
        answer.parse::<Vec<Availability>>().iter().map(|left| (left.event_id, left.remaining)).collect();
    assert_eq!(left, [(second, 2), (first, 1)]);
}

#[tokio::test]
async fn what_is_known_is_shown_without_the_event_service() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 4500, 1)]);
    availability(&world.replica().await, event).await;
    let alone = world.with(&[("EVENT_SERVICE_URL", "http://127.0.0.1:9")]).await;
    let path = format!("/api/tickets/availability?events={event},{}", EventId::new());
    assert_eq!(alone.client().get(&path).await.parse::<Vec<Availability>>().len(), 1);
}

#[tokio::test]
async fn a_list_of_events_has_at_most_a_hundred_ids() {
    let (_world, service) = one().await;
    let ids = |count: usize| vec![EventId::new().to_string(); count].join(",");
    for (events, status) in [(ids(100), 200), (ids(101), 422), ("nonsense".into(), 422), (String::new(), 200)] {
        let answer = service.client().get(&format!("/api/tickets/availability?events={events}")).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    assert_eq!(service.client().get("/api/tickets/availability").await.status, 422);
}
