//! What must be reached, and whether it is. Ratios are taken within a repetition, where noise hits both sides; the
//! median of them counts.

use serde::Serialize;

use crate::{
    figure::{float, median},
    plan::{FULL_BUYERS, HOT_BUYERS, SPREAD_BUYERS},
    results::{BARE, FULL, HOT, LONELY, Repetition, SPREAD, ratio},
    table::number,
};

/// What a measured value must be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Bound {
    /// So many times the ceiling, or more.
    AtLeast(f64),
    /// Less than so many times the ceiling.
    Below(f64),
    /// Fewer milliseconds.
    BelowMs(f64),
    /// Not one.
    None,
}

impl Bound {
    /// Whether `value` is within it.
    pub fn admits(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::Below(most) | Self::BelowMs(most) => value < most,
            Self::None => value <= 0.0,
        }
    }

    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::AtLeast(least) => format!("≥ {least} ×"),
            Self::Below(most) => format!("< {most} ×"),
            Self::BelowMs(most) => format!("< {most} ms"),
            Self::None => "0".to_owned(),
        }
    }

    /// A measured value in the same unit.
    pub fn shown(self, value: f64) -> String {
        match self {
            Self::AtLeast(_) | Self::Below(_) => format!("{value:.2} ×"),
            Self::BelowMs(_) => format!("{} ms", number(value)),
            Self::None => format!("{value:.0}"),
        }
    }
}

/// A target and what was measured.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// What was to be reached.
    pub what: &'static str,
    /// How much.
    pub bound: Bound,
    /// What was measured.
    pub value: f64,
    /// The same by repetition.
    pub values: Vec<f64>,
    /// Whether it is reached.
    pub reached: bool,
    /// The ratio by core time.
    pub by_cores: Option<f64>,
}

type Measure = fn(&Repetition) -> Option<f64>;

struct Target {
    what: &'static str,
    bound: Bound,
    measure: Measure,
    /// The same ratio by core time, which neighbours on the machine hardly change.
    by_cores: Measure,
}

const fn target(what: &'static str, bound: Bound, measure: Measure, by_cores: Measure) -> Target {
    Target { what, bound, measure, by_cores }
}

const FEW: usize = HOT_BUYERS[0];
const MANY: usize = HOT_BUYERS[1];
const MOST: usize = HOT_BUYERS[2];

const TARGETS: [Target; 10] = [
    target(
        "one hot event, 256 buyers, against the bare loop",
        Bound::AtLeast(5.0),
        |r| r.against_bare(HOT, &[MANY]),
        |r| r.cores_against_bare(HOT, &[MANY]),
    ),
    target("  its p99", Bound::BelowMs(250.0), |r| Some(r.get(HOT, MANY)?.p99_ms), |_| None),
    target(
        "  errors other than sold out, in all bookings and sales",
        Bound::None,
        |r| Some(booking_errors(r)),
        |_| None,
    ),
    target(
        "200 events, against the bare loop",
        Bound::AtLeast(3.0),
        |r| r.against_bare(SPREAD, &[SPREAD_BUYERS]),
        |r| r.cores_against_bare(SPREAD, &[SPREAD_BUYERS]),
    ),
    target(
        "one lonely buyer, p50 against the bare loop's",
        Bound::Below(3.0),
        |r| ratio(r.get(LONELY, 1)?.p50_ms, r.get(BARE, 1)?.p50_ms),
        |r| ratio(r.get(LONELY, 1)?.cores_ms(), r.get(BARE, 1)?.cores_ms()),
    ),
    target(
        "list, against a handler that does nothing",
        Bound::AtLeast(0.5),
        |r| r.against_ceiling("list"),
        |r| r.cores_against_ceiling("list"),
    ),
    target(
        "detail, likewise",
        Bound::AtLeast(0.5),
        |r| r.against_ceiling("detail"),
        |r| r.cores_against_ceiling("detail"),
    ),
    target(
        "availability, likewise",
        Bound::AtLeast(0.5),
        |r| r.against_ceiling("availability"),
        |r| r.cores_against_ceiling("availability"),
    ),
    target(
        "one hot event, 1,024 buyers against 32",
        Bound::AtLeast(0.8),
        |r| ratio(r.get(HOT, MOST)?.per_second, r.get(HOT, FEW)?.per_second),
        |r| ratio(r.get(HOT, FEW)?.cores_ms(), r.get(HOT, MOST)?.cores_ms()),
    ),
    target(
        "book, pay, tickets, against the bare loop",
        Bound::AtLeast(1.0),
        |r| r.against_bare(FULL, &FULL_BUYERS),
        |r| r.cores_against_bare(FULL, &FULL_BUYERS),
    ),
];

