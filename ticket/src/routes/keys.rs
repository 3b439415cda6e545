//! The public keys of tickets: for scanners.

use axum::extract::State;
use shared::{server::Json, ticket::TicketKeys};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::AppState;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(ticket_keys))
}

/// Lists the keys that a scanner believes, the one that signs now first.
#[utoipa::path(
    get, path = "/api/tickets/keys", tag = "tickets", responses((status = 200, body = TicketKeys))
)]
async fn ticket_keys(State(app): State<AppState>) -> Json<TicketKeys> {
    Json(TicketKeys { keys: app.signer.keys() })
}
