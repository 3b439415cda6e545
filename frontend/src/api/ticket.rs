//! The ticket service.

use shared::{
    EventId, OrderId, Page,
    page::PageQuery,
    ticket::{Availability, AvailabilityQuery, BookTickets, Order},
};

use super::{
    ApiError,
    http::{Call, Service::Ticket, link},
};

/// What is left of one event.
pub async fn availability(event: EventId) -> Result<Availability, ApiError> {
    Call::get(Ticket, format!("/api/tickets/event/{event}")).answer().await
}

/// What is left of several events; those that sell nothing are left out.
pub async fn availabilities(events: &[EventId]) -> Result<Vec<Availability>, ApiError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let events = events.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    Call::get(Ticket, "/api/tickets/availability").query(&AvailabilityQuery { events }).answer().await
}

/// Holds seats; sent twice with one key, they are held once.
pub async fn book(request: &BookTickets, key: &str) -> Result<Order, ApiError> {
    Call::post(Ticket, "/api/tickets/book").json(request).key(key).answer().await
}

/// The caller's orders, latest first.
pub async fn orders(query: &PageQuery) -> Result<Page<Order>, ApiError> {
    Call::get(Ticket, "/api/tickets/orders").query(query).answer().await
}

/// One of the caller's orders.
pub async fn order(id: OrderId) -> Result<Order, ApiError> {
    Call::get(Ticket, format!("/api/tickets/orders/{id}")).answer().await
}

/// Gives up an order that is not paid.
pub async fn cancel(id: OrderId) -> Result<Order, ApiError> {
    Call::post(Ticket, format!("/api/tickets/orders/{id}/cancel")).answer().await
}

/// Has the money of an order go back; asked again, the order is answered as it stands.
pub async fn refund(id: OrderId) -> Result<Order, ApiError> {
    Call::post(Ticket, format!("/api/tickets/orders/{id}/refund")).answer().await
}

/// The orders of an event that the caller organizes, latest first, without their tickets.
pub async fn event_orders(event: EventId, query: &PageQuery) -> Result<Page<Order>, ApiError> {
    Call::get(Ticket, format!("/api/tickets/event/{event}/orders")).query(query).answer().await
}

/// Where a file of a confirmed order is: `tickets.pdf` or `event.ics`.
pub fn file(id: OrderId, name: &str) -> Option<String> {
    link(Ticket, &format!("/api/tickets/orders/{id}/{name}"))
}
