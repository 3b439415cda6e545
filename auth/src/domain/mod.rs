//! The rules of accounts; they know neither HTTP nor MongoDB.

pub mod account;
pub mod password;
