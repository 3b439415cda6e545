//! Formatting and clippy, warnings being errors.

use anyhow::Result;

use crate::{cargo, say, web::target};

/// Checks the whole workspace.
pub async fn run() -> Result<()> {
    say::step("Formatting");
    cargo::run(&["fmt", "--all", "--check"]).await?;
    say::step("Clippy: the services and the tools");
    cargo::run(&["clippy", "--workspace", "--exclude", "frontend", "--all-targets", "--", "-D", "warnings"]).await?;
    say::step("Clippy: the web app");
    target::ensure().await?;
    cargo::run(&["clippy", "-p", "frontend", "--target", target::TARGET, "--", "-D", "warnings"]).await?;
    say::done("Clean");
    Ok(())
}
