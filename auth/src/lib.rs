//! The auth service: accounts and sessions. The other services know a caller only by asking it.

mod app;
mod config;
mod domain;
mod error;
mod hasher;
mod revoker;
mod routes;
mod session;
mod store;

pub use app::router;
pub use config::{Admin, Config};
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
    let database = mongo::connect(config.common.mongodb_uri(), "auth").await?;
    run::once_database_answers(&stop, || store::ensure_indexes(&database)).await?;
    let health = Health::new("auth", database.clone());
    let app = app::AppState::new(&config, &database, clock)?;
    app.create_admin(config.admin.as_ref()).await?;
    let limits = app.context.limits.clone();
    tokio::spawn(async move { limits.sweep().await });
    // As long as requests are answered: until the end of the drain.
    let served = CancellationToken::new();
    tokio::spawn(app.revoker.clone().look(served.clone()));
    let _served = served.drop_guard();
    let router = router(app, health.clone(), &config);
    run::serve(listener, router, health, config.common.mongodb_uri(), stop).await
}
