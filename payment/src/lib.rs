//! The payment service: it drives every payment to its end, so that there is never money without a ticket and never a
//! ticket without money.

mod app;
mod audit;
mod cashier;
mod clients;
mod config;
mod domain;
mod driver;
mod error;
#[cfg(feature = "fail-points")]
mod fail_point;
pub mod provider;
mod routes;
mod store;
mod webhooks;
mod workers;

use std::{sync::Arc, time::Duration};

use audit::{Agreed, Auditor, Pass};

pub use app::router;
pub use config::{Config, ProviderKind};
pub use domain::{attempt::IntentStatus, card::CheckedCard, request::PaymentSource};
pub use error::Error;
#[cfg(feature = "fail-points")]
pub use fail_point::fail_points;
use mongodb::Database;
use provider::{PaymentProvider, Sender, Simulated, Stripe};
use shared::server::{
    Clock,
    health::Health,
    mongo,
    run::{self, RunError},
};
use store::Payments;
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
    run::once_database_answers(&stop, async || {
        store::ensure_indexes(&database).await?;
        if config.provider == ProviderKind::Simulated { Simulated::ensure_indexes(&database).await } else { Ok(()) }
    })
    .await?;
    // There from the start, or the first one would be no change that an alert can see.
    metrics::counter!("payments_without_order_total").increment(0);
    metrics::counter!("payment_refunds_refused_total").increment(0);
    let health = Health::new("payment", database.clone());
    let (provider, sender) = provider(&config, &database, &clock)?;
    let app = app::AppState::new(&config, &database, clock.clone(), wrap(provider))?;
    let (limits, tasks) = (app.context.limits.clone(), app.tasks.clone());
    tokio::spawn(async move { limits.sweep().await });
    let auditor = Auditor::new(app.payments.clone(), app.driver.provider.clone(), clock);
    tasks.spawn(workers::resolver::run(app.driver.clone(), config.resolve_every, stop.clone()));
    tasks.spawn(workers::refunder::run(app.driver.clone(), config.refund_every, stop.clone()));
    tasks.spawn(workers::auditor::run(auditor, config.audit_every, stop.clone()));
    if let Some(sender) = sender {
        tasks.spawn(sender.run(stop.clone()));
    }

    let router = router(app, health.clone(), &config);
    let served = run::serve(listener, router, health, config.common.mongodb_uri(), stop.clone()).await;
    // The workers go on until they are told, also where serving failed.
    stop.cancel();
    tasks.close();
    if tokio::time::timeout(FINISH, tasks.wait()).await.is_err() {
        tracing::warn!("stopped with payments under way: the next start resumes them");
    }
    served
}

/// The provider that `config` names, and what sends its webhooks.
fn provider(
    config: &Config,
    database: &Database,
    clock: &Clock,
) -> Result<(Arc<dyn PaymentProvider>, Option<Sender>), RunError> {
    if let Some(stripe) = config.stripe.clone() {
        let stripe = Stripe::new(stripe).map_err(|error| RunError::Other(format!("TLS: {error}")))?;
        return Ok((Arc::new(stripe), None));
    }
    let simulated = Simulated::of(database, clock.clone()).with_webhooks(database, &config.webhooks);
    let sender = simulated.sender(&config.webhooks)?;
    Ok((Arc::new(simulated), sender))
}

/// Compares the provider's books with ours, once: a line for each difference.
pub async fn audit(config: Config, clock: Clock) -> Result<Vec<String>, RunError> {
    let database = mongo::connect(config.common.mongodb_uri(), "payment-audit").await?;
    let (provider, _) = provider(&config, &database, &clock)?;
    let auditor = Auditor::new(Payments::of(&database, clock.clone()), provider, clock);
    let found = auditor.compare(Pass::ALL, &mut Agreed::default()).await;
    let found = found.map_err(|error| RunError::Other(format!("the books were not compared: {error}")))?;
    Ok(found.iter().map(ToString::to_string).collect())
}
