//! SIGKILL at random moments under load: of every service, one of two replicas of ticket, two at once, and MongoDB.

mod theatre;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rand::{Rng, rngs::StdRng};
use tokio::time::sleep;
use xtask::{say, services::Service};

use crate::{
    load::{Act, Load},
    seed::{choices, seed},
    settled::{HALF_A_MINUTE, Settled, lawful, lawful_altogether, settled, silent},
};
use theatre::{Theatre, Victim};

/// How many kills each act of services has.
const KILLS: usize = 54;
/// How many acts there are in which services are killed.
const ACTS: usize = 3;
/// How often MongoDB is killed.
const MONGODB_KILLS: usize = 12;

impl Theatre {
    /// Kills at a random moment, with something else now and then, and has it running again.
    async fn strike(&mut self, victim: Victim, other: Option<Victim>, act: &Act, rng: &mut StdRng) -> Result<()> {
        sleep(Duration::from_micros(rng.random_range(30_000..350_000))).await;
        let killed = Instant::now();
        self.kill(victim, act).await?;
        sleep(Duration::from_micros(rng.random_range(0..120_000))).await;
        if let Some(other) = other {
            self.kill(other, act).await?;
        }
        self.revive(victim, killed).await?;
        if let Some(other) = other {
            self.revive(other, killed).await?;
        }
        lawful(&self.world, act).await.with_context(|| format!("after {victim:?} and {other:?} were killed"))
    }

    /// Kills services under load until there have been enough, then waits until all is settled.
    async fn kill_services(&mut self, rng: &mut StdRng) -> Result<(Act, Settled)> {
        let load = Load::start(&self.world, true, rng).await?;
        let mut kills = 0;
        while kills < KILLS {
            let victim = Victim::service(rng);
            let other = Some(Victim::service(rng)).filter(|other| *other != victim && rng.random_bool(0.2));
            self.strike(victim, other, load.act(), rng).await?;
            kills += 1 + usize::from(other.is_some());
        }
        self.settle(load).await
    }

    async fn kill_mongodb(&mut self, rng: &mut StdRng) -> Result<(Act, Settled)> {
        let load = Load::start(&self.world, true, rng).await?;
        for _ in 0..MONGODB_KILLS {
            // Something is to be going on again.
            let before = load.act().count("booked");
            while load.act().count("booked") < before + 5 {
                sleep(Duration::from_millis(20)).await;
            }
            let other = Some(Victim::service(rng)).filter(|_| rng.random_bool(0.3));
            self.strike(Victim::MongoDb, other, load.act(), rng).await?;
        }
        self.settle(load).await
    }

    async fn settle(&self, load: Load) -> Result<(Act, Settled)> {
        let healed = Instant::now();
        let act = load.stop().await?;
        let settled = settled(&self.world, &act, healed, HALF_A_MINUTE).await?;
        silent(&self.world)?;
        Ok((act, settled))
    }

    async fn play(&mut self) -> Result<()> {
        let begun = Instant::now();
        let rng = &mut choices("kills");
        let mut acts = Vec::new();
        for nth in 1..=ACTS {
            let (act, settled) = self.kill_services(rng).await.with_context(|| format!("services, act {nth}"))?;
            report(&format!("services killed, act {nth}"), &act, &settled);
            acts.push(act);
        }
        let (act, settled) = self.kill_mongodb(rng).await.context("MongoDB")?;
        report("MongoDB killed", &act, &settled);
        acts.push(act);
        lawful_altogether(&self.world, &acts).await.context("all acts together")?;
        self.table(begun.elapsed()).await?;

        // Who kills where nothing happens proves nothing.
        let all = |what: &str| acts.iter().map(|act| act.count(what)).sum::<u64>();
        for what in ["paid", "not charged", "bank answered", "cancelled", "refund begun", "called off", "broken off"] {
            ensure!(all(what) > 0, "nobody was told: {what}");
        }
        let kills: usize = self.tallies.values().map(|tally| tally.kills).sum();
        ensure!(kills >= 165, "only {kills} kills");
        Ok(())
    }

    async fn table(&self, took: Duration) -> Result<()> {
        say::plain("");
        say::plain("killed by SIGKILL            times   requests under way   away, median and most");
        let mut kills = 0;
        for (victim, tally) in &self.tallies {
            let mut away = tally.away.clone();
            away.sort_unstable();
            let (median, most) = (away[away.len() / 2], away[away.len() - 1]);
            #[expect(clippy::cast_precision_loss, reason = "a mean to look at")]
            let under_way = tally.under_way as f64 / tally.kills as f64;
            say::plain(format_args!(
                "{:<28} {:>5}   {under_way:>18.1}   {median:>9.1?} {most:>9.1?}",
                victim.name(),
                tally.kills
            ));
            kills += tally.kills;
        }
        say::plain(format_args!(
            "together                     {kills:>5}   in {:.0} s, FAULTS_SEED={}",
            took.as_secs_f64(),
            seed()
        ));
        for service in [Service::Ticket, Service::Payment] {
            say::plain(format_args!("fail points of {}: {}", service.name(), self.fail_points(service).await?));
        }
        Ok(())
    }

    /// How many named fail points a binary has. None of them is passed here: the service's own test dies at each.
    async fn fail_points(&self, service: Service) -> Result<String> {
        let listed = self.world.stage.platform.command(service, "fail-points").await?;
        let name = service.name();
        let own_test = format!("cargo test -p {name} --features fail-points");
        Ok(if listed.status.success() {
            let points = String::from_utf8_lossy(&listed.stdout).lines().count();
            format!("{points}, not counted here; `{own_test}` dies at each")
        } else {
            format!("not built into this binary, and not counted here; see `{own_test}`")
        })
    }
}

fn report(what: &str, act: &Act, settled: &Settled) {
    say::note(format_args!(
        "{what}: settled {:.1} s after healing; orders {:?}",
        settled.took.as_secs_f64(),
        settled.orders
    ));
    say::note(format_args!("  answers {:?}", act.record.told().counts));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_and_whenever_every_order_is_settled() -> Result<()> {
    let mut theatre = Theatre::open().await?;
    let outcome = theatre.play().await;
    theatre.close().await?;
    outcome
}
