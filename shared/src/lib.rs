//! What crosses a service boundary: ids, money, times, problems and the requests and answers of each service.
//!
//! The first half compiles everywhere, also to WASM, so that a form in the browser refuses what the server
//! would refuse, from the same line of code. The second half, behind the feature `server`, is what the four
//! services have in common. No business rule lives here, no document, nothing that one service alone uses.

// In the browser, as much of jiff as is used there.
#[cfg(target_arch = "wasm32")]
extern crate timestamp as jiff;

pub mod auth;
pub mod event;
pub mod id;
pub mod money;
pub mod page;
pub mod payment;
pub mod problem;
pub mod rules;
pub mod ticket;

#[cfg(feature = "probe")]
pub mod probe;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "testing")]
#[expect(clippy::missing_panics_doc, reason = "a test that cannot go on panics")]
pub mod testing;

pub use id::{EventId, OrderId, PaymentId, TicketId, UserId};
pub use iso_currency::Currency;
pub use jiff::Timestamp;
pub use money::Money;
pub use page::Page;
pub use problem::{FieldError, Problem, ProblemType};
