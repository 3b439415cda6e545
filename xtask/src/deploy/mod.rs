//! What can be checked of the deployment without a cluster or an account: each file by the tools that know its kind.

mod compose;
mod images;
mod kubernetes;
mod observability;
mod report;
mod terraform;
mod tools;
pub mod variables;
mod workflows;
pub mod yaml;

use std::{process::ExitCode, time::Instant};

use anyhow::Result;
use clap::ValueEnum;

use crate::{say, wait::Stop};

use report::Report;

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    /// `docker-compose.yml` and `.env.example`.
    Compose,
    /// The Dockerfiles.
    Images,
    /// `k8s/`.
    Kubernetes,
    /// `terraform/`.
    Terraform,
    /// `.github/`.
    Workflows,
    /// `observability/`.
    Observability,
}

/// What to check, and how closely.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// All of them if none is named.
    pub subjects: Vec<Subject>,
    /// Only what takes seconds.
    pub quick: bool,
    /// Whether a check that cannot be done here is a failure.
    pub strict: bool,
}

/// Runs the checks one after the other; exit code 1 if any of them finds something.
pub async fn run(options: &Options) -> Result<ExitCode> {
    let mut stop = Stop::catch()?;
    tokio::select! {
        checked = check(options) => checked,
        () = stop.wait() => Ok(ExitCode::from(130)),
    }
}

async fn check(options: &Options) -> Result<ExitCode> {
    let started = Instant::now();
    let mut report = Report::default();
    for subject in Subject::value_variants() {
        if !options.subjects.is_empty() && !options.subjects.contains(subject) {
            continue;
        }
        let (title, quick) = (subject.title(), options.quick);
        say::step(title);
        match subject {
            Subject::Compose => compose::check(&mut report).await?,
            Subject::Images => images::check(&mut report).await?,
            Subject::Kubernetes => kubernetes::check(&mut report, quick).await?,
            Subject::Terraform => terraform::check(&mut report, quick).await?,
            Subject::Workflows => workflows::check(&mut report).await?,
            Subject::Observability => observability::check(&mut report, quick).await?,
        }
    }
    Ok(report.finish(options.strict, started.elapsed()))
}

impl Subject {
    fn title(self) -> &'static str {
        match self {
            Self::Compose => "docker-compose.yml",
            Self::Images => "Dockerfiles",
            Self::Kubernetes => "k8s/",
            Self::Terraform => "terraform/",
            Self::Workflows => ".github/",
            Self::Observability => "observability/",
        }
    }
}
