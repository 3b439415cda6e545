//! Reading what is deployed.

mod compose;
mod deployed;
mod kustomize;
mod secret;

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use xtask::{paths, services::Service};

pub use compose::Compose;
pub use deployed::{Deployed, Probe};
pub use secret::strong;

/// The overlays that go to a cluster of others.
pub const REMOTE: [&str; 2] = ["staging", "production"];

/// The text of a file of the repository.
pub fn text(path: impl AsRef<Path>) -> Result<String> {
    let path = paths::root().join(path);
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// A service as an overlay deploys it.
pub fn overlay(name: &str, service: Service) -> Result<Deployed> {
    let objects = kustomize::build(&paths::root().join("k8s/overlays").join(name))?;
    Deployed::read(&objects, service.name()).with_context(|| format!("{name}: {}", service.name()))
}

/// A service as the overlay for a laptop deploys it, with the secrets that `make-secrets` makes.
pub fn local(service: Service) -> Result<Deployed> {
    let scratch = tempfile::tempdir()?;
    let mut copy = Command::new("cp");
    let copied = copy.arg("-r").args(["k8s", "observability"].map(|folder| paths::root().join(folder)));
    ensure!(copied.arg(scratch.path()).status()?.success(), "k8s/ cannot be copied");
    let folder = scratch.path().join("k8s/overlays/local");
    let made = Command::new(folder.join("make-secrets")).output()?;
    ensure!(made.status.success(), "make-secrets: {}", String::from_utf8_lossy(&made.stderr));
    Deployed::read(&kustomize::build(&folder)?, service.name())
}

#[cfg(test)]
mod tests {
    use xtask::deploy::yaml;

    use super::*;

    /// The reader here knows of kustomize only what these overlays use; where the real one is, they are compared.
    #[test]
    fn the_overlays_are_read_as_kustomize_builds_them() -> Result<()> {
        let Some(kustomize) = real() else { return Ok(()) };
        for name in REMOTE {
            let folder = paths::root().join("k8s/overlays").join(name);
            let mut command = Command::new(&kustomize[0]);
            let built = command.args(&kustomize[1..]).arg(&folder).output()?;
            let objects = yaml::documents(&String::from_utf8(built.stdout)?)?;
            let names = Service::ALL.map(Service::name);
            for service in names.iter().copied().chain(["frontend"]) {
                let ours = Deployed::read(&kustomize::build(&folder)?, service)?;
                assert_eq!(ours, Deployed::read(&objects, service)?, "{name}: {service}");
            }
        }
        Ok(())
    }

    /// Kustomize 5 by itself, in kubectl, or fetched by `cargo xtask check-deploy`.
    fn real() -> Option<Vec<String>> {
        let fetched = paths::tools().join("deploy/kustomize/usr/bin/kustomize");
        let alone = paths::find_program("kustomize").or_else(|| fetched.is_file().then_some(fetched));
        if let Some(alone) = alone {
            return Some(vec![alone.to_string_lossy().into_owned(), "build".to_owned()]);
        }
        let version = Command::new("kubectl").args(["version", "--client"]).output().ok()?;
        let is_new = String::from_utf8_lossy(&version.stdout).contains("Kustomize Version: v5.");
        is_new.then(|| vec!["kubectl".to_owned(), "kustomize".to_owned()])
    }
}
