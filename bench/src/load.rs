//! Many who do the same over and over, each waiting for the answer before going on, and what they meet.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use tokio::{task::JoinSet, time::timeout_at};

use crate::{
    client::Fault,
    figure::{Figure, float},
    meter::Meter,
    plan::Window,
};

/// The longest latency that is told apart, in microseconds.
const LONGEST: u64 = 60_000_000;
/// Tallies side by side, so that the workers seldom wait for each other.
const TALLIES: usize = 8;
/// Who met a fault does not knock again at once.
const PAUSE: Duration = Duration::from_millis(10);
/// How long after the end answers are waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// Someone who does something over and over.
pub trait Actor: Send + 'static {
    /// Does it once.
    fn act(&mut self) -> impl Future<Output = Result<(), Fault>> + Send;
}

struct Tally {
    latencies: Histogram<u64>,
    done: u64,
    errors: BTreeMap<Cow<'static, str>, u64>,
}

struct Course {
    from: Instant,
    to: Instant,
    stop: AtomicBool,
    tallies: Vec<Mutex<Tally>>,
}

impl Course {
    fn new(window: Window) -> Result<Self> {
        let from = Instant::now() + window.warm_up;
        let tally = || -> Result<_> {
            let latencies = Histogram::new_with_bounds(1, LONGEST, 3)?;
            Ok(Mutex::new(Tally { latencies, done: 0, errors: BTreeMap::new() }))
        };
        let tallies = (0..TALLIES).map(|_| tally()).collect::<Result<_>>()?;
        Ok(Self { from, to: from + window.measured, stop: AtomicBool::new(false), tallies })
    }

    /// Latencies of answers that come after the end count too: the slowest would be missing else.
    fn note(&self, place: usize, ended: Instant, took: Duration, outcome: Result<(), Fault>) {
        let mut tally = self.tallies[place % TALLIES].lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(()) if ended < self.from => {}
            Ok(()) => {
                let micros = u64::try_from(took.as_micros()).unwrap_or(LONGEST);
                tally.latencies.saturating_record(micros.max(1));
                if ended < self.to {
                    tally.done += 1;
                }
            }
            Err(Fault(kind)) => *tally.errors.entry(kind).or_default() += 1,
        }
    }

    fn figure(&self, unanswered: u64) -> Figure {
        let mut figure = Figure::default();
        let (mut done, mut latencies) = (0, None::<Histogram<u64>>);
        for tally in &self.tallies {
            let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
            done += tally.done;
            match &mut latencies {
                // All have the same bounds.
                Some(all) => drop(all.add(&tally.latencies)),
                None => latencies = Some(tally.latencies.clone()),
            }
            for (kind, count) in &tally.errors {
                *figure.errors.entry(kind.to_string()).or_default() += count;
            }
        }
        if unanswered > 0 {
            figure.errors.insert("no answer".to_owned(), unanswered);
        }
        let quantile = |quantile| latencies.as_ref().map_or(0.0, |all| float(all.value_at_quantile(quantile)) / 1e3);
        figure.per_second = float(done) / (self.to - self.from).as_secs_f64();
        (figure.p50_ms, figure.p99_ms, figure.max_ms) = (quantile(0.5), quantile(0.99), quantile(1.0));
        figure
    }
}

/// Lets all of them act for the window's time, and tells what came of it.
pub async fn drive<A: Actor>(actors: Vec<A>, window: Window, meter: &Meter) -> Result<Figure> {
    meter.settle().await?;
    let (actors, failed) = arrive(actors).await?;
    let course = Arc::new(Course::new(window)?);
    for fault in failed {
        course.note(0, Instant::now(), Duration::ZERO, Err(fault));
    }
    let mut working = JoinSet::new();
    for (place, actor) in actors.into_iter().enumerate() {
        working.spawn(work(actor, place, course.clone()));
    }
    tokio::time::sleep_until(course.from.into()).await;
    let before = meter.snapshot().await?;
    tokio::time::sleep_until(course.to.into()).await;
    // Taken while they still work, so that what it counts belongs to the time between.
    let after = meter.snapshot().await?;
    course.stop.store(true, Ordering::Relaxed);

    let deadline = Instant::now() + PATIENCE;
    while let Ok(Some(ended)) = timeout_at(deadline.into(), working.join_next()).await {
        ended?;
    }
    let unanswered = u64::try_from(working.len()).unwrap_or(u64::MAX);
    working.shutdown().await;

    let figure = course.figure(unanswered);
    let costs = meter.costs(&before, &after, figure.per_second);
    let Figure { per_second, p50_ms, p99_ms, max_ms, errors, .. } = figure;
    Ok(Figure { per_second, p50_ms, p99_ms, max_ms, errors, ..costs })
}

/// Each does it once, unmeasured: a thousand connections made at once say more about the network than about a service.
async fn arrive<A: Actor>(actors: Vec<A>) -> Result<(Vec<A>, Vec<Fault>)> {
    let mut arriving = JoinSet::new();
    for mut actor in actors {
        arriving.spawn(async move {
            let outcome = actor.act().await;
            (actor, outcome.err())
        });
    }
    let (mut arrived, mut failed) = (Vec::new(), Vec::new());
    let deadline = Instant::now() + PATIENCE;
    while let Some(ended) =
        timeout_at(deadline.into(), arriving.join_next()).await.context("no first answer in time")?
    {
        let (actor, fault) = ended?;
        arrived.push(actor);
        failed.extend(fault);
    }
    Ok((arrived, failed))
}

async fn work<A: Actor>(mut actor: A, place: usize, course: Arc<Course>) {
    while !course.stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let outcome = actor.act().await;
        let failed = outcome.is_err();
        course.note(place, Instant::now(), begun.elapsed(), outcome);
        if failed {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn course() -> Result<Course> {
        Course::new(Window { warm_up: SECOND, measured: SECOND * 10 })
    }

    #[test]
    fn what_is_done_in_the_window_is_counted_and_timed() -> Result<()> {
        let course = course()?;
        course.note(0, course.from, SECOND, Ok(()));
        course.note(1, course.from + SECOND, SECOND / 1000, Ok(()));
        course.note(2, course.from + SECOND, SECOND, Err(Fault::of("503 unavailable")));
        let figure = course.figure(2);
        assert!((figure.per_second - 0.2).abs() < 1e-9, "{figure:?}");
        assert!((figure.p50_ms - 1.0).abs() < 0.01 && (figure.max_ms - 1000.0).abs() < 1.0, "{figure:?}");
        assert_eq!(figure.errors, [("503 unavailable".to_owned(), 1), ("no answer".to_owned(), 2)].into());
        Ok(())
    }

    #[test]
    fn of_the_warm_up_only_errors_count_and_of_late_answers_only_how_late_they_were() -> Result<()> {
        let course = course()?;
        let before = Instant::now();
        course.note(0, before, SECOND, Ok(()));
        course.note(0, before, SECOND, Err(Fault::of("x")));
        course.note(0, course.to + SECOND, SECOND * 2, Ok(()));
        let figure = course.figure(0);
        assert!(figure.per_second.abs() < f64::EPSILON);
        assert!((figure.max_ms - 2000.0).abs() < 2.0, "{figure:?}");
        assert_eq!(figure.failed(), 1);
        Ok(())
    }
}
