//! What the processes, MongoDB and the services' own metrics say before and after a measurement.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use hyper::HeaderMap;
use mongodb::Database;

use crate::{
    args::Service,
    client::{Call, Connection},
    exposition,
    figure::{Figure, Shares},
    mongo::{self, Counters},
    process,
};

/// The name of MongoDB's process.
pub const MONGOD: &str = "mongod";
/// The name of this process.
pub const CLIENT: &str = "client";
/// The name of the process that does nothing.
pub const CEILING: &str = "ceiling";

/// Everything that is looked at.
pub struct Meter {
    services: Vec<Service>,
    /// Process ids by name: the services and those beside them.
    processes: BTreeMap<String, u32>,
    admin: Database,
    cores: f64,
}

/// How it all stands at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    at: Option<Instant>,
    cpu: BTreeMap<String, Duration>,
    machine: Duration,
    mongodb: Counters,
    questions: f64,
    batches: f64,
    batched: f64,
}

impl Meter {
    /// Over these services and the server behind `admin`; `processes` are those beside them.
    pub fn new(services: &[Service], processes: BTreeMap<String, u32>, admin: Database) -> Self {
        let mut all = processes;
        all.extend(services.iter().map(|service| (service.name.clone(), service.pid)));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { services: services.to_vec(), processes: all, admin, cores: u32::try_from(cores).map_or(1.0, f64::from) }
    }

    /// How many cores there are.
    pub fn cores(&self) -> f64 {
        self.cores
    }

    /// Has MongoDB bring to its files what was written before, so that each scenario bears the cost of its own writes only.
    pub async fn settle(&self) -> Result<()> {
        mongo::checkpoint(&self.admin).await
    }

    /// How it stands now.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let mut now = Snapshot { at: Some(Instant::now()), ..Snapshot::default() };
        let cpu = self.processes.iter().filter_map(|(name, pid)| Some((name.clone(), process::cpu(*pid)?)));
        now.cpu = cpu.collect();
        now.machine = process::machine().unwrap_or_default();
        now.mongodb = mongo::counters(&self.admin).await?;
        for service in &self.services {
            let text = scrape(service).await?;
            now.questions += exposition::sum(&text, "session_questions_total");
            now.batches += exposition::sum(&text, "booking_batch_size_count");
            now.batched += exposition::sum(&text, "booking_batch_size_sum");
        }
        Ok(now)
    }

    /// What one operation cost between two snapshots, `per_second` of them having been done.
    pub fn costs(&self, before: &Snapshot, after: &Snapshot, per_second: f64) -> Figure {
        let resident = self.processes.iter().filter_map(|(name, pid)| Some((name.clone(), process::resident(*pid)?)));
        Figure { resident_mib: resident.collect(), ..costs(before, after, per_second, self.cores) }
    }
}

async fn scrape(service: &Service) -> Result<String> {
    let mut connection = Connection::new(service.metrics, &HeaderMap::new())?;
    let answer = connection.send(&Call::get("/metrics")?).await;
    let answer = answer.ok().with_context(|| format!("{} does not tell its metrics", service.name))?;
    Ok(String::from_utf8_lossy(&answer.body).into_owned())
}

fn costs(before: &Snapshot, after: &Snapshot, per_second: f64, cores: f64) -> Figure {
    let (Some(from), Some(to)) = (before.at, after.at) else { return Figure::default() };
    let seconds = (to - from).as_secs_f64();
    let operations = per_second * seconds;
    let each = |amount: f64| if operations > 0.0 { amount / operations } else { 0.0 };

    let spent = |(name, now): (&String, &Duration)| {
        let spent = now.saturating_sub(before.cpu.get(name).copied().unwrap_or_default());
        (name.clone(), spent.as_secs_f64())
    };
    let spent: Shares = after.cpu.iter().map(spent).collect();
    let ours: f64 = spent.values().sum();
    let machine = after.machine.saturating_sub(before.machine).as_secs_f64();
    let counted = |(name, now): (&String, &f64)| {
        let before = before.mongodb.get(name).copied().unwrap_or_default();
        (name.clone(), each(now - before))
    };
    Figure {
        cpu_ms: spent.iter().map(|(name, seconds)| (name.clone(), each(seconds * 1e3))).collect(),
        mongodb: after.mongodb.iter().map(counted).collect(),
        session_questions: each(after.questions - before.questions),
        batch: if after.batches > before.batches {
            (after.batched - before.batched) / (after.batches - before.batches)
        } else {
            0.0
        },
        machine: machine / (seconds * cores),
        others: (machine - ours).max(0.0) / (seconds * cores),
        ..Figure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(at: Instant, ticket_ms: u64, machine_ms: u64, inserts: f64, batches: (f64, f64)) -> Snapshot {
        Snapshot {
            at: Some(at),
            cpu: [("ticket".to_owned(), Duration::from_millis(ticket_ms))].into(),
            machine: Duration::from_millis(machine_ms),
            mongodb: [("insert".to_owned(), inserts)].into(),
            questions: inserts / 10.0,
            batches: batches.0,
            batched: batches.1,
        }
    }

    #[test]
    fn costs_are_told_for_one_operation() {
        let start = Instant::now();
        let before = snapshot(start, 1000, 1000, 50.0, (1.0, 1.0));
        let after = snapshot(start + Duration::from_secs(2), 2000, 4000, 250.0, (3.0, 201.0));
        let figure = costs(&before, &after, 100.0, 2.0);
        let near = |value: f64, wanted: f64| assert!((value - wanted).abs() < 1e-9, "{value} {wanted}");
        near(figure.cpu_ms["ticket"], 5.0);
        near(figure.mongodb["insert"], 1.0);
        near(figure.session_questions, 0.1);
        near(figure.batch, 100.0);
        near(figure.machine, 0.75);
        near(figure.others, 0.5);
    }

    #[test]
    fn nothing_done_costs_nothing() {
        let start = Instant::now();
        let before = snapshot(start, 0, 0, 0.0, (0.0, 0.0));
        let after = snapshot(start + Duration::from_secs(1), 10, 10, 0.0, (0.0, 0.0));
        assert!(costs(&before, &after, 0.0, 2.0).cpu_ms["ticket"].abs() < f64::EPSILON);
    }
}
