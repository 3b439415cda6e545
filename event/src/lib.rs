//! The event service: the catalogue of events and their ticket types. Ticket follows it by its change feed.

mod answers;
mod app;
mod catalogue;
mod config;
mod domain;
mod error;
mod routes;
mod store;

pub use app::router;
pub use config::{Config, EventCreation};
pub use error::Error;
use shared::server::{
    Clock,
    health::Health,
    mongo,
    run::{self, RunError},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Answers requests on `listener` until `stop`.
pub async fn run(config: Config, listener: TcpListener, clock: Clock, stop: CancellationToken) -> Result<(), RunError> {
    let database = mongo::connect(config.common.mongodb_uri(), "event").await?;
    run::once_database_answers(&stop, || store::ensure_indexes(&database)).await?;
    let health = Health::new("event", database.clone());
    let app = app::AppState::new(&config, &database, clock)?;
    let limits = app.context.limits.clone();
    tokio::spawn(async move { limits.sweep().await });
    let router = router(app, health.clone(), &config);
    run::serve(listener, router, health, config.common.mongodb_uri(), stop).await
}
