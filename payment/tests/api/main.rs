//! The payment service over HTTP, against a real MongoDB and doubles of auth and ticket.

mod audit;
mod challenges;
mod crashes;
mod declines;
#[cfg(feature = "fail-points")]
mod fail_points;
mod idempotency;
mod input;
mod outages;
mod payments;
mod provider;
mod races;
mod refunds;
mod stripe;
mod support;
mod webhooks;
