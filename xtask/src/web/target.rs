//! The standard library for the browser.

use std::{env, path::Path};

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::{paths, process, say};

/// What the web app is compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Installs it where it is missing: rustup does so by itself, as `rust-toolchain.toml` names it, unless it was told not to.
pub async fn ensure() -> Result<()> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let asked = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(paths::root())
        .output()
        .await
        .context("asking rustc for its libraries")?;
    let folder = String::from_utf8_lossy(&asked.stdout);
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    say::step(format_args!("Rust: installing the standard library for {TARGET}"));
    let mut add = Command::new("rustup");
    add.args(["target", "add", TARGET]).current_dir(paths::root());
    process::run_well(add).await
}
