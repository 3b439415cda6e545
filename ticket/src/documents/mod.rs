//! What a buyer takes along.

pub mod calendar;
pub mod pdf;
mod text;
