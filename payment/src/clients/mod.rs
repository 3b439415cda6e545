//! The upstream services that this one calls.

mod ticket;

pub use ticket::{TicketClient, TicketError};
