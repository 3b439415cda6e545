//! Orders of cancelled events are undone by themselves: what is held is released, what was paid goes back.
//!
//! The list of work is the state itself: events that are cancelled and whose tickets are not all given back.

use std::time::Duration;

use shared::server::{problem::Cause, telemetry};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{Error, booking::Bookings};

/// How often it is looked: an order that was being paid meanwhile is taken then.
const EVERY: Duration = Duration::from_secs(1);
/// How long one round may take: a database that says nothing must not stop this for good.
const LONGEST: Duration = Duration::from_secs(15);
/// How many events, and orders of each, are taken at once; more are taken right after.
const AT_ONCE: i64 = 256;

/// Undoes what is to be undone, until `stop`.
pub async fn run(bookings: Bookings, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match timeout(LONGEST, bookings.call_off(AT_ONCE)).await {
            Ok(Ok(0)) => telemetry::worked("called-off"),
            Err(_) => {}
            Ok(Ok(_)) => continue,
            Ok(Err(error)) => warn(&error),
        }
        tokio::select! { () = stop.cancelled() => (), () = tokio::time::sleep(EVERY) => () }
    }
}

fn warn(error: &Error) {
    tracing::warn!(cause = %Cause::of(error).0, "orders of cancelled events could not be undone");
}
