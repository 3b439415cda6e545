//! `terraform/` by its own checks.

use anyhow::Result;

use super::{kubernetes::run_steps, report::Report};

const QUICK: [&str; 2] = ["format", "scripts"];
const SLOW: [&str; 5] = ["validate", "control", "lint", "policy", "manifests"];

pub async fn check(report: &mut Report, quick: bool) -> Result<()> {
    let script = "terraform/checks/check.py";
    run_steps(report, "terraform", script, &QUICK).await?;
    if quick { Ok(()) } else { run_steps(report, "terraform", script, &SLOW).await }
}
