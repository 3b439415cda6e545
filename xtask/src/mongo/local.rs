//! A `mongod` as a child process.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;
use bson::doc;
use tokio::{fs, process::Command};

use super::{Options, wire};
use crate::{
    leftovers, paths,
    process::{self, Child, Signal, Spawn},
};

const GRACE: Duration = Duration::from_secs(30);

/// A running `mongod` and what is needed to start it again.
pub struct Mongod {
    binary: PathBuf,
    options: Options,
    child: Child,
}

impl Mongod {
    pub async fn start(binary: PathBuf, options: &Options) -> Result<Self> {
        let child = spawn(&binary, options).await?;
        Ok(Self { binary, options: options.clone(), child })
    }

    pub async fn exited(&self) -> String {
        let status = self.child.exited().await.map_or_else(String::new, |status| format!(" ({status})"));
        let log = log_file(&self.options);
        let words = process::indented(last_words(&log).await);
        format!("MongoDB has ended by itself{status}; the end of {}:\n{}{words}", log.display(), self.child.tail())
    }

    pub async fn kill(&self) {
        self.child.kill().await;
    }

    pub async fn restart(&mut self) -> Result<()> {
        self.child.stop(GRACE).await;
        self.child = spawn(&self.binary, &self.options).await?;
        Ok(())
    }

    pub async fn stop(self) {
        self.child.stop(GRACE).await;
        if self.options.throwaway {
            let _ = fs::remove_dir_all(data_folder(&self.options)).await;
            let log = log_file(&self.options);
            let _ = fs::remove_file(log.with_extension("out")).await;
            let _ = fs::remove_file(log).await;
        }
    }
}

async fn spawn(binary: &Path, options: &Options) -> Result<Child> {
    let folder = data_folder(options);
    fs::create_dir_all(&folder).await?;
    if options.throwaway {
        leftovers::note_folder(&folder);
    }
    let log = log_file(options);
    if let Err(error) = fs::remove_file(&log).await
        && error.kind() != ErrorKind::NotFound
    {
        return Err(error.into());
    }
    let mut command = Command::new(binary);
    command
        .args(["--replSet", "rs0", "--bind_ip", "127.0.0.1", "--nounixsocket", "--logappend"])
        .args(["--wiredTigerCacheSizeGB", options.cache_gb])
        .args(["--setParameter", "diagnosticDataCollectionEnabled=false"])
        .args(["--setParameter", "enableTestCommands=1"])
        // What a killed service left open blocks its event no longer than this.
        .args(["--setParameter", "transactionLifetimeLimitSeconds=10"])
        .args(["--port", &options.port.to_string()])
        .arg("--dbpath")
        .arg(&folder)
        // Its own log file, since a pipe to xtask would break if xtask were killed.
        .arg("--logpath")
        .arg(&log);
    let child = Child::spawn(
        command,
        Spawn { name: "mongod".into(), log: log.with_extension("out"), echo: false, on_drop: Signal::SIGTERM },
    )
    .await?;
    leftovers::note_process(child.pid());
    Ok(child)
}

/// Where the data of this name lie.
pub fn data_folder(options: &Options) -> PathBuf {
    paths::target().join("mongo").join(&options.name)
}

fn log_file(options: &Options) -> PathBuf {
    paths::target().join("mongo").join(format!("{}.log", options.name))
}

/// The data folder of the mongod that answers on this port, if one does.
pub async fn data_folder_served_on(port: u16) -> Option<PathBuf> {
    let answer = wire::command(port, &doc! { "getCmdLineOpts": 1, "$db": "admin" }).await.ok()?;
    let storage = answer.get_document("parsed").ok()?.get_document("storage").ok()?;
    storage.get_str("dbPath").ok().map(PathBuf::from)
}

/// The last messages of a mongod's log, which has one JSON document a line.
async fn last_words(log: &Path) -> Vec<String> {
    let text = fs::read_to_string(log).await.unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let message = |line: &&str| {
        let entry: serde_json::Value = serde_json::from_str(line).ok()?;
        let severity = entry["s"].as_str()?;
        let error = entry["attr"]["error"].as_str().map_or_else(String::new, |error| format!(": {error}"));
        (severity != "I").then(|| format!("{}{error}", entry["msg"].as_str().unwrap_or_default()))
    };
    let skipped = lines.len().saturating_sub(60);
    lines[skipped..].iter().filter_map(message).collect()
}
