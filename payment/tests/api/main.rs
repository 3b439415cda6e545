//! The payment service over HTTP, against a real MongoDB and doubles of auth and ticket.

mod crashes;
mod declines;
mod idempotency;
mod input;
mod outages;
mod payments;
mod provider;
mod races;
mod support;
