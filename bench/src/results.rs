//! Everything that was measured, by repetition.

use crate::{
    figure::Figure,
    plan::{BARE_CLIENTS, READERS},
    sellout::Sale,
};

/// The bare driver's loop: the ceiling for bookings.
pub const BARE: &str = "bare driver loop";
/// Booking one event that everyone wants.
pub const HOT: &str = "book, one hot event";
/// Booking any of many events.
pub const SPREAD: &str = "book, 200 events";
/// Booking with nobody else there.
pub const LONELY: &str = "book, alone";
/// Book, pay, look at the tickets.
pub const FULL: &str = "book, pay, tickets";
/// Booking until nothing is left.
pub const SALE: &str = "book until sold out";
/// Asking who one is.
pub const ME: &str = "me";
/// Signing in.
pub const LOGIN: &str = "login";

/// The name of the ceiling of a read.
pub fn ceiling_of(read: &str) -> String {
    format!("{read}: ceiling")
}

/// One scenario with so many clients, and what it has shown.
#[derive(Clone, Debug)]
pub struct Run {
    /// Which scenario.
    pub scenario: String,
    /// How many did it at once.
    pub clients: usize,
    /// What it has shown.
    pub figure: Figure,
}

/// All scenarios once.
#[derive(Clone, Debug, Default)]
pub struct Repetition {
    /// In the order in which they were run.
    pub runs: Vec<Run>,
    /// The sales to their end.
    pub sales: Vec<Sale>,
}

impl Repetition {
    /// A scenario with so many clients.
    pub fn get(&self, scenario: &str, clients: usize) -> Option<&Figure> {
        let found = self.runs.iter().find(|run| run.scenario == scenario && run.clients == clients);
        found.map(|run| &run.figure)
    }

    /// A scenario at that of these concurrencies where it does most.
    fn best(&self, scenario: &str, clients: &[usize]) -> Option<&Figure> {
        let all = clients.iter().filter_map(|clients| self.get(scenario, *clients));
        all.max_by(|a, b| a.per_second.total_cmp(&b.per_second))
    }

    /// A scenario's throughput at its best against the bare loop's at its best.
    pub fn against_bare(&self, scenario: &str, clients: &[usize]) -> Option<f64> {
        ratio(self.best(scenario, clients)?.per_second, self.best(BARE, &BARE_CLIENTS)?.per_second)
    }

    /// The same by core time.
    pub fn cores_against_bare(&self, scenario: &str, clients: &[usize]) -> Option<f64> {
        ratio(self.best(BARE, &BARE_CLIENTS)?.cores_ms(), self.best(scenario, clients)?.cores_ms())
    }

    /// A read's throughput against its ceiling's.
    pub fn against_ceiling(&self, read: &str) -> Option<f64> {
        ratio(self.get(read, READERS)?.per_second, self.get(&ceiling_of(read), READERS)?.per_second)
    }

    /// The same by core time.
    pub fn cores_against_ceiling(&self, read: &str) -> Option<f64> {
        ratio(self.get(&ceiling_of(read), READERS)?.cores_ms(), self.get(read, READERS)?.cores_ms())
    }
}

/// The one by the other, where that says something.
pub fn ratio(measured: f64, ceiling: f64) -> Option<f64> {
    (ceiling > 0.0).then(|| measured / ceiling)
}

/// Each scenario once, with what is typical of all repetitions.
pub fn typical(repetitions: &[Repetition]) -> Vec<Run> {
    let Some(first) = repetitions.first() else { return Vec::new() };
    let typical = |run: &Run| {
        let figures: Vec<&Figure> =
            repetitions.iter().filter_map(|repetition| repetition.get(&run.scenario, run.clients)).collect();
        Run { figure: Figure::typical(&figures), ..run.clone() }
    };
    first.runs.iter().map(typical).collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A run with this throughput.
    pub fn run(scenario: &str, clients: usize, per_second: f64) -> Run {
        Run { scenario: scenario.to_owned(), clients, figure: Figure { per_second, ..Figure::default() } }
    }

    #[test]
    fn the_bare_loop_counts_at_its_best() {
        let runs = vec![run(BARE, 1, 300.0), run(BARE, 32, 900.0), run(BARE, 128, 800.0), run(HOT, 256, 4500.0)];
        let repetition = Repetition { runs, sales: Vec::new() };
        assert_eq!(repetition.against_bare(HOT, &[256]), Some(5.0));
        assert_eq!(repetition.against_bare(HOT, &[32]), None);
        // Nothing was counted of the cores.
        assert_eq!(repetition.cores_against_bare(HOT, &[256]), None);
    }

    #[test]
    fn a_read_is_compared_with_its_own_ceiling() {
        let runs = vec![run("list", READERS, 4000.0), run("list: ceiling", READERS, 10_000.0)];
        let repetition = Repetition { runs, sales: Vec::new() };
        assert_eq!(repetition.against_ceiling("list"), Some(0.4));
        assert_eq!(repetition.against_ceiling("detail"), None);
        assert_eq!(ratio(1.0, 0.0), None);
    }
}
