//! Reading what is deployed.

mod compose;
mod deployed;
mod kustomize;
mod secret;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;
use xtask::{paths, services::Service};

pub use compose::Compose;
pub use deployed::{Deployed, Probe};
pub use secret::strong;

/// What goes to a cluster of others: two overlays, and the one that production becomes by *MongoDB in the cluster* of
/// docs/operations/deployment.md.
pub const REMOTE: [&str; 3] = ["staging", "production", IN_CLUSTER];

/// The overlay for a laptop, with the secrets that `make-secrets` makes.
pub const LOCAL: &str = "local";

const IN_CLUSTER: &str = "production with MongoDB in the cluster";

/// The web app's name among the workloads.
pub const WEB_APP: &str = "frontend";

/// The text of a file of the repository.
pub fn text(path: impl AsRef<Path>) -> Result<String> {
    let path = paths::root().join(path);
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// A service as an overlay deploys it.
pub fn overlay(name: &str, service: Service) -> Result<Deployed> {
    deployed(name, service.name())
}

/// The web app as an overlay deploys it.
pub fn web_app(name: &str) -> Result<Deployed> {
    deployed(name, WEB_APP)
}

fn deployed(name: &str, workload: &str) -> Result<Deployed> {
    let objects = Overlay::find(name)?.build()?;
    Deployed::read(&objects, workload).with_context(|| format!("{name}: {workload}"))
}

/// The folder of an overlay: in the repository, or in a copy where something had to be added to it.
struct Overlay {
    folder: PathBuf,
    _copy: Option<TempDir>,
}

impl Overlay {
    fn find(name: &str) -> Result<Self> {
        match name {
            IN_CLUSTER => {
                let overlay = Self::copy("production")?;
                with_mongodb(&overlay.folder)?;
                Ok(overlay)
            }
            LOCAL => {
                let overlay = Self::copy(LOCAL)?;
                let made = Command::new(overlay.folder.join("make-secrets")).output()?;
                ensure!(made.status.success(), "make-secrets: {}", String::from_utf8_lossy(&made.stderr));
                Ok(overlay)
            }
            name => Ok(Self { folder: paths::root().join("k8s/overlays").join(name), _copy: None }),
        }
    }

    fn copy(name: &str) -> Result<Self> {
        let copy = tempfile::tempdir()?;
        let mut command = Command::new("cp");
        let copied = command.arg("-r").args(["k8s", "observability"].map(|folder| paths::root().join(folder)));
        ensure!(copied.arg(copy.path()).status()?.success(), "k8s/ cannot be copied");
        Ok(Self { folder: copy.path().join("k8s/overlays").join(name), _copy: Some(copy) })
    }

    fn build(&self) -> Result<Vec<Value>> {
        kustomize::build(&self.folder)
    }
}

/// What docs/operations/deployment.md says of MongoDB in the cluster; nothing where it was done already.
fn with_mongodb(overlay: &Path) -> Result<()> {
    let (settings, environment) = (overlay.join("kustomization.yaml"), overlay.join("environment.yaml"));
    let in_cluster = "  - ../../components/mongodb\n  - ../../components/backups-to-s3\n";
    let elsewhere = ["atlas", "atlas-privatelink"].map(|name| format!("  - ../../components/{name}\n"));
    let text = fs::read_to_string(&settings)?;
    let text = elsewhere.iter().fold(text, |text, component| text.replace(component, in_cluster));
    ensure!(text.contains(in_cluster), "{}: there is no component of a database", settings.display());
    fs::write(settings, text)?;
    let mut text = fs::read_to_string(&environment)?;
    if !text.contains("\n  backupBucket: ") {
        text.push_str("  backupBucket: ticketer-backups-of-somebody\n");
    }
    fs::write(environment, text).map_err(Into::into)
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
            let overlay = Overlay::find(name)?;
            let mut command = Command::new(&kustomize[0]);
            let built = command.args(&kustomize[1..]).arg(&overlay.folder).output()?;
            ensure!(built.status.success(), "{name}: {}", String::from_utf8_lossy(&built.stderr));
            let (ours, theirs) = (overlay.build()?, yaml::documents(&String::from_utf8(built.stdout)?)?);
            for workload in Service::ALL.map(Service::name).into_iter().chain([WEB_APP]) {
                let read = Deployed::read(&ours, workload)?;
                assert_eq!(read, Deployed::read(&theirs, workload)?, "{name}: {workload}");
            }
            assert_eq!(copied_to(&ours), copied_to(&theirs), "{name}");
        }
        Ok(())
    }

    #[test]
    fn with_mongodb_in_the_cluster_backups_go_to_the_bucket_that_the_overlay_names() -> Result<()> {
        let overlay = Overlay::find(IN_CLUSTER)?;
        let environment = yaml::document(&fs::read_to_string(overlay.folder.join("environment.yaml"))?)?;
        let bucket = environment["data"]["backupBucket"].as_str().context("no bucket")?;
        assert_eq!(copied_to(&overlay.build()?).as_deref(), Some(bucket));
        Ok(())
    }

    /// The bucket that backups are copied to, where they are.
    fn copied_to(objects: &[Value]) -> Option<String> {
        let is_job =
            |object: &&Value| object["kind"] == "CronJob" && object["metadata"]["name"] == "mongodb-backup-to-s3";
        let job = objects.iter().find(is_job)?;
        let container = job.pointer("/spec/jobTemplate/spec/template/spec/containers/0")?;
        let bucket = container["env"].as_array()?.iter().find(|variable| variable["name"] == "BUCKET")?;
        bucket["value"].as_str().map(ToOwned::to_owned)
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
