//! The rules of paying: no HTTP, no database, no clock.

pub mod attempt;
pub mod backoff;
pub mod card;
pub mod ledger;
pub mod request;
