//! Holds that were not paid in time give their seats back.

use std::time::Duration;

use shared::server::{Clock, problem::Cause, telemetry};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{Error, booking::Bookings};

/// How often it is looked at the latest: another replica may have made a hold that is due sooner than those known.
const EVERY: Duration = Duration::from_secs(1);
/// How long one round may take: a database that says nothing must not stop this for good.
const LONGEST: Duration = Duration::from_secs(15);
/// How many are released at once; more are released right after.
const AT_ONCE: i64 = 512;

/// Releases what is due, until `stop`.
pub async fn run(bookings: Bookings, clock: Clock, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match timeout(LONGEST, release(&bookings, &clock)).await {
            Ok(Ok(pause)) => {
                telemetry::worked("expiry");
                pause
            }
            Ok(Err(error)) => {
                tracing::warn!(cause = %Cause::of(&error).0, "holds that are due could not be released");
                EVERY
            }
            Err(_) => EVERY,
        };
        tokio::select! { () = stop.cancelled() => (), () = tokio::time::sleep(pause) => () }
    }
}

/// Releases all that is due; how long until there may be more.
async fn release(bookings: &Bookings, clock: &Clock) -> Result<Duration, Error> {
    while bookings.expire(AT_ONCE).await? > 0 {}
    let Some(next) = bookings.next_due().await? else { return Ok(EVERY) };
    let left = clock.now().duration_until(next);
    // Not at once even if it is due by now: whatever kept it from being released would keep this busy.
    Ok(Duration::try_from(left).unwrap_or_default().clamp(Duration::from_millis(10), EVERY))
}
