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
    plan::{Plan, READERS, RUSH_BUYERS, SIGNING_IN, SPREAD_BUYERS, TURNS, Turn},
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
        for turn in TURNS {
            let (scenario, clients) = match turn {
                Turn::Bare(clients) => (BARE, clients),
                Turn::Lonely => (LONELY, 1),
                Turn::Hot(buyers) => (HOT, buyers),
                Turn::Spread => (SPREAD, SPREAD_BUYERS),
                Turn::Full(buyers) => (FULL, buyers),
            };
            if !self.wants(scenario) {
                continue;
            }
            let figure = match turn {
                Turn::Bare(_) => bare::run(stage, meter, order, clients, window).await?,
                Turn::Full(_) => buying::run(stage, meter, clients, window).await?,
                Turn::Spread => booking::run(stage, meter, &stage.events, clients, window).await?,
                Turn::Lonely | Turn::Hot(_) => {
                    let event = [stage.hot_event().await?];
                    booking::run(stage, meter, &event, clients, window).await?
                }
            };
            note(to, scenario, clients, figure);
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
