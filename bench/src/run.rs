//! The order of a run: everything once, then everything again, so that a disturbance hits all alike.

use anyhow::{Context, Result};
use bson::Document;
use shared::Timestamp;

use crate::{
    args::Options,
    bare, booking, buying,
    ceiling::Ceiling,
    figure::Figure,
    meter::Meter,
    plan::{BARE_CLIENTS, FULL_BUYERS, HOT_BUYERS, Plan, READERS, RUSH_BUYERS, SIGNING_IN, SPREAD_BUYERS},
    reading::{self, Read},
    report::{self, Circumstances},
    results::{BARE, FULL, HOT, LOGIN, LONELY, ME, Repetition, Run, SALE, SPREAD, ceiling_of},
    say, sellout,
    stage::Stage,
};

/// Measures everything, prints the report and writes the figures down.
pub async fn run(options: Options) -> Result<()> {
    let plan = Plan::new(options.quick);
    say::line(format_args!("  making {} accounts and their events", plan.accounts));
    let stage = Stage::set(options, plan).await?;
    let reads = reading::all(&stage)?;
    let mut sizes = Vec::new();
    for read in &reads {
        sizes.push(read.size(&stage).await?);
    }
    let ceiling = Ceiling::start(&sizes)?;
    let bench = Bench { meter: stage.meter(Some(ceiling.pid())), order: bare::specimen(&stage).await?, stage };

    let mut repetitions = Vec::new();
    for number in 1..=plan.repetitions {
        say::line(format_args!("  round {number} of {}", plan.repetitions));
        let mut repetition = Repetition::default();
        bench.bookings(&mut repetition).await?;
        bench.reads(&mut repetition, &reads, &ceiling).await?;
        bench.sales(&mut repetition).await?;
        repetitions.push(repetition);
    }
    bench.stage.bare_database().drop().await?;

    let circumstances = Circumstances {
        quick: bench.stage.options.quick,
        cores: bench.meter.cores(),
        mongodb: bench.stage.mongodb_version.clone(),
        ended_at: Timestamp::now().to_string(),
    };
    say::line(report::text(&circumstances, &repetitions));
    let json = serde_json::to_vec_pretty(&report::json(&circumstances, &repetitions))?;
    let file = &bench.stage.options.json;
    std::fs::write(file, json).with_context(|| format!("writing {}", file.display()))
}

struct Bench {
    stage: Stage,
    meter: Meter,
    order: Document,
}

impl Bench {
    fn wants(&self, scenario: &str) -> bool {
        self.stage.options.only.split(',').any(|part| scenario.contains(part))
    }

    async fn bookings(&self, to: &mut Repetition) -> Result<()> {
        let Self { stage, meter, order } = self;
        let window = stage.plan.booking;
        for clients in BARE_CLIENTS.into_iter().filter(|_| self.wants(BARE)) {
            note(to, BARE, clients, bare::run(stage, meter, order, clients, window).await?);
            // Beside what it is compared with.
            if clients == 1 && self.wants(LONELY) {
                let event = [stage.hot_event().await?];
                note(to, LONELY, 1, booking::run(stage, meter, &event, 1, window).await?);
            }
        }
        for buyers in HOT_BUYERS.into_iter().filter(|_| self.wants(HOT)) {
            let event = [stage.hot_event().await?];
            note(to, HOT, buyers, booking::run(stage, meter, &event, buyers, window).await?);
        }
        if self.wants(SPREAD) {
            let spread = booking::run(stage, meter, &stage.events, SPREAD_BUYERS, window).await?;
            note(to, SPREAD, SPREAD_BUYERS, spread);
        }
        for buyers in FULL_BUYERS.into_iter().filter(|_| self.wants(FULL)) {
            note(to, FULL, buyers, buying::run(stage, meter, buyers, window).await?);
        }
        Ok(())
    }

    async fn reads(&self, to: &mut Repetition, reads: &[Read], ceiling: &Ceiling) -> Result<()> {
        let Self { stage, meter, .. } = self;
        let window = stage.plan.reading;
        for (index, read) in reads.iter().enumerate().filter(|(_, read)| self.wants(&ceiling_of(read.name))) {
            let does_nothing = reading::ceiling(ceiling, index, meter, window).await?;
            note(to, &ceiling_of(read.name), READERS, does_nothing);
            note(to, read.name, READERS, read.run(stage, meter, window).await?);
        }
        if self.wants(ME) {
            note(to, ME, READERS, reading::me(stage, meter, window).await?);
        }
        if self.wants(LOGIN) {
            note(to, LOGIN, SIGNING_IN, reading::login(stage, meter, stage.plan.login).await?);
        }
        Ok(())
    }

    async fn sales(&self, to: &mut Repetition) -> Result<()> {
        for buyers in RUSH_BUYERS.into_iter().filter(|_| self.wants(SALE)) {
            to.sales.push(sellout::run(&self.stage, buyers).await?);
        }
        Ok(())
    }
}

fn note(to: &mut Repetition, scenario: &str, clients: usize, figure: Figure) {
    say::line(report::progress(scenario, clients, &figure));
    to.runs.push(Run { scenario: scenario.to_owned(), clients, figure });
}
