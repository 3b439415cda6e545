//! Where things lie in the repository.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The repository's root.
pub fn root() -> PathBuf {
    // What cargo says at run time is right even after the repository was moved.
    let manifest = env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .filter(|folder| folder.parent().is_some_and(|root| root.join("xtask").is_dir()))
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    manifest.parent().map_or(manifest.clone(), Path::to_path_buf)
}

/// The folder that takes everything that can be made again.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The folder of the tools that xtask fetched.
pub fn tools() -> PathBuf {
    target().join("tools")
}

/// The folder of the services' logs.
pub fn logs() -> PathBuf {
    target().join("logs")
}

/// The folder of the web app's sources.
pub fn frontend() -> PathBuf {
    root().join("frontend")
}

/// The program of this name on the `PATH`.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Whether a command can be started and exits well, its output thrown away.
pub fn answers(program: &str, args: &[&str]) -> bool {
    Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("Cargo.toml").is_file());
        assert!(frontend().join("Cargo.toml").is_file());
    }

    #[test]
    fn a_program_that_is_not_there_is_not_found() {
        assert!(find_program("sh").is_some());
        assert!(find_program("no-such-program-here").is_none());
    }
}
