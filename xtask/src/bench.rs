//! The benchmark: release builds on a MongoDB of their own, measured by the binary of `bench/`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::{fs, process::Command};

use crate::{
    cargo::{self, Profile},
    leftovers,
    mongo::{self, Mongo},
    paths, ports, process, say,
    services::{Platform, Service, ServicePorts, Settings},
    wait::Stop,
};

/// The package of the load generator, and its binary.
const PACKAGE: &str = "bench";
/// What the web app's pages would send as `Origin`; none is served here.
const ORIGIN: &str = "http://localhost:5173";
/// Limits that nothing meets: all buyers come from one address.
const NO_LIMIT: &str = "100000000";
/// Longer than a run: seats that lapse in the middle of it would be work that nobody asked for.
const HOLD_SECONDS: &str = "3600";
/// Of MongoDB, for a run that writes more than a million orders: left to itself it would take half of the machine's memory.
const CACHE_GB: &str = "6";

/// What to measure.
#[derive(Clone, Debug)]
pub struct Options {
    /// A minute's look instead of the whole measurement.
    pub quick: bool,
    /// Only the scenarios whose name contains this, or one of several, separated by commas.
    pub only: String,
}

/// Builds and measures.
pub async fn run(options: &Options) -> Result<ExitCode> {
    let mut stop = Stop::catch()?;
    leftovers::sweep().await?;
    allow_many_connections();
    let mut parts = Parts::default();
    let outcome = tokio::select! {
        outcome = parts.run(options) => outcome.map(|()| ExitCode::SUCCESS),
        () = stop.wait() => Ok(ExitCode::from(130)),
    };
    parts.stop().await;
    leftovers::forget();
    outcome
}

/// What runs, kept so that it can be stopped whatever happened before.
#[derive(Default)]
struct Parts {
    mongo: Option<Mongo>,
    platform: Option<Platform>,
}

impl Parts {
    async fn run(&mut self, options: &Options) -> Result<()> {
        say::step("Building the services and the load generator, with optimisation (the first time takes minutes)");
        let services = Service::ALL.iter().flat_map(|service| ["-p", service.name()]);
        // Together, so that what they share is built once.
        let args: Vec<&str> = ["build", "--release", "-p", PACKAGE].into_iter().chain(services).collect();
        cargo::run(&args).await?;

        let name = format!("bench-{}", std::process::id());
        let throwaway = mongo::Options { name, port: ports::free()?, throwaway: true, cache_gb: CACHE_GB };
        let mongo = self.mongo.insert(Mongo::start_private(&throwaway).await?);
        say::step("Starting the services");
        let platform = self.platform.insert(Platform::start(settings(mongo.uri())?).await?);

        let figures = Figures::new();
        fs::create_dir_all(&figures.folder).await?;
        let load = load(platform, mongo.uri(), &figures, options)?;
        say::step(if options.quick {
            "Measuring: about a minute"
        } else {
            "Measuring: about six minutes (--quick: one)"
        });
        tokio::select! {
            measured = process::run_well(load) => measured?,
            why = platform.exited() => bail!(why),
            why = mongo.exited() => bail!(why),
        }
        fs::copy(&figures.stamped, figures.folder.join("latest.json")).await?;
        say::done(format_args!("The figures are in {}", figures.stamped.display()));
        Ok(())
    }

    async fn stop(self) {
        if let Some(platform) = &self.platform {
            platform.stop().await;
        }
        if let Some(mongo) = self.mongo
            && let Err(error) = mongo.stop().await
        {
            say::warn(format_args!("{error:#}"));
        }
    }
}

/// Where the figures go.
struct Figures {
    folder: PathBuf,
    stamped: PathBuf,
}

impl Figures {
    fn new() -> Self {
        let folder = paths::target().join("bench");
        let stamped = folder.join(format!("{}.json", Timestamp::now().strftime("%Y%m%dT%H%M%SZ")));
        Self { folder, stamped }
    }
}

fn settings(mongodb_uri: &str) -> Result<Settings> {
    let mut settings = Settings::new(Profile::Release, mongodb_uri, ServicePorts::free()?, ORIGIN);
    settings.logs = paths::logs().join("bench");
    let limits = ["RATE_LIMIT_PER_USER", "RATE_LIMIT_PER_ADDRESS", "RATE_LIMIT_CREDENTIALS"];
    settings.env.extend(limits.map(|name| (name.to_owned(), NO_LIMIT.to_owned())));
    settings.env.insert("RUST_LOG".to_owned(), "warn".to_owned());
    settings.env.insert("HOLD_SECONDS".to_owned(), HOLD_SECONDS.to_owned());
    Ok(settings)
}

/// The load generator against this platform.
fn load(platform: &Platform, mongodb_uri: &str, figures: &Figures, options: &Options) -> Result<Command> {
    let mut command = Command::new(Profile::Release.binaries().join(PACKAGE));
    command.arg("run").args(["--mongodb-uri", mongodb_uri, "--origin", ORIGIN]).arg("--json").arg(&figures.stamped);
    for service in Service::ALL {
        let name = service.name();
        let pid = platform.pid(service).with_context(|| format!("{name} does not run"))?;
        command.args(["--service", &described(service, &platform.settings().ports, pid)]);
    }
    command.args(["--only", &options.only]);
    if options.quick {
        command.arg("--quick");
    }
    Ok(command)
}

fn described(service: Service, ports: &ServicePorts, pid: u32) -> String {
    let (http, metrics) = (ports.http(service), ports.metrics(service));
    format!("{}=127.0.0.1:{http},127.0.0.1:{metrics},{pid}", service.name())
}

/// Each of a thousand buyers has a connection, and some systems allow 256 open files unless asked.
fn allow_many_connections() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(now, most)| setrlimit(Resource::RLIMIT_NOFILE, now.max(most.min(16_384)), most));
    if let Err(error) = raised {
        say::warn(format_args!("the limit of open files stays as it is: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Ports;

    #[test]
    fn a_service_is_described_in_one_word() {
        let ports = ServicePorts::usual(Ports::new(0));
        assert_eq!(described(Service::Ticket, &ports, 42), "ticket=127.0.0.1:3003,127.0.0.1:9103,42");
    }

    #[test]
    fn no_limit_and_no_expiry_stands_in_the_way() -> Result<()> {
        let settings = settings("mongodb://127.0.0.1:1/?replicaSet=rs0")?;
        for service in Service::ALL {
            let env = settings.env_of(service);
            assert_eq!((env["RATE_LIMIT_PER_USER"].as_str(), env["RUST_LOG"].as_str()), (NO_LIMIT, "warn"));
        }
        assert!(settings.binaries.ends_with("release"));
        Ok(())
    }
}
