//! The four services as running processes.

use std::{
    process::Output,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use reqwest::Client;
use tokio::{process::Command, sync::Notify, time::timeout};

use super::{Service, Settings};
use crate::{
    leftovers,
    process::{Child, Signal, Spawn},
    wait,
};

const READY: Duration = Duration::from_mins(1);
/// A service drains for up to 25 s after SIGTERM.
const GRACE: Duration = Duration::from_secs(25);

/// The four services, each in a process group of its own; dropped, it kills them.
pub struct Platform {
    settings: Settings,
    client: Client,
    slots: [Mutex<Slot>; 4],
    changed: Notify,
}

#[derive(Default)]
struct Slot {
    child: Option<Arc<Child>>,
    /// Whether it ends as it was asked to, or starts and whoever starts it looks after it.
    may_end: bool,
}

impl Platform {
    /// Starts all four side by side and waits until each is ready.
    pub async fn start(settings: Settings) -> Result<Self> {
        let platform = Self::empty(settings)?;
        if let Err(error) = platform.start_all().await {
            platform.stop().await;
            return Err(error);
        }
        Ok(platform)
    }

    async fn start_all(&self) -> Result<()> {
        for service in Service::ALL {
            self.spawn(service).await?;
        }
        for service in Service::ALL {
            self.wait_ready(service).await?;
        }
        Ok(())
    }

    /// A platform of which nothing runs yet; see [`Platform::start_one`].
    pub fn empty(settings: Settings) -> Result<Self> {
        // Nothing is kept open: a connection to a killed service must not outlive it.
        let client = Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(5)).build()?;
        Ok(Self { settings, client, slots: Default::default(), changed: Notify::new() })
    }

    /// What it was started with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The base URL of a service, as the browser uses it.
    pub fn url(&self, service: Service) -> String {
        format!("http://localhost:{}", self.settings.ports.http(service))
    }

    /// The process id of a service that runs.
    pub fn pid(&self, service: Service) -> Option<u32> {
        self.child(service).filter(|child| child.is_running()).map(|child| child.pid())
    }

    /// Starts one that does not run, and waits until it is ready.
    pub async fn start_one(&self, service: Service) -> Result<()> {
        if self.pid(service).is_some() {
            bail!("{} already runs", service.name());
        }
        self.spawn(service).await?;
        self.wait_ready(service).await
    }

    /// Kills one with SIGKILL, as a crash would, and waits until it is gone.
    pub async fn kill(&self, service: Service) {
        if let Some(child) = self.take(service) {
            child.kill().await;
        }
    }

    /// Stops one with SIGTERM and waits until it is gone; true if it exited with 0.
    pub async fn stop_one(&self, service: Service) -> bool {
        match self.take(service) {
            Some(child) => child.stop(GRACE).await.is_some_and(|status| status.success()),
            None => false,
        }
    }

    /// Stops one with SIGTERM, starts it again and waits until it is ready.
    pub async fn restart(&self, service: Service) -> Result<()> {
        self.stop_one(service).await;
        self.start_one(service).await
    }

    /// Runs a command of a service's binary, such as `audit`, to its end with the service's environment.
    pub async fn command(&self, service: Service, command: &str) -> Result<Output> {
        let binary = self.settings.binaries.join(service.name());
        let mut process = Command::new(&binary);
        process.arg(command).envs(self.settings.env_of(service)).kill_on_drop(true);
        process.output().await.with_context(|| format!("{} cannot be started; is it built?", binary.display()))
    }

    /// Sends any signal to one, such as SIGSTOP and SIGCONT.
    pub fn signal(&self, service: Service, signal: Signal) {
        if let Some(child) = self.child(service) {
            child.signal(signal);
        }
    }

    /// The last lines that a service printed.
    pub fn tail(&self, service: Service) -> String {
        self.child(service).map(|child| child.tail()).unwrap_or_default()
    }

    /// Waits until one of them ends without having been asked to, and says which and why.
    pub async fn exited(&self) -> String {
        let ends = Service::ALL.map(|service| Box::pin(self.one_exited(service)));
        let [a, b, c, d] = ends;
        tokio::select! {
            why = a => why,
            why = b => why,
            why = c => why,
            why = d => why,
        }
    }

    /// Stops all that run, the callers before the called.
    pub async fn stop(&self) {
        for service in Service::ALL.into_iter().rev() {
            if self.pid(service).is_some() {
                self.stop_one(service).await;
            }
        }
    }

    /// Waits until a service answers `/ready` with 200.
    pub async fn wait_ready(&self, service: Service) -> Result<()> {
        let name = service.name();
        let child = self.child(service).with_context(|| format!("{name} was not started"))?;
        let url = format!("http://127.0.0.1:{}/ready", self.settings.ports.http(service));
        let ready = wait::until(async || {
            let answer = self.client.get(&url).send().await.ok()?;
            answer.status().is_success().then_some(())
        });
        tokio::select! {
            ready = timeout(READY, ready) => {
                let seconds = READY.as_secs();
                ready.with_context(|| format!("{name} was not ready within {seconds} s; its last lines:\n{}", child.tail()))?;
                self.slot(service).may_end = false;
                Ok(())
            }
            status = child.exited() => {
                let status = status.map_or_else(String::new, |status| format!(" ({status})"));
                bail!("{name} ended while it started{status}; its last lines:\n{}", child.tail())
            }
        }
    }

    async fn spawn(&self, service: Service) -> Result<()> {
        let name = service.name();
        let binary = self.settings.binaries.join(name);
        let mut command = Command::new(&binary);
        command.envs(self.settings.env_of(service));
        let how = Spawn {
            name: name.to_owned(),
            log: self.settings.logs.join(format!("{name}.log")),
            echo: self.settings.echo,
            on_drop: Signal::SIGKILL,
        };
        let child = Child::spawn(command, how)
            .await
            .with_context(|| format!("{} cannot be started; is it built?", binary.display()))?;
        leftovers::note_process(child.pid());
        *self.slot(service) = Slot { child: Some(Arc::new(child)), may_end: true };
        self.changed.notify_waiters();
        Ok(())
    }

    async fn one_exited(&self, service: Service) -> String {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Enrolled before looking, so that a start between the two is not missed.
            changed.as_mut().enable();
            if let Some(child) = self.child(service) {
                let status = child.exited().await;
                let slot = self.slot(service);
                let is_current = slot.child.as_ref().is_some_and(|current| Arc::ptr_eq(current, &child));
                if is_current && !slot.may_end {
                    let status = status.map_or_else(String::new, |status| format!(" ({status})"));
                    return format!(
                        "{} has ended by itself{status}; its last lines:\n{}",
                        service.name(),
                        child.tail()
                    );
                }
                if !is_current {
                    continue;
                }
            }
            changed.await;
        }
    }

    fn child(&self, service: Service) -> Option<Arc<Child>> {
        self.slot(service).child.clone()
    }

    fn take(&self, service: Service) -> Option<Arc<Child>> {
        let mut slot = self.slot(service);
        slot.may_end = true;
        slot.child.clone()
    }

    fn slot(&self, service: Service) -> std::sync::MutexGuard<'_, Slot> {
        self.slots[service.index()].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
