//! The platform under test, its people, and what can be known of it from outside.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::Path,
};

use anyhow::{Context, Result};
use e2e::{Person, Stage, eventually};
use xtask::services::{Platform, Service, Settings};

use crate::books::Databases;

/// What a service says in its log when the promise is broken, or nearly so.
const COMPLAINTS: [&str; 7] = [
    "the inventory differs from the orders",
    "the provider's books and ours differ",
    "paid, but not confirmed",
    "refunded, but not noted",
    "no payment of it is known",
    "the provider refused",
    "panicked at",
];
/// The platform, with people who have accounts.
pub struct World {
    /// The services.
    pub stage: Stage,
    /// The books, read past every link.
    pub databases: Databases,
    /// Those who buy.
    pub buyers: Vec<Person>,
    /// Who tries what must go on while something else does not.
    pub prober: Person,
    /// Whose events they are.
    pub organizer: Person,
}

impl World {
    /// Starts it on this MongoDB with so many buyers, and with the settings changed before anything starts.
    pub async fn start(
        mongodb_uri: &str,
        buyers: usize,
        tune: impl AsyncFnOnce(&mut Settings) -> Result<()>,
    ) -> Result<Self> {
        let many = buyers + 2;
        let stage = Stage::tuned(mongodb_uri, async |settings| {
            let variables = [
                // Short, so that holds lapse in the middle of everything.
                ("HOLD_SECONDS", "8"),
                // A buyer who does not answer the bank is waited for no longer than a test can wait.
                ("PAYMENT_ACTION_DEADLINE_SECONDS", "10"),
                ("PAYMENT_AUDIT_SECONDS", "5"),
                ("SIMULATED_WEBHOOKS", "duplicate,delay,shuffle"),
            ];
            settings.env.extend(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
            tune(settings).await
        })
        .await?;
        let databases = Databases::of(stage.platform.settings()).await?;
        let mut buyers = Vec::with_capacity(many);
        while buyers.len() < many {
            // One after the other: of passwords only a few are hashed at a time.
            buyers.push(eventually("an account", async || Ok(stage.register("Bob").await.ok())).await?);
        }
        let (prober, organizer) = (buyers.pop().context("a prober")?, buyers.pop().context("an organizer")?);
        Ok(Self { stage, databases, buyers, prober, organizer })
    }

    /// Everyone calls this service at another base URL.
    pub fn call_at(&mut self, service: Service, url: &str) {
        let people = self.buyers.iter_mut().chain([&mut self.prober, &mut self.organizer]);
        for person in people {
            *person = person.clone().calling(service, url.to_owned());
        }
    }

    /// What a service's own audit finds; nothing where it exits with 0.
    pub async fn audit(&self, service: Service) -> Result<Option<String>> {
        let output = self.stage.platform.command(service, "audit").await?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        let finding = format!("`{} audit`: {} {}", service.name(), said(&output.stdout), said(&output.stderr));
        Ok((output.status.code() != Some(0)).then_some(finding))
    }

    /// What the services have said in their logs that they must never have to say.
    pub fn complaints(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        gather(&self.stage.platform.settings().logs, &mut found)?;
        Ok(found)
    }
}

/// Keeps the log of a process that has ended beside that of the next one, which begins it anew.
pub fn keep_log(platform: &Platform, service: Service) -> Result<()> {
    let log = platform.settings().logs.join(format!("{}.log", service.name()));
    let text = fs::read(&log).with_context(|| log.display().to_string())?;
    let mut kept = OpenOptions::new().create(true).append(true).open(log.with_extension("ended.log"))?;
    Ok(kept.write_all(&text)?)
}

fn gather(folder: &Path, found: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(&path, found)?;
            continue;
        }
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        let lines = text.lines().filter(|line| COMPLAINTS.iter().any(|complaint| line.contains(complaint)));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        found.extend(lines.map(|line| format!("{name}: {line}")));
    }
    Ok(())
}
