//! `k8s/` by its own checks; each step by itself, so that a tool that is missing hides no other step.

use anyhow::Result;
use tokio::process::Command;

use super::{
    report::{Report, by_own_exit_code},
    tools,
};

const QUICK: [&str; 2] = ["schema", "promises"];
const SLOW: [&str; 2] = ["policy", "control"];

pub async fn check(report: &mut Report, quick: bool) -> Result<()> {
    run_steps(report, "kubernetes", "k8s/checks/check.py", &QUICK).await?;
    if quick { Ok(()) } else { run_steps(report, "kubernetes", "k8s/checks/check.py", &SLOW).await }
}

/// Runs steps of a project's own check script.
pub async fn run_steps(report: &mut Report, subject: &str, script: &str, steps: &[&str]) -> Result<()> {
    let names: Vec<String> = steps.iter().map(|step| format!("{subject}: {step}")).collect();
    let python = match tools::python() {
        Ok(python) => python,
        Err(why) => {
            report.without(&names.iter().map(String::as_str).collect::<Vec<_>>(), &why);
            return Ok(());
        }
    };
    for (name, step) in names.iter().zip(steps) {
        let mut command = Command::new(&python);
        command.arg(script).arg("--tools").arg(tools::folder()).arg(step);
        report.run_as(name, command, by_own_exit_code).await?;
    }
    Ok(())
}
