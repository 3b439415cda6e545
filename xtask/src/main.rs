//! `cargo xtask`: the developer's one tool.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use xtask::{bench, cargo::Profile, compose_test, db, deploy, lint, ports::Ports, say, test, up, web};

/// Runs, tests and checks the whole platform.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build and run everything: MongoDB, the four services, the web app, demo data.
    Up {
        /// Build with optimisation, as it is shipped, and do not watch the sources.
        #[arg(long)]
        release: bool,
        /// Start without demo data.
        #[arg(long)]
        no_demo: bool,
        /// Do not build again what changes.
        #[arg(long)]
        no_watch: bool,
        #[command(flatten)]
        offset: Offset,
    },
    /// Test everything, or the packages named: `cargo xtask test ticket -- race`.
    Test {
        /// Packages such as `ticket`; all but the web app if none is named.
        names: Vec<String>,
        /// Leave out the quick part of `check-deploy`, with which a test of everything ends.
        #[arg(long)]
        no_deploy: bool,
        /// Goes to the test binaries.
        #[arg(last = true)]
        rest: Vec<String>,
    },
    /// Measure release builds beside what this machine could do at most; figures go to `target/bench/`.
    Bench {
        /// A minute's look instead of the whole measurement.
        #[arg(long)]
        quick: bool,
        /// Only the scenarios whose name contains this, such as `book`, or one of several, separated by commas.
        #[arg(long, default_value = "")]
        only: String,
    },
    /// Build the images and run them as `docker-compose.yml` says; needs a Docker engine.
    ComposeTest {
        /// Put binaries built on this machine into the images instead of building them inside.
        #[arg(long)]
        host_binaries: bool,
        /// Fail where an image of a profile cannot be had and nothing stands in for it.
        #[arg(long)]
        strict: bool,
    },
    /// Check what a deployment is made of: compose, images, Kubernetes, Terraform, workflows, alerts.
    CheckDeploy {
        /// Only these.
        subjects: Vec<deploy::Subject>,
        /// Only what takes seconds.
        #[arg(long)]
        quick: bool,
        /// Fail where a check cannot be done on this machine.
        #[arg(long)]
        strict: bool,
    },
    /// Check formatting and run clippy over everything.
    Lint,
    /// Run only MongoDB and print its URI.
    Db {
        #[command(flatten)]
        offset: Offset,
    },
    /// Build only the web app.
    Web {
        /// Small and compressed, as it is shipped.
        #[arg(long)]
        release: bool,
    },
}

#[derive(Args)]
struct Offset {
    /// Added to every port.
    #[arg(long = "port-offset", env = "PORT_OFFSET", default_value_t = 0, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(0..=i64::from(Ports::MAX_OFFSET)))]
    port_offset: u16,
}

impl Offset {
    fn ports(&self) -> Ports {
        Ports::new(self.port_offset)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse().task).await {
        Ok(code) => code,
        Err(error) => {
            say::warn(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(task: Task) -> Result<ExitCode> {
    match task {
        Task::Up { release, no_demo, no_watch, offset } => {
            let profile = Profile::from_flag(release);
            let watch = !release && !no_watch;
            up::run(up::Options { profile, demo: !no_demo, watch, ports: offset.ports() }).await?;
        }
        Task::Test { names, no_deploy, rest } => return test::run(&names, &rest, !no_deploy).await,
        Task::Bench { quick, only } => return bench::run(&bench::Options { quick, only }).await,
        Task::ComposeTest { host_binaries, strict } => {
            return compose_test::run(compose_test::Options { host_binaries, strict }).await;
        }
        Task::CheckDeploy { subjects, quick, strict } => {
            return deploy::run(&deploy::Options { subjects, quick, strict }).await;
        }
        Task::Lint => lint::run().await?,
        Task::Db { offset } => db::run(offset.ports()).await?,
        Task::Web { release } => {
            web::build(Profile::from_flag(release)).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
