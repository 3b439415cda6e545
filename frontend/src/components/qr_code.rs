//! A QR code, drawn.

use std::fmt::Write;

use leptos::prelude::*;
use qrcodegen::{QrCode as Code, QrCodeEcc, QrSegment};

/// How many light modules scanners want around it.
const QUIET: i32 = 4;

/// The dark modules as an SVG path, row by row, and how many there are along a side.
fn draw(text: &str) -> Option<(String, i32)> {
    let code = Code::encode_segments(&[QrSegment::make_bytes(text.as_bytes())], QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let run = (x..size).take_while(|x| code.get_module(*x, y)).count();
            if run > 0 {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
            }
            x += i32::try_from(run).unwrap_or_default() + 1;
        }
    }
    Some((path, size))
}

/// A QR code that says this; dark on light in either theme, since not every scanner reads the other way round.
#[component]
pub fn QrCode(
    /// What it says.
    text: String,
    /// What it is, for screen readers.
    label: String,
) -> impl IntoView {
    draw(&text).map(|(path, size)| {
        let side = size + 2 * QUIET;
        view! {
            <svg
                viewBox=format!("-{QUIET} -{QUIET} {side} {side}")
                class="mx-auto w-full max-w-60 rounded-control bg-white text-black"
                shape-rendering="crispEdges"
                role="img"
                aria-label=label
                data-testid="ticket-qr"
            >
                <path d=path fill="currentColor" />
            </svg>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which modules a path makes dark.
    fn dark(path: &str, side: i32) -> Vec<bool> {
        let mut modules = vec![false; usize::try_from(side * side).expect("a size")];
        for run in path.split('M').skip(1) {
            let mut numbers = run.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<usize>().ok());
            let (x, y, length) = (numbers.next(), numbers.next(), numbers.next());
            let at = y.expect("y") * usize::try_from(side).expect("a size") + x.expect("x");
            modules[at..at + length.expect("a length")].fill(true);
        }
        modules
    }

    #[test]
    fn every_dark_module_is_drawn_and_no_other() {
        let text = "AXVx-_09".repeat(24);
        let (path, side) = draw(&text).expect("it fits");
        let code =
            Code::encode_segments(&[QrSegment::make_bytes(text.as_bytes())], QrCodeEcc::Medium).expect("it fits");
        let modules: Vec<bool> =
            (0..side).flat_map(|y| (0..side).map(move |x| (x, y))).map(|(x, y)| code.get_module(x, y)).collect();
        assert_eq!(dark(&path, side), modules);
    }
}
