//! The whole platform for tests: the real binaries on free ports, the built web app, and a real browser.
//!
//! `cargo xtask test` builds what is started here and names the MongoDB in `TEST_MONGODB_URI`.

mod browser;
mod person;
mod stage;

pub use browser::Browser;
pub use person::{Answer, PASSWORD, Person};
pub use stage::{Stage, eventually, mongodb_uri};
