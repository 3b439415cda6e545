//! The compose project of this test: its own name, its own ports, its own images.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use serde_json::Value;

use super::{docker, folder};
use crate::{
    paths, ports, say,
    services::{Service, Urls},
};

const PROJECT: &str = "ticketer-compose-test";
/// The tag of the images that this test builds.
pub const TAG: &str = "compose-test";
const LABEL: &str = "label=com.docker.compose.project=ticketer-compose-test";
const SERVICE_LABEL: &str = "com.docker.compose.service";

const UP: Duration = Duration::from_mins(4);
const STOP: Duration = Duration::from_mins(3);

/// What `docker-compose.yml` says of each service that an `up` starts.
#[derive(Debug, Default)]
pub struct Plan {
    /// Whom each service waits for.
    pub waits_for: BTreeMap<String, BTreeSet<String>>,
    /// From which image each is made.
    pub images: BTreeMap<String, String>,
}

/// A start.
pub struct Up {
    /// When it began, by this machine's clock.
    pub began: Timestamp,
    /// How long it took until all were healthy.
    pub took: Duration,
}

/// Where what watches the platform is.
pub struct Watchers {
    pub prometheus: String,
    pub alertmanager: String,
    pub grafana: String,
    pub mail: String,
}

/// The project.
pub struct Stack {
    folder: PathBuf,
    web_port: u16,
    urls: Urls,
    watchers: Watchers,
}

impl Stack {
    /// A project on free ports, of which nothing runs yet.
    pub fn new() -> Result<Self> {
        let folder = folder();
        fs::create_dir_all(&folder)?;
        let web_port = ports::free()?;
        let mut lines = vec![format!("TICKETER_TAG={TAG}"), format!("FRONTEND_PORT={web_port}")];
        let mut urls = Vec::new();
        for service in Service::ALL {
            let port = ports::free()?;
            lines.push(format!("{}_PORT={port}", service.name().to_uppercase()));
            urls.push(format!("http://localhost:{port}"));
        }
        let mut watcher = |port: &str| -> Result<String> {
            let free = ports::free()?;
            lines.push(format!("{port}={free}"));
            Ok(format!("http://localhost:{free}"))
        };
        let watchers = Watchers {
            prometheus: watcher("PROMETHEUS_PORT")?,
            alertmanager: watcher("ALERTMANAGER_PORT")?,
            grafana: watcher("GRAFANA_PORT")?,
            mail: watcher("MAIL_PORT")?,
        };
        watcher("SMTP_PORT")?;
        let [auth_url, event_url, ticket_url, payment_url] =
            urls.try_into().ok().context("four services have four addresses")?;
        let stack = Self { folder, web_port, urls: Urls { auth_url, event_url, ticket_url, payment_url }, watchers };
        fs::write(stack.env_file(), lines.join("\n") + "\n")?;
        stack.replace("services: {}")?;
        Ok(stack)
    }

    /// Where the services are.
    pub fn urls(&self) -> &Urls {
        &self.urls
    }

    /// Where the web app is.
    pub fn web_url(&self) -> String {
        format!("http://localhost:{}", self.web_port)
    }

    /// Where what watches the platform is, once its profile is started.
    pub fn watchers(&self) -> &Watchers {
        &self.watchers
    }

    /// Sets a variable of `.env.example`, from the next `up` on.
    pub fn set(&self, name: &str, value: &str) -> Result<()> {
        let lines = fs::read_to_string(self.env_file())?;
        Ok(fs::write(self.env_file(), format!("{lines}{name}={value}\n"))?)
    }

    /// Replaces images or what they are built from; the rest stays as `docker-compose.yml` says.
    pub fn replace(&self, yaml: &str) -> Result<()> {
        Ok(fs::write(self.override_file(), yaml)?)
    }

    fn env_file(&self) -> PathBuf {
        self.folder.join("env")
    }

    fn override_file(&self) -> PathBuf {
        self.folder.join("override.yml")
    }

    fn compose(&self, args: &[&str]) -> Vec<String> {
        let ours = paths::root().join("docker-compose.yml");
        let mut line = vec!["compose".to_owned(), "--project-name".to_owned(), PROJECT.to_owned()];
        for (flag, file) in [("--env-file", self.env_file()), ("--file", ours), ("--file", self.override_file())] {
            line.extend([flag.to_owned(), file.display().to_string()]);
        }
        line.extend(args.iter().map(ToString::to_string));
        line
    }

    /// Builds all images.
    pub async fn build(&self, limit: Duration) -> Result<()> {
        docker::run(&self.compose(&["build"]), limit).await
    }

    /// Starts everything and waits until it is healthy.
    pub async fn up(&self) -> Result<Up> {
        self.up_with(&[], &[]).await
    }

    /// Starts these services, which the profiles may hold, and waits until they are healthy; all of them if none is named.
    pub async fn up_with(&self, profiles: &[&str], services: &[&str]) -> Result<Up> {
        let (began, clock) = (Timestamp::now(), Instant::now());
        let seconds = UP.as_secs().to_string();
        let up = ["up", "--detach", "--no-build", "--wait", "--wait-timeout", &seconds];
        let args = [&of(profiles)[..], &up, services].concat();
        docker::run(&self.compose(&args), UP + Duration::from_secs(30)).await?;
        Ok(Up { began, took: clock.elapsed() })
    }

