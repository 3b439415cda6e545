//! Takes up the attempts that nobody drives any more: after a crash, a lost answer, or while a neighbour was away.
//!
//! The list of things to do is the attempts themselves. Any number of replicas may run this.

use std::time::Duration;

use jiff::Timestamp;
use mongodb::error::Error;
use shared::server::telemetry;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::driver::Driver;

/// How many attempts are driven at once: while ticket is away each takes as long as its timeout.
const AT_ONCE: usize = 32;

/// Looks for attempts each `every` until `stop`.
pub async fn run(driver: Driver, every: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = resolve(&driver, &stop).await {
            tracing::warn!(%error, "payments are not resolved while the database does not answer");
        }
        tokio::select! {
            () = stop.cancelled() => (),
            () = tokio::time::sleep(every) => (),
            // A webhook has told of something.
            () = driver.look.notified() => (),
        }
    }
}

/// Drives all that are due.
async fn resolve(driver: &Driver, stop: &CancellationToken) -> Result<(), Error> {
    let mut under_way = JoinSet::new();
    while !stop.is_cancelled()
        && let Some(payment) = driver.payments.take_due().await?
    {
        if under_way.len() >= AT_ONCE {
            under_way.join_next().await;
        }
        let driver = driver.clone();
        under_way.spawn(async move {
            let id = payment.id;
            if let Err(error) = driver.drive(payment, None).await {
                tracing::warn!(payment = %id, %error, "a payment is not resolved while the database does not answer");
            }
        });
    }
    under_way.join_all().await;
    let oldest = driver.payments.oldest_unsettled().await?.map(Timestamp::from);
    let age = oldest.map_or(0.0, |oldest| driver.clock.now().duration_since(oldest).as_secs_f64());
    metrics::gauge!("payments_oldest_unsettled_seconds").set(age);
    telemetry::worked("payment-resolver");
    Ok(())
}
