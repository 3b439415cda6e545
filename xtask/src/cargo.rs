//! Running cargo from within cargo.

use std::{env, path::PathBuf};

use anyhow::Result;
use tokio::process::Command;

use crate::{paths, process};

/// With or without optimisation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// Quick to build.
    Dev,
    /// As it is shipped.
    Release,
}

impl Profile {
    /// The profile for `--release` given or not.
    pub fn from_flag(release: bool) -> Self {
        if release { Self::Release } else { Self::Dev }
    }

    /// The folder of this profile's binaries.
    pub fn binaries(self) -> PathBuf {
        paths::target().join(match self {
            Self::Dev => "debug",
            Self::Release => "release",
        })
    }
}

/// A cargo command in the repository, its progress on the terminal.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(paths::root());
    // What `cargo run` says about xtask's own package would make build scripts that look at it run again.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
            .iter()
            .any(|prefix| text.starts_with(prefix))
        {
            command.env_remove(name);
        }
    }
    command
}

/// Runs cargo to its end and fails unless it exits well.
pub async fn run(args: &[&str]) -> Result<()> {
    process::run_well(command(args)).await
}
