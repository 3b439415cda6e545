//! The upstream services that this one calls.

mod moves;
mod ticket;

pub use ticket::{TicketClient, TicketError};
