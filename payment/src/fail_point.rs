//! The points where a test can make this service die.

use shared::server::fail_point::{Side, names};

use crate::domain::attempt::State;

/// The steps that ask a neighbour, as the driver names them.
const CALLS: [&str; 9] = [
    "pin",
    "create-intent",
    "confirm",
    "retrieve",
    "cancel",
    "confirm-order",
    "release-order",
    "refund",
    "tell-refunded",
];

/// Every point there is: around each state that is written down, and after each question to a neighbour.
pub fn fail_points() -> Vec<String> {
    let states = State::UNSETTLED.into_iter().chain(State::SETTLED).map(State::as_str);
    [names(states, &Side::WRITE), names(CALLS, &Side::CALL)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_has_a_name_of_its_own() {
        let mut names = fail_points();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!((names.len(), all), (all, 33));
    }
}
