//! What is left: for everyone.

use axum::extract::State;
use shared::{
    EventId, Problem,
    server::{Json, Path, Query, Rendered},
    ticket::{Availability, AvailabilityQuery},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Error, app::AppState};

/// Of how many events it can be asked at once.
const MOST_EVENTS: usize = 100;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(event_availability)).routes(routes!(availability))
}

/// Says what is left of an event's tickets.
#[utoipa::path(
    get, path = "/api/tickets/event/{eventId}", tag = "availability",
    params(("eventId" = EventId, Path, description = "Which event")), responses((status = 200, body = Availability))
)]
async fn event_availability(State(app): State<AppState>, Path(event): Path<EventId>) -> Result<Rendered, Error> {
    app.catalogue.find(event).await?.told(app.context.clock.now())
}

/// Says what is left of several events' tickets, in the order asked for. Events that are not known are left out.
#[utoipa::path(
    get, path = "/api/tickets/availability", tag = "availability", params(AvailabilityQuery),
    responses((status = 200, body = Vec<Availability>))
)]
async fn availability(
    State(app): State<AppState>,
    Query(query): Query<AvailabilityQuery>,
) -> Result<Json<Vec<Availability>>, Error> {
    let inventories = app.catalogue.find_all(&event_ids(&query)?).await?;
    let now = app.context.clock.now();
    Ok(Json(inventories.iter().map(|inventory| inventory.availability(now)).collect()))
}

fn event_ids(query: &AvailabilityQuery) -> Result<Vec<EventId>, Problem> {
    let words: Vec<&str> = query.events.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    if words.len() > MOST_EVENTS {
        return Err(Problem::invalid_field("?events", format!("must be at most {MOST_EVENTS} ids")));
    }
    let id = |word: &str| word.parse().map_err(|_| Problem::invalid_field("?events", "must be event ids"));
    words.into_iter().map(id).collect()
}
