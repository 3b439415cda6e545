//! The engine's command line.

use std::{env, ffi::OsStr, time::Duration};

use anyhow::{Context, Result, bail};
use tokio::{process::Command, time::timeout};

use crate::{paths, process, say};

/// For commands that only ask.
const QUICK: Duration = Duration::from_secs(30);

const HOW_TO_GET_ONE: &str = "compose-test needs a Docker engine (25 or newer) with the plugins compose (2.24 or newer) and \
     buildx:\n  install them as https://docs.docker.com/engine/install/ says, start the engine, or name one in DOCKER_HOST";

/// Fails with what is missing and how to get it.
pub async fn require() -> Result<()> {
    for (args, what) in [
        (&["info", "--format", "{{.ServerVersion}}"][..], "engine"),
        (&["compose", "version", "--short"], "compose"),
        (&["buildx", "version"], "buildx"),
    ] {
        let answer = ask(args).await.with_context(|| HOW_TO_GET_ONE)?;
        say::note(format_args!("{what} {answer}"));
    }
    Ok(())
}

/// A command of the engine's, in an environment in which no setting of the platform can be set.
pub fn command<A: AsRef<OsStr>>(args: &[A]) -> Command {
    let mut command = Command::new("docker");
    command.args(args).current_dir(paths::root()).env_clear().kill_on_drop(true);
    command.envs(env::vars_os().filter(|(name, _)| is_the_engines(&name.to_string_lossy())));
    command
}

fn is_the_engines(name: &str) -> bool {
    let name = name.to_uppercase();
    let whole = ["PATH", "HOME", "TERM", "LANG", "SSH_AUTH_SOCK", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
    let beginnings = ["DOCKER_", "BUILDX_", "BUILDKIT_", "XDG_", "SSL_CERT_"];
    whole.contains(&name.as_str()) || beginnings.iter().any(|beginning| name.starts_with(beginning))
}

/// What a short command prints; fails with its last words.
pub async fn ask<A: AsRef<OsStr>>(args: &[A]) -> Result<String> {
    let line = describe(args);
    let output = timeout(QUICK, command(args).output()).await;
    let output = output.with_context(|| format!("`{line}` has not ended after {} s", QUICK.as_secs()))?;
    let output = output.with_context(|| format!("`{line}` does not start"))?;
    if !output.status.success() {
        bail!("`{line}`: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a command with its output on the terminal; fails unless it ends well and in time.
pub async fn run<A: AsRef<OsStr>>(args: &[A], limit: Duration) -> Result<()> {
    let line = describe(args);
    say::note(format_args!("$ {line}"));
    let ended = timeout(limit, process::run_well(command(args))).await;
    ended.with_context(|| format!("`{line}` has not ended after {} s", limit.as_secs()))?
}

/// The command as a person would type it, without what is the same each time.
fn describe<A: AsRef<OsStr>>(args: &[A]) -> String {
    let mut line = "docker".to_owned();
    let mut words = args.iter().map(|arg| arg.as_ref().to_string_lossy());
    while let Some(word) = words.next() {
        if ["--project-name", "--env-file", "--file"].contains(&&*word) {
            words.next();
        } else {
            line = format!("{line} {word}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_without_what_is_the_same_each_time() {
        let args = ["compose", "--project-name", "x", "--env-file", "y", "--file", "z", "up", "--wait"];
        assert_eq!(describe(&args), "docker compose up --wait");
    }

    #[test]
    fn no_setting_of_the_platform_reaches_compose() {
        for name in ["APP_ENV", "AUTH_PORT", "TICKETER_TAG", "COMPOSE_PROFILES", "COMPOSE_FILE"] {
            assert!(!is_the_engines(name), "{name}");
        }
        for name in ["PATH", "DOCKER_HOST", "https_proxy"] {
            assert!(is_the_engines(name), "{name}");
        }
    }
}
