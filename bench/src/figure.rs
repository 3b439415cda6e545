//! What one run of one scenario has shown, and what is typical of several.

use std::collections::BTreeMap;

use serde::Serialize;

/// Numbers by what they belong to.
pub type Shares = BTreeMap<String, f64>;

/// The figures of one run.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// Operations that went well, each second.
    pub per_second: f64,
    /// Half of them took at most so long, in milliseconds.
    pub p50_ms: f64,
    /// All but one in a hundred took at most so long.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
    /// Operations that went wrong, warm-up included, by kind.
    pub errors: BTreeMap<String, u64>,
    /// Core milliseconds an operation, by process.
    pub cpu_ms: Shares,
    /// MiB, by process.
    pub resident_mib: Shares,
    /// MongoDB's operations and transactions, an operation of ours.
    pub mongodb: Shares,
    /// Questions to auth about a session, an operation.
    pub session_questions: f64,
    /// Bookings and releases committed together.
    pub batch: f64,
    /// How much of the cores was used, of 1.
    pub machine: f64,
    /// How much of the cores others than the platform, MongoDB and the bench used, of 1.
    pub others: f64,
}

impl Figure {
    /// How many operations went wrong.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Core milliseconds an operation, of all processes together.
    pub fn cores_ms(&self) -> f64 {
        self.cpu_ms.values().sum()
    }

    /// What is typical of these runs: the median of each number, and all errors.
    pub fn typical(runs: &[&Self]) -> Self {
        let of = |number: fn(&Self) -> f64| median(runs.iter().map(|run| number(run)));
        let by = |shares: fn(&Self) -> &Shares| {
            let names = runs.iter().flat_map(|run| shares(run).keys());
            let share = |name: &String| median(runs.iter().filter_map(|run| shares(run).get(name).copied()));
            names.map(|name| (name.clone(), share(name))).collect()
        };
        let mut errors = BTreeMap::new();
        for (kind, count) in runs.iter().flat_map(|run| &run.errors) {
            *errors.entry(kind.clone()).or_default() += count;
        }
        Self {
            per_second: of(|run| run.per_second),
            p50_ms: of(|run| run.p50_ms),
            p99_ms: of(|run| run.p99_ms),
            max_ms: of(|run| run.max_ms),
            errors,
            cpu_ms: by(|run| &run.cpu_ms),
            resident_mib: by(|run| &run.resident_mib),
            mongodb: by(|run| &run.mongodb),
            session_questions: of(|run| run.session_questions),
            batch: of(|run| run.batch),
            machine: of(|run| run.machine),
            others: of(|run| run.others),
        }
    }
}

/// The middle value; 0 of none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match (values.len() / 2, values.len() % 2) {
        (_, _) if values.is_empty() => 0.0,
        (middle, 1) => values[middle],
        (middle, _) => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// A count, for dividing.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(per_second: f64, kind: &str) -> Figure {
        Figure {
            per_second,
            errors: [(kind.to_owned(), 1)].into(),
            cpu_ms: [("ticket".to_owned(), per_second)].into(),
            ..Figure::default()
        }
    }

    #[test]
    fn the_median_is_the_middle_or_between_the_two_in_the_middle() {
        let of = |values: &[f64]| median(values.iter().copied());
        assert!((of(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((of(&[4.0, 1.0]) - 2.5).abs() < f64::EPSILON);
        assert!(of(&[]).abs() < f64::EPSILON);
    }

    #[test]
    fn a_typical_run_has_the_median_and_all_errors() {
        let runs = [run(1.0, "a"), run(9.0, "b"), run(2.0, "a")];
        let typical = Figure::typical(&runs.iter().collect::<Vec<_>>());
        assert!((typical.per_second - 2.0).abs() < f64::EPSILON);
        assert_eq!(typical.cpu_ms["ticket"].to_string(), "2");
        assert_eq!(typical.errors, [("a".to_owned(), 2), ("b".to_owned(), 1)].into());
        assert_eq!(typical.failed(), 3);
    }
}
