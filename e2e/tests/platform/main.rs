//! The whole platform: real binaries, a real database, a real browser.

mod buyer;
mod journey;
mod outage;
mod sale;
mod session;
mod traces;
