//! The event service.

use shared::{
    EventId, Page,
    event::{Event, EventIn, EventQuery},
    page::PageQuery,
};

use super::{
    ApiError,
    http::{Call, Service},
};

/// The published events that the query asks for.
pub async fn list(query: &EventQuery) -> Result<Page<Event>, ApiError> {
    Call::get(Service::Event, "/api/events").query(query).answer().await
}

/// One event.
pub async fn get(id: EventId) -> Result<Event, ApiError> {
    Call::get(Service::Event, format!("/api/events/{id}")).answer().await
}

/// The caller's own events, drafts included.
pub async fn mine(query: &PageQuery) -> Result<Page<Event>, ApiError> {
    Call::get(Service::Event, "/api/events/my/events").query(query).answer().await
}

/// Makes an event; sent twice with one key, it is made once.
pub async fn create(event: &EventIn, key: &str) -> Result<Event, ApiError> {
    Call::post(Service::Event, "/api/events").json(event).key(key).answer().await
}

/// Replaces an event if it is still at `version`.
pub async fn update(id: EventId, version: i64, event: &EventIn) -> Result<Event, ApiError> {
    let version = format!("\"{version}\"");
    Call::put(Service::Event, format!("/api/events/{id}")).json(event).header("If-Match", version).answer().await
}

/// Deletes a draft; cancels a published event.
pub async fn withdraw(id: EventId) -> Result<(), ApiError> {
    Call::delete(Service::Event, format!("/api/events/{id}")).done().await
}
