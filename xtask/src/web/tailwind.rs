//! The style sheet, by Tailwind's own command out of npm.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Result, bail};
use tokio::process::Command;

use crate::{cargo::Profile, paths, process, say};

/// Builds `frontend/style/app.css` and returns the style sheet.
pub async fn build(profile: Profile, out: &Path) -> Result<Vec<u8>> {
    let frontend = paths::frontend();
    let input = frontend.join("style/app.css");
    if !input.is_file() {
        bail!("{} is missing", input.display());
    }
    install(&frontend).await?;
    let mut command = Command::new(tool(&frontend));
    command.current_dir(&frontend).arg("--input").arg(&input).arg("--output").arg(out);
    if profile == Profile::Release {
        command.arg("--minify");
    }
    say::ticking("building the style sheet", process::run_well(command)).await?;
    Ok(fs::read(out)?)
}

/// Runs `npm ci` where the packages are missing or older than the lock file.
async fn install(frontend: &Path) -> Result<()> {
    let lock = modified(&frontend.join("package-lock.json"));
    let installed = modified(&frontend.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= lock && tool(frontend).is_file() {
        return Ok(());
    }
    if paths::find_program("npm").is_none() {
        bail!("npm is missing: install Node 20 or newer, which brings it");
    }
    say::step("Installing Tailwind by npm");
    let mut command = Command::new("npm");
    command.current_dir(frontend).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    say::ticking("npm ci", process::run_well(command)).await
}

fn tool(frontend: &Path) -> PathBuf {
    frontend.join("node_modules/.bin/tailwindcss")
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|data| data.modified()).ok()
}
