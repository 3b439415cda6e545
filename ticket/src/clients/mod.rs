//! The upstream services that this one calls.

mod event;

pub use event::EventClient;
