//! The four services, one file each. Nothing else in the app talks HTTP.

pub mod auth;
mod error;
pub mod event;
mod http;
pub mod payment;
pub mod ticket;

pub use error::ApiError;
pub use http::{Stripe, is_test_mode, load_config, new_key, on_signed_out, stripe};
