//! Booking: everything that moves an order or its seats.
//!
//! Whatever moves stock is a command in the queue of the batcher that its event belongs to ([`queue`]); a batcher
//! decides all that waits with the rules of `domain` ([`decide`]) and commits it in one transaction ([`batch`]).

mod batch;
mod catalogue;
mod decide;
mod keys;
#[cfg(test)]
mod laws;
mod measure;
mod orders;
#[cfg(test)]
mod proofs;
mod queue;
mod shelf;

pub use batch::Batcher;
pub use catalogue::Catalogue;
pub use decide::Draft;
pub use orders::Bookings;
pub use queue::Queues;
pub use shelf::Shelf;
