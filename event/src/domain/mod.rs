//! The rules of events; they know neither HTTP nor MongoDB, and have no clock of their own.

pub mod event;
pub mod listing;
pub mod proposal;
pub mod words;

pub use event::{Event, Withdrawal};
pub use listing::{Listing, Place};
pub use proposal::{Details, Proposal};
use shared::{FieldError, event::EventStatus};

/// Why the rules do not allow something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Every bad field.
    #[error("invalid input")]
    Invalid(Vec<FieldError>),
    /// An event in this state cannot be changed so.
    #[error("not possible for a {0:?} event")]
    WrongState(EventStatus),
}

/// One bad field.
fn bad(pointer: impl Into<String>, detail: impl Into<String>) -> FieldError {
    FieldError { pointer: pointer.into(), detail: detail.into() }
}

/// Refuses if there is any bad field.
fn unless_bad(errors: Vec<FieldError>) -> Result<(), Refusal> {
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}
