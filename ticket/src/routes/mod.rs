//! One file a resource; each has its `router()`.

mod availability;
mod downloads;
mod event_orders;
mod keys;
mod orders;
mod refunds;
mod status;

use shared::server::rate_limit;
use utoipa_axum::router::OpenApiRouter;

use crate::app::AppState;

/// All routes.
pub fn router(app: &AppState) -> OpenApiRouter<AppState> {
    rate_limit::public(availability::router().merge(keys::router()), app)
        .merge(orders::router())
        .merge(downloads::router())
        .merge(event_orders::router())
        .merge(refunds::router())
        .merge(status::router())
}