fn booking_errors(repetition: &Repetition) -> f64 {
    let bookings = repetition.runs.iter().filter(|run| [HOT, SPREAD, LONELY].contains(&run.scenario.as_str()));
    let failed: u64 = bookings.map(|run| run.figure.failed()).sum();
    let met: u64 = repetition.sales.iter().flat_map(|sale| sale.errors.values()).sum();
    // A seat sold twice or not at all is the worst of errors.
    let unclean = repetition.sales.iter().filter(|sale| sale.errors.is_empty() && !sale.is_clean()).count();
    float(failed + met) + u32::try_from(unclean).map_or(0.0, f64::from)
}

/// Each target that something was measured for.
pub fn verdicts(repetitions: &[Repetition]) -> Vec<Verdict> {
    let verdict = |target: &Target| {
        let Target { what, bound, measure, by_cores } = *target;
        let values: Vec<f64> = repetitions.iter().filter_map(measure).collect();
        if values.is_empty() {
            return None;
        }
        let value = if bound == Bound::None { values.iter().sum() } else { median(values.iter().copied()) };
        let cores: Vec<f64> = repetitions.iter().filter_map(by_cores).collect();
        let by_cores = if cores.is_empty() { None } else { Some(median(cores)) };
        Some(Verdict { what, bound, value, values, reached: bound.admits(value), by_cores })
    };
    TARGETS.iter().filter_map(verdict).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{results::tests::run, sellout::Sale};

    fn repetition(hot: f64, bare: f64) -> Repetition {
        Repetition { runs: vec![run(BARE, 32, bare), run(HOT, MANY, hot)], sales: Vec::new() }
    }

    fn verdict(repetitions: &[Repetition], what: &str) -> Option<Verdict> {
        verdicts(repetitions).into_iter().find(|verdict| verdict.what.contains(what))
    }

    #[test]
    fn a_ratio_is_taken_within_a_repetition_and_the_median_counts() {
        // The second was disturbed as a whole: its ratio tells as much as the others'.
        let all = [repetition(5000.0, 1000.0), repetition(600.0, 100.0), repetition(4000.0, 1000.0)];
        let hot = verdict(&all, "256 buyers").expect("measured");
        assert_eq!(hot.values, [5.0, 6.0, 4.0]);
        assert!(hot.reached && (hot.value - 5.0).abs() < 1e-9);
        assert!(!verdict(&all[2..], "256 buyers").expect("measured").reached);
    }

    #[test]
    fn errors_of_all_repetitions_count() {
        let mut all = [repetition(1.0, 1.0), repetition(1.0, 1.0), repetition(1.0, 1.0)];
        assert!(verdict(&all, "errors").expect("measured").reached);
        all[1].runs[1].figure.errors.insert("503 unavailable".to_owned(), 2);
        all[2].sales.push(Sale { seats: 1, sold: 2, ..Sale::default() });
        let errors = verdict(&all, "errors").expect("measured");
        assert!(!errors.reached && (errors.value - 3.0).abs() < 1e-9);
    }

    #[test]
    fn what_was_not_measured_has_no_verdict() {
        assert!(verdict(&[repetition(1.0, 1.0)], "lonely").is_none());
    }
}
