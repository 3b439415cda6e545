//! The whole platform: real binaries, a real database, a real browser.

mod journey;
mod outage;
mod sale;
mod session;
