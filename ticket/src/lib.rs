//! The ticket service: what each event has left, and every order. It never sells one ticket too many.

mod app;
mod booking;
mod clients;
mod config;
mod documents;
mod domain;
mod error;
mod fail_point;
mod routes;
mod store;
mod workers;

use std::time::Duration;

pub use app::router;
pub use config::Config;
pub use domain::pass;
pub use error::Error;
#[cfg(feature = "fail-points")]
pub use fail_point::fail_points;
use shared::server::{
    Clock,
    health::Health,
    mongo,
    run::{self, RunError},
};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::workers::auditor::Auditor;

/// How long the workers and the batches under way may take after the last request.
const DRAIN: Duration = Duration::from_secs(3);

/// Compares every inventory with its orders, once: a line for each difference.
pub async fn audit(config: Config) -> Result<Vec<String>, RunError> {
    let database = mongo::connect(config.common.mongodb_uri(), "ticket").await?;
    let differences = Auditor::of(&database).once().await?;
    Ok(differences.iter().map(ToString::to_string).collect())
}

/// Answers requests on `listener` until `stop`.
pub async fn run(config: Config, listener: TcpListener, clock: Clock, stop: CancellationToken) -> Result<(), RunError> {
    let database = mongo::connect(config.common.mongodb_uri(), "ticket").await?;
    run::once_database_answers(&stop, || store::ensure_indexes(&database)).await?;
    let health = Health::new("ticket", database.clone());
    let tasks = TaskTracker::new();
    let app = app::AppState::start(&config, &database, clock, &tasks, &stop)?;
    let limits = app.context.limits.clone();
    tokio::spawn(async move { limits.sweep().await });
    let router = router(app, health.clone(), &config);
    let served = run::serve(listener, router, health, config.common.mongodb_uri(), stop).await;
    tasks.close();
    if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
        tracing::warn!("stopped with a batch under way");
    }
    served
}
