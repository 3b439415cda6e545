//! One file a resource; each has its `router()`.

mod feed;
mod organizing;
mod public;
mod version;

use shared::server::rate_limit;
use utoipa_axum::router::OpenApiRouter;
pub use version::IfMatch;

use crate::app::AppState;

/// All routes.
pub fn router(app: &AppState) -> OpenApiRouter<AppState> {
    rate_limit::public(public::router(), app).merge(organizing::router()).merge(feed::router())
}
