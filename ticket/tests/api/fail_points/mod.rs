//! The process dies at every point there is, and with the next one everything comes to the same end.
//!
//! `cargo test -p ticket --features fail-points fail_points`, with a MongoDB that ends a transaction whose client has died
//! after ten seconds (`transactionLifetimeLimitSeconds`), as `cargo xtask db` and the deployments have it.

mod story;

use std::{
    io::Write,
    os::unix::process::ExitStatusExt,
    pin::pin,
    process::{Command, ExitStatus},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::StreamExt;
use shared::testing::Process;

use crate::{World, eventually};

const BINARY: &str = env!("CARGO_BIN_EXE_ticket");
/// How soon all is settled after a restart.
const HALF_A_MINUTE: Duration = Duration::from_secs(30);
/// What a process dies of that ends itself without tidying up.
const SIGABRT: i32 = 6;

/// The neighbours, and the service in a process of its own.
struct Stage {
    world: World,
    process: Mutex<Process>,
}

impl Stage {
    /// With a process that dies at `point`.
    async fn open(point: &str) -> Self {
        let world = World::new().await;
        let process = Mutex::new(start(&world, &format!("{point}=abort")));
        Self { world, process }
    }

    /// The next process, at which nothing dies.
    fn start_again(&self) {
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = start(&self.world, "");
    }

    /// Where the process answers that runs now.
    fn url(&self) -> String {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).url.clone()
    }

    fn ended(&self) -> Option<ExitStatus> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).ended()
    }

    /// What `ticket audit` prints, and whether it found all well.
    fn audit(&self) -> (String, bool) {
        let output = Command::new(BINARY).arg("audit").envs(self.world.variables()).output().expect("an audit");
        (String::from_utf8(output.stdout).expect("text"), output.status.success())
    }
}

fn start(world: &World, fail_points: &str) -> Process {
    let variables = world.variables();
    let variables = variables.iter().map(|(name, value)| (*name, value.as_str()));
    Process::start(BINARY, &variables.chain([("FAIL_POINTS", fail_points)]).collect::<Vec<_>>())
}

/// How long it took from the restart until all was settled.
async fn dies_and_recovers(point: String) -> Duration {
    let stage = Stage::open(&point).await;
    let mut story = pin!(story::told(&stage));
    let death = eventually("the process dies", async || stage.ended().is_some());
    tokio::select! {
        () = death => {}
        _ = &mut story => panic!("nothing has reached {point}"),
    }
    assert_eq!(stage.ended().and_then(|ended| ended.signal()), Some(SIGABRT), "{point}");
    // Nothing is to be repaired: it is true at every moment.
    let left_behind = stage.world.audit().await;
    assert!(left_behind.faults.is_empty(), "{point}: {:?}", left_behind.faults);

    stage.start_again();
    let restarted = Instant::now();
    let ends = tokio::time::timeout(HALF_A_MINUTE, story).await;
    let ends = ends.unwrap_or_else(|_| panic!("not settled half a minute after {point}"));
    let took = restarted.elapsed();
    assert_eq!(stage.ended(), None, "{point}: it died twice");
    story::ended_well(&stage, &ends).await;
    assert_eq!(stage.audit(), (String::new(), true), "{point}");
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_the_process_dies_all_comes_to_the_same_end() {
    let listed = Command::new(BINARY).arg("fail-points").output().expect("the list").stdout;
    let points: Vec<String> = String::from_utf8(listed).expect("text").lines().map(ToOwned::to_owned).collect();
    assert_eq!(points, ticket::fail_points());
    let deaths = futures::stream::iter(points.clone()).map(dies_and_recovers).buffer_unordered(4);
    let settled: Vec<Duration> = deaths.collect().await;
    assert_eq!(settled.len(), points.len());
    let longest = settled.iter().max().expect("points");
    // Not by `println`, which nobody sees where a test succeeds.
    let mut terminal = std::io::stderr();
    let died = settled.len();
    writeln!(
        terminal,
        "ticket died at {died} fail points, each settled after {:.1} s at the most",
        longest.as_secs_f64()
    )
    .expect("a terminal");
}

#[test]
fn a_process_that_is_to_die_at_no_known_point_does_not_start() {
    let start = |points| Command::new(BINARY).arg("fail-points").env("FAIL_POINTS", points).output().expect("an end");
    assert!(start("hold-before-write=abort,cancel-before-commit=abort:2").status.success());
    for points in ["hold=abort", "hold-before-write", "hold-before-write=abort:0", "hold-before-write=panic"] {
        let refused = start(points);
        assert!(!refused.status.success(), "{points}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("is no point"), "{points}");
    }
}
