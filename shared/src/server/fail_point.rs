//! Named points where a test can make a service die. In a build without the feature `fail-points` they are nothing.
//!
//! A point is a durable step of a service and a side of it. `FAIL_POINTS=captured-before-write=abort` dies the first time
//! that point is reached, `…=abort:3` the third time; several are separated by commas.

/// On which side of a durable step a point lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Before the state is written down.
    BeforeWrite,
    /// After it was written down in a transaction, and before that is committed.
    BeforeCommit,
    /// After it was written down for good, and before anybody is told.
    AfterWrite,
    /// After a neighbour was asked, and before its answer is written down.
    AfterCall,
}

impl Side {
    /// Around what is written by itself.
    pub const WRITE: [Self; 2] = [Self::BeforeWrite, Self::AfterWrite];
    /// Around what is written in a transaction.
    pub const TRANSACTION: [Self; 3] = [Self::BeforeWrite, Self::BeforeCommit, Self::AfterWrite];
    /// Around a question to a neighbour.
    pub const CALL: [Self; 1] = [Self::AfterCall];
}

/// Passes a point, unless the process is to die there.
#[cfg(not(feature = "fail-points"))]
pub const fn reach(_step: &str, _side: Side) {}

#[cfg(feature = "fail-points")]
pub use armed::{arm, names, print, reach};

#[cfg(feature = "fail-points")]
mod armed {
    use std::{
        collections::HashMap,
        process::ExitCode,
        sync::{Mutex, OnceLock, PoisonError},
    };

    use super::Side;

    struct Points {
        known: Vec<String>,
        /// How often each armed point may yet be passed.
        armed: Mutex<HashMap<String, u32>>,
    }

    /// None where a service runs within its tests: there nothing dies.
    static POINTS: OnceLock<Points> = OnceLock::new();

    fn name(step: &str, side: Side) -> String {
        let side = match side {
            Side::BeforeWrite => "before-write",
            Side::BeforeCommit => "before-commit",
            Side::AfterWrite => "after-write",
            Side::AfterCall => "after-call",
        };
        format!("{step}-{side}")
    }

    /// The points on these sides of each of the steps.
    pub fn names<'a>(steps: impl IntoIterator<Item = &'a str>, sides: &[Side]) -> Vec<String> {
        steps.into_iter().flat_map(|step| sides.iter().map(move |side| name(step, *side))).collect()
    }

    /// Arms what `FAIL_POINTS` names among the points that a service has. What names none ends the process at once: a test
    /// that arms nothing would prove nothing.
    pub fn arm(known: Vec<String>) {
        POINTS.get_or_init(|| {
            let armed = parse(&std::env::var("FAIL_POINTS").unwrap_or_default(), &known);
            Points { known, armed: Mutex::new(armed) }
        });
    }

    fn parse(armed: &str, known: &[String]) -> HashMap<String, u32> {
        let entries = armed.split(',').map(str::trim).filter(|entry| !entry.is_empty());
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
        let Some(points) = POINTS.get() else { return };
        let name = name(step, side);
        if !points.known.contains(&name) {
            not_listed(&name);
        }
        let mut armed = points.armed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(passes) = armed.get_mut(&name) {
            match passes.checked_sub(1) {
                Some(left) => *passes = left,
                None => std::process::abort(),
            }
        }
    }

    /// A point that is not listed could not be armed, so no test would ever die at it. A panic could end a task only.
    fn not_listed(name: &str) -> ! {
        #[expect(clippy::print_stderr, reason = "why the process ends")]
        {
            eprintln!("the fail point {name} is reached, and not listed");
        }
        std::process::exit(101)
    }

    /// The command that lists the points that a service has.
    pub fn print(known: &[String]) -> ExitCode {
        #[expect(clippy::print_stdout, reason = "the lines are what the command is for")]
        for name in known {
            println!("{name}");
        }
        ExitCode::SUCCESS
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn known() -> Vec<String> {
            [names(["captured"], &Side::WRITE), names(["refund"], &Side::CALL)].concat()
        }

        #[test]
        fn each_side_of_a_step_is_a_point() {
            assert_eq!(known(), ["captured-before-write", "captured-after-write", "refund-after-call"]);
        }

        #[test]
        fn a_point_is_armed_for_its_first_or_a_later_time() {
            let armed = parse("captured-before-write=abort, refund-after-call=abort:3", &known());
            assert_eq!(armed["captured-before-write"], 0);
            assert_eq!(armed["refund-after-call"], 2);
        }

        #[test]
        #[should_panic(expected = "is no point")]
        fn a_name_that_is_no_point_is_refused() {
            parse("captured=abort", &known());
        }
    }
}
