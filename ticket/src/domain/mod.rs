//! The rules of stock and orders; they know neither HTTP nor MongoDB, and are told what time it is.

pub mod audit;
pub mod cart;
pub mod inventory;
#[cfg(test)]
mod laws;
pub mod order;
pub mod pass;
pub mod reference;
pub mod refund;