    /// Stops everything; fails unless every container ends by itself and with 0.
    pub async fn stop(&self) -> Result<()> {
        let clock = Instant::now();
        docker::run(&self.compose(&["stop"]), STOP).await?;
        let containers = self.containers().await?;
        ensure!(!containers.is_empty(), "nothing was there to stop");
        for (service, container) in &containers {
            let state = &container["State"];
            let (status, code) = (state["Status"].as_str(), state["ExitCode"].as_i64());
            ensure!(
                (status, code) == (Some("exited"), Some(0)) && state["OOMKilled"] == false,
                "{service} did not end well when it was stopped: {state}"
            );
        }
        let names: Vec<&str> = containers.keys().map(String::as_str).collect();
        say::note(format_args!("exit code 0 after {:.1} s: {}", clock.elapsed().as_secs_f32(), names.join(", ")));
        Ok(())
    }

    /// Removes the containers and networks; the volumes stay.
    pub async fn down(&self) -> Result<()> {
        docker::run(&self.compose(&["down"]), STOP).await
    }

    /// The profiles that `docker-compose.yml` has.
    pub async fn profiles(&self) -> Result<BTreeSet<String>> {
        let text = docker::ask(&self.compose(&["config", "--profiles"])).await?;
        Ok(text.lines().map(ToOwned::to_owned).collect())
    }

    /// What `docker-compose.yml` says, with these profiles.
    pub async fn plan(&self, profiles: &[&str]) -> Result<Plan> {
        let args = [&of(profiles)[..], &["config", "--format", "json"]].concat();
        let text = docker::ask(&self.compose(&args)).await?;
        let config: Value = serde_json::from_str(&text)?;
        let services = config["services"].as_object().context("no services")?;
        let mut plan = Plan::default();
        for (name, service) in services {
            let waited_for = service["depends_on"].as_object().into_iter().flatten();
            let healthy = waited_for.filter(|(_, how)| how["condition"] == "service_healthy");
            plan.waits_for.insert(name.clone(), healthy.map(|(name, _)| name.clone()).collect());
            plan.images.insert(name.clone(), service["image"].as_str().unwrap_or_default().to_owned());
        }
        Ok(plan)
    }

    /// What the engine says of each container, by service.
    pub async fn containers(&self) -> Result<BTreeMap<String, Value>> {
        let ids = docker::ask(&["ps", "--all", "--quiet", "--filter", LABEL]).await?;
        let mut args = vec!["inspect"];
        args.extend(ids.lines());
        if args.len() == 1 {
            return Ok(BTreeMap::new());
        }
        let containers: Vec<Value> = serde_json::from_str(&docker::ask(&args).await?)?;
        let service = |container: &Value| container["Config"]["Labels"][SERVICE_LABEL].as_str().map(ToOwned::to_owned);
        Ok(containers.into_iter().filter_map(|container| Some((service(&container)?, container))).collect())
    }

    /// The moments since then at which containers started or became healthy, as (service, what, when).
    pub async fn events_since(&self, since: Timestamp) -> Result<Vec<(String, String, i64)>> {
        let (since, until) = (in_seconds(since), in_seconds(Timestamp::now()));
        let args = ["events", "--since", &since, "--until", &until, "--format", "{{json .}}", "--filter", LABEL];
        let filters = ["--filter", "event=start", "--filter", "event=health_status"];
        let text = docker::ask(&[&args[..], &filters[..]].concat()).await?;
        let read = |line: &str| {
            let event: Value = serde_json::from_str(line).ok()?;
            let service = event["Actor"]["Attributes"][SERVICE_LABEL].as_str()?;
            Some((service.to_owned(), event["Action"].as_str()?.to_owned(), event["timeNano"].as_i64()?))
        };
        Ok(text.lines().filter_map(read).collect())
    }

    /// Shows how the containers are and what they said last.
    pub async fn say_what_happened(&self) {
        for args in [&["ps", "--all"][..], &["logs", "--no-color", "--tail", "40"]] {
            let args = [&["--profile", "*"], args].concat();
            let _ = docker::run(&self.compose(&args), Duration::from_secs(30)).await;
        }
    }

    /// Takes away the containers, the networks, the volumes and the images, also those that a killed run left.
    pub async fn sweep(&self) -> Result<()> {
        let args = ["--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "10"];
        docker::run(&self.compose(&args), STOP).await?;
        let tagged = format!("reference=*:{TAG}");
        let images = docker::ask(&["image", "ls", "--quiet", "--filter", &tagged]).await?;
        let images: BTreeSet<&str> = images.lines().collect();
        if !images.is_empty() {
            let mut args = vec!["image", "rm", "--force"];
            args.extend(&images);
            docker::ask(&args).await?;
        }
        for what in ["container", "volume", "network"] {
            let all = if what == "container" { &["--all"][..] } else { &[] };
            let args = [&[what, "ls", "--quiet", "--filter", LABEL], all].concat();
            let left = docker::ask(&args).await?;
            ensure!(left.is_empty(), "{what} not taken away: {left}");
        }
        Ok(())
    }
}

fn of<'a>(profiles: &[&'a str]) -> Vec<&'a str> {
    profiles.iter().flat_map(|profile| ["--profile", profile]).collect()
}

fn in_seconds(time: Timestamp) -> String {
    format!("{}.{:09}", time.as_second(), time.subsec_nanosecond())
}
