//! Real binaries with the environment of the manifests, in which only addresses are others.

use std::{collections::BTreeMap, fs, path::PathBuf, process::ExitStatus, time::Duration};

use anyhow::{Context, Result, ensure};
use tokio::{net::TcpStream, process::Command, time::timeout};
use uuid::Uuid;
use xtask::{
    cargo::Profile,
    leftovers, paths, ports,
    process::{Child, Signal, Spawn},
    services::Service,
    wait,
};

use super::{balancer::Balancer, held::Held, load::Caller};
use crate::read::{Deployed, overlay, strong};

/// How many replicas each service has.
pub const REPLICAS: usize = 2;

/// The four services of one overlay, each with its replicas behind a balancer.
pub struct Fleet {
    sets: Vec<Set>,
    logs: PathBuf,
}

/// The replicas of one service.
pub struct Set {
    /// Which service.
    pub service: Service,
    /// Its manifests.
    pub deployed: Deployed,
    /// What stands before the replicas.
    pub balancer: Balancer,
    env: BTreeMap<String, String>,
    replicas: Vec<Replica>,
    logs: PathBuf,
}

struct Replica {
    port: u16,
    metrics_port: u16,
    starts: usize,
    child: Option<Child>,
}

impl Fleet {
    /// Starts everything and waits until each replica takes traffic.
    pub async fn start(overlay_name: &str) -> Result<Self> {
        let run = Uuid::new_v4().simple().to_string();
        let logs = paths::logs().join("e2e").join(format!("manifests-{run}"));
        let mut sets = Vec::new();
        for service in Service::ALL {
            sets.push(Set::new(overlay(overlay_name, service)?, service, &run, logs.clone()).await?);
        }
        let urls: BTreeMap<String, String> = sets
            .iter()
            .map(|set: &Set| (set.service.url_variable(), format!("http://{}", set.balancer.address)))
            .collect();
        // One token for all: it is how they know each other.
        let token = strong();
        for set in &mut sets {
            set.env.insert("INTERNAL_TOKEN".to_owned(), token.clone());
            for (name, url) in set.env.iter_mut().filter(|(name, _)| urls.contains_key(*name)) {
                url.clone_from(&urls[name]);
            }
        }
        let mut fleet = Self { sets, logs };
        for set in &mut fleet.sets {
            for index in 0..REPLICAS {
                set.start_one(index).await?;
            }
        }
        for set in &fleet.sets {
            for index in 0..REPLICAS {
                set.balancer.put_in(index).await.with_context(|| set.last_words(index))?;
            }
        }
        Ok(fleet)
    }

    /// The replicas of one service.
    pub fn set(&mut self, service: Service) -> &mut Set {
        &mut self.sets[service as usize]
    }

    /// Where a service is called.
    pub fn url(&self, service: Service) -> String {
        format!("http://{}", self.sets[service as usize].balancer.address)
    }

    /// Every line that any of them has logged.
    pub fn log_lines(&self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for file in fs::read_dir(&self.logs)? {
            lines.extend(fs::read_to_string(file?.path())?.lines().map(ToOwned::to_owned));
        }
        Ok(lines)
    }
}

impl Set {
    async fn new(deployed: Deployed, service: Service, run: &str, logs: PathBuf) -> Result<Self> {
        let mut env = deployed.with_secrets(service.name(), true);
        env.extend(elsewhere(service, run)?);
        let mut replicas = Vec::new();
        for _ in 0..REPLICAS {
            replicas.push(Replica { port: ports::free()?, metrics_port: ports::free()?, starts: 0, child: None });
        }
        let listening: Vec<u16> = replicas.iter().map(|replica| replica.port).collect();
        let balancer = Balancer::start(&listening, &deployed.probes["readiness"].path).await?;
        Ok(Self { service, deployed, balancer, env, replicas, logs })
    }

