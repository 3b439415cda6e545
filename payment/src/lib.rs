//! The payment service: it drives every payment to its end, so that there is never money without a ticket and never a
//! ticket without money.

mod app;
mod cashier;
mod clients;
mod config;
mod domain;
mod driver;
mod error;
pub mod provider;
mod routes;
mod store;
mod workers;

use std::{sync::Arc, time::Duration};

pub use app::router;
pub use config::{Config, ProviderKind};
pub use domain::{attempt::IntentStatus, card::CheckedCard, request::PaymentSource};
pub use error::Error;
use provider::{PaymentProvider, Simulated};
use shared::server::{
    Clock,
    health::Health,
    mongo,
    run::{self, RunError},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long payments under way may go on after the last request was answered; the next start resumes them anyway.
const FINISH: Duration = Duration::from_secs(4);

/// Answers requests on `listener` until `stop`.
pub async fn run(config: Config, listener: TcpListener, clock: Clock, stop: CancellationToken) -> Result<(), RunError> {
    run_with(config, listener, clock, stop, |provider| provider).await
}

/// The same with the provider in a wrapper: how tests make it lose an answer.
pub async fn run_with(
    config: Config,
    listener: TcpListener,
    clock: Clock,
    stop: CancellationToken,
    wrap: impl FnOnce(Arc<dyn PaymentProvider>) -> Arc<dyn PaymentProvider>,
) -> Result<(), RunError> {
    let database = mongo::connect(config.common.mongodb_uri(), "payment").await?;
    run::once_database_answers(&stop, || store::ensure_indexes(&database)).await?;
    let health = Health::new("payment", database.clone());
    let provider: Arc<dyn PaymentProvider> = match config.provider {
        ProviderKind::Simulated => Arc::new(Simulated::of(&database, clock.clone())),
    };
    let app = app::AppState::new(&config, &database, clock, wrap(provider))?;
    let (limits, tasks) = (app.context.limits.clone(), app.tasks.clone());
    tokio::spawn(async move { limits.sweep().await });
    tasks.spawn(workers::resolver::run(app.driver.clone(), config.resolve_every, stop.clone()));

    let router = router(app, health.clone(), &config);
    let served = run::serve(listener, router, health, stop.clone()).await;
    // The resolver goes on until it is told, also where serving failed.
    stop.cancel();
    tasks.close();
    if tokio::time::timeout(FINISH, tasks.wait()).await.is_err() {
        tracing::warn!("stopped with payments under way: the next start resumes them");
    }
    served
}
