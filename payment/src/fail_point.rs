//! Named points where a test can make the process die. In a build without the feature `fail-points` they are nothing.
//!
//! `FAIL_POINTS=captured-before-write=abort` dies the first time that point is reached, `…=abort:3` the third time;
//! several are separated by commas.

/// On which side of a durable step a point lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Before the state is written down.
    BeforeWrite,
    /// After it was written down.
    AfterWrite,
    /// After a neighbour was asked, and before its answer is written down.
    AfterCall,
}

/// Passes a point, unless the process is to die there.
#[cfg(not(feature = "fail-points"))]
pub const fn reach(_step: &str, _side: Side) {}

#[cfg(feature = "fail-points")]
pub use armed::{names, reach};

#[cfg(feature = "fail-points")]
mod armed {
    use std::{
        collections::HashMap,
        sync::{LazyLock, Mutex, PoisonError},
    };

    use super::Side;
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

    /// How often each armed point may yet be passed.
    static ARMED: LazyLock<Mutex<HashMap<String, u32>>> =
        LazyLock::new(|| Mutex::new(parse(&std::env::var("FAIL_POINTS").unwrap_or_default())));

    fn name(step: &str, side: Side) -> String {
        let side = match side {
            Side::BeforeWrite => "before-write",
            Side::AfterWrite => "after-write",
            Side::AfterCall => "after-call",
        };
        format!("{step}-{side}")
    }

    /// Every point there is.
    pub fn names() -> Vec<String> {
        let states = State::UNSETTLED.into_iter().chain(State::SETTLED).map(State::as_str);
        let writes = states.flat_map(|state| [name(state, Side::BeforeWrite), name(state, Side::AfterWrite)]);
        writes.chain(CALLS.map(|call| name(call, Side::AfterCall))).collect()
    }

    /// What does not name a point dies at once: a test that arms nothing would prove nothing.
    fn parse(armed: &str) -> HashMap<String, u32> {
        let entries = armed.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let known = names();
        entries
            .map(|entry| {
                let parsed = entry.split_once('=').and_then(|(name, action)| {
                    let (verb, time) = action.split_once(':').unwrap_or((action, "1"));
                    let passes = time.parse::<u32>().ok()?.checked_sub(1)?;
                    (verb == "abort" && known.iter().any(|known| known == name)).then(|| (name.to_owned(), passes))
                });
                parsed.unwrap_or_else(|| panic!("FAIL_POINTS: {entry} is no point"))
            })
            .collect()
    }

    /// Passes a point, unless the process is to die there: as by SIGKILL, nothing is tidied up.
    pub fn reach(step: &str, side: Side) {
        let mut armed = ARMED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(passes) = armed.get_mut(&name(step, side)) {
            match passes.checked_sub(1) {
                Some(left) => *passes = left,
                None => std::process::abort(),
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn every_point_has_a_name_of_its_own() {
            let mut names = names();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!((names.len(), all), (all, 35));
        }

        #[test]
        fn a_point_is_armed_for_its_first_or_a_later_time() {
            let armed = parse("captured-before-write=abort, refund-after-call=abort:3");
            assert_eq!(armed["captured-before-write"], 0);
            assert_eq!(armed["refund-after-call"], 2);
        }

        #[test]
        #[should_panic(expected = "is no point")]
        fn a_name_that_is_no_point_is_refused() {
            parse("captured=abort");
        }
    }
}
