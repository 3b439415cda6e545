//! The four services, one file each. Nothing else in the app talks HTTP.

pub mod auth;
pub mod event;
mod http;
pub mod payment;
pub mod ticket;

pub use http::{ApiError, is_test_mode, load_config, on_signed_out};