    /// Address and password of the account that auth makes at its first start.
    pub fn first_admin(&self) -> Result<[String; 2]> {
        let said = |name: &str| self.env.get(name).cloned().with_context(|| format!("no {name}"));
        Ok([said("ADMIN_EMAIL")?, said("ADMIN_PASSWORD")?])
    }

    /// Starts a replica that does not run.
    pub async fn start_one(&mut self, index: usize) -> Result<()> {
        let replica = &mut self.replicas[index];
        let mut env = self.env.clone();
        env.insert("PORT".to_owned(), replica.port.to_string());
        env.insert("METRICS_PORT".to_owned(), replica.metrics_port.to_string());
        replica.starts += 1;
        let name = format!("{}-{index}-{}", self.service.name(), replica.starts);
        let log = self.logs.join(format!("{name}.log"));
        let how = Spawn { name, log, echo: false, on_drop: Signal::SIGKILL };
        let child = Child::spawn(command(self.service, &env), how).await?;
        leftovers::note_process(child.pid());
        replica.child = Some(child);
        Ok(())
    }

    /// Replaces a replica as Kubernetes does: first no new connections, then SIGTERM, then a new one; how the old ended. A
    /// request of this caller is under way when SIGTERM comes, and is answered.
    pub async fn replace(&mut self, index: usize, caller: &Caller) -> Result<ExitStatus> {
        self.balancer.take_out(index).await;
        let held = Held::begin(self.service, self.replicas[index].port, caller).await?;
        let turned_away = self.balancer.turned_away();
        let status = self.stop_one(index, held).await?;
        self.balancer.forget(index);
        self.start_one(index).await?;
        self.balancer.put_in(index).await.with_context(|| self.last_words(index))?;
        ensure!(
            self.balancer.turned_away() == turned_away,
            "the other replica of {} was not ready",
            self.service.name()
        );
        Ok(status)
    }

    async fn stop_one(&mut self, index: usize, held: Held) -> Result<ExitStatus> {
        let port = self.replicas[index].port;
        let child = self.replicas[index].child.take().context("it does not run")?;
        ensure!(child.is_running(), "it ended by itself:\n{}", child.tail());
        child.signal(Signal::SIGTERM);
        // Nobody is let in any more: it stops.
        wait::until(async || TcpStream::connect(("127.0.0.1", port)).await.is_err().then_some(())).await;
        held.finish().await.context("the request that was under way")?;
        let ended = timeout(Duration::from_secs(45), child.exited()).await;
        ended.with_context(|| format!("not ended within 45 s:\n{}", child.tail()))?.context("no status")
    }

    /// The address of a replica itself, and of its metrics.
    pub fn addresses(&self, index: usize) -> [String; 2] {
        let replica = &self.replicas[index];
        [replica.port, replica.metrics_port].map(|port| format!("http://127.0.0.1:{port}"))
    }

    fn last_words(&self, index: usize) -> String {
        let tail = self.replicas[index].child.as_ref().map(Child::tail).unwrap_or_default();
        format!("{} {index}:\n{tail}", self.service.name())
    }
}

/// A service's binary with this environment and nothing of ours.
pub fn command(service: Service, env: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new(Profile::Dev.binaries().join(service.name()));
    command.env_clear().envs(env);
    command
}

/// What is at other addresses here than in a cluster, and the limits, for all callers have one address here.
fn elsewhere(service: Service, run: &str) -> Result<BTreeMap<String, String>> {
    let database = format!("{}_{run}", service.database());
    let mut env = BTreeMap::from([
        ("MONGODB_URI", xtask::mongo::with_database(&e2e::mongodb_uri()?, &database)),
        // Nobody listens there, as on an unlucky day.
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9".to_owned()),
    ]);
    for limit in ["RATE_LIMIT_PER_USER", "RATE_LIMIT_PER_ADDRESS", "RATE_LIMIT_CREDENTIALS"] {
        env.insert(limit, "1000000".to_owned());
    }
    if service == Service::Payment {
        env.insert("STRIPE_API_BASE", "https://127.0.0.1:9".to_owned());
    }
    Ok(env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
