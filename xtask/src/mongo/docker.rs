//! MongoDB in a container, where an engine answers.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::{process::Command, time::timeout};

use super::Options;
use crate::{leftovers, process, say};

const IMAGE: &str = "mongo:7";

/// Whether a Docker engine can be reached.
pub async fn engine_answers() -> bool {
    let mut info = Command::new("docker");
    info.arg("info").kill_on_drop(true);
    timeout(Duration::from_secs(5), info.output())
        .await
        .is_ok_and(|output| output.is_ok_and(|output| output.status.success()))
}

/// A container that this run started.
pub struct Container {
    name: String,
    stopped: bool,
}

impl Container {
    pub async fn start(options: &Options) -> Result<Self> {
        let name = format!("ticketer-mongo-{}", options.name);
        say::step(format_args!("MongoDB: starting {IMAGE} in Docker as {name} on port {}", options.port));
        // One that a killed run left; its data lie in the volume.
        let _ = docker(&["rm", "-f", &name]).await;
        let port = options.port.to_string();
        let publish = format!("127.0.0.1:{port}:{port}");
        let volume = format!("{name}:/data/db");
        let mut args = vec!["run", "--detach", "--name", &name, "--publish", &publish];
        if !options.throwaway {
            args.extend(["--volume", &volume]);
        }
        args.extend([IMAGE, "--replSet", "rs0", "--port", &port, "--bind_ip_all"]);
        args.extend(["--wiredTigerCacheSizeGB", options.cache_gb]);
        args.extend(["--setParameter", "diagnosticDataCollectionEnabled=false"]);
        args.extend(["--setParameter", "enableTestCommands=1"]);
        args.extend(["--setParameter", "transactionLifetimeLimitSeconds=10"]);
        leftovers::note_container(&name);
        let container = Self { name: name.clone(), stopped: false };
        let mut run = Command::new("docker");
        run.args(&args);
        process::run_well(run).await?;
        Ok(container)
    }

    pub async fn kill(&self) -> Result<()> {
        docker(&["kill", &self.name]).await
    }

    pub async fn restart(&self) -> Result<()> {
        docker(&["restart", &self.name]).await
    }

    pub async fn stop(mut self) -> Result<()> {
        docker(&["stop", "--time", "30", &self.name]).await?;
        docker(&["rm", "--volumes", &self.name]).await?;
        self.stopped = true;
        Ok(())
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if !self.stopped {
            let _ = std::process::Command::new("docker").args(["rm", "-f", "-v", &self.name]).output();
        }
    }
}

async fn docker(args: &[&str]) -> Result<()> {
    let output = Command::new("docker").args(args).output().await?;
    if !output.status.success() {
        bail!("docker {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
