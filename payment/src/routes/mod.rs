//! One file a resource; each has its `router()`.

mod payments;
mod webhooks;

use utoipa_axum::router::OpenApiRouter;

use crate::app::AppState;

/// All routes.
pub fn router() -> OpenApiRouter<AppState> {
    payments::router().merge(webhooks::router())
}
