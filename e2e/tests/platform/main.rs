//! The whole platform: real binaries, a real database, a real browser.

mod buyer;
mod journey;
mod outage;
mod pages;
mod sale;
mod session;
mod stripe;
#[path = "../../../payment/tests/api/support/stripe.rs"]
#[expect(dead_code, reason = "the payment service's own tests use all of it")]
mod stripe_stub;
mod traces;
