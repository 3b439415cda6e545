//! Measures the platform, and in the same run what this machine could do at most; `cargo xtask bench` starts it.
//!
//! Every figure stands beside its ceiling (an axum handler that does nothing, a bare loop over the MongoDB driver), so
//! that what counts is a ratio, which survives a noisy machine.

mod args;
mod bare;
mod booking;
mod buying;
mod ceiling;
mod client;
mod exposition;
mod figure;
mod load;
mod meter;
mod mongo;
mod plan;
mod process;
mod reading;
mod report;
mod results;
mod run;
mod say;
mod sellout;
mod stage;
mod table;
mod targets;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use args::{Cli, Task};

/// The services need the cores, too.
const WORKERS: usize = 2;

fn main() -> ExitCode {
    match start(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::line(format_args!("bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn start(task: Task) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    runtime.block_on(async {
        match task {
            Task::Run(options) => run::run(options).await,
            Task::Ceiling { sizes } => ceiling::serve(&sizes).await,
        }
    })
}
