//! Lines for the person at the terminal.

use std::{
    fmt::Display,
    io::{self, Write},
};

/// Prints a line.
pub fn line(text: impl Display) {
    // A reader that went away (`| head`) does not stop the measurement.
    let _ = writeln!(io::stdout().lock(), "{text}");
}
