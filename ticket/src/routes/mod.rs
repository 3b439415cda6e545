//! One file a resource; each has its `router()`.

mod availability;
mod orders;
mod status;

use shared::server::rate_limit;
use utoipa_axum::router::OpenApiRouter;

use crate::app::AppState;

/// All routes.
pub fn router(app: &AppState) -> OpenApiRouter<AppState> {
    rate_limit::public(availability::router(), app).merge(orders::router()).merge(status::router())
}
