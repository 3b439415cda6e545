//! The profiles of `docker-compose.yml`: what watches the platform, and the mail catcher that alerts go to.

mod alerts;
mod grafana;
mod prometheus;

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use reqwest::Client;
use serde_json::Value;
use tokio::time::sleep;

use super::{
    confinement,
    images::{self, Replaced},
    journey,
    stack::Stack,
};
use crate::say;

const PROFILES: [&str; 2] = ["mail", "observability"];

/// Prometheus looks every 15 s. An alert that it could not tell, since Alertmanager was not there yet, it tells again after a
/// minute.
const PATIENCE: Duration = Duration::from_mins(2);
const BETWEEN: Duration = Duration::from_millis(500);

/// Starts the profiles beside the platform, sells tickets, and asks what watches it whether it has seen that.
pub async fn check(stack: &Stack, mut replaced: Replaced, strict: bool) -> Result<()> {
    say::step("The profiles: docker compose --profile observability --profile mail up");
    let there = stack.profiles().await?;
    ensure!(there.iter().eq(PROFILES.iter()), "there are the profiles {there:?}, and tried are {PROFILES:?}");
    let plain = stack.plan(&[]).await?;
    let all = stack.plan(&PROFILES).await?;
    let mut starts: Vec<&str> = plain.images.keys().map(String::as_str).collect();
    for (service, image) in all.images.iter().filter(|(service, _)| !plain.images.contains_key(*service)) {
        match images::find(service, image, &mut replaced).await {
            Ok(()) => starts.push(service),
            Err(why) if strict => bail!("{service} cannot be started: {why:#}"),
            Err(why) => say::warn(format_args!("{service} is left out: {why:#}")),
        }
    }
    stack.replace(&replaced.yaml())?;
    if starts.contains(&"tempo") {
        stack.set("OTEL_EXPORTER_OTLP_ENDPOINT", "http://tempo:4318")?;
    }
    let up = stack.up_with(&PROFILES, &starts).await?;
    say::note(format_args!("healthy after {:.1} s", up.took.as_secs_f32()));
    confinement::check(stack).await?;

    say::step("What is sold now, Prometheus counts and the store of traces gets");
    journey::buy(stack.urls()).await?;
    let watchers = stack.watchers();
    let started = |service: &str| starts.contains(&service);
    if started("prometheus") {
        prometheus::check(&watchers.prometheus, started("alertmanager"), started("tempo")).await?;
    }
    if started("alertmanager") && started("mailpit") {
        alerts::check(&watchers.alertmanager, &watchers.mail, started("prometheus")).await?;
    }
    if started("grafana") {
        grafana::check(&watchers.grafana, started("tempo")).await?;
    }
    Ok(())
}

fn client() -> Result<Client> {
    Ok(Client::builder().timeout(Duration::from_secs(10)).build()?)
}

async fn get(client: &Client, url: &str) -> Result<Value> {
    Ok(client.get(url).send().await?.error_for_status()?.json().await?)
}

/// Asks again until there is nothing to complain of; fails with the last complaint.
async fn settle(what: &str, mut complaint: impl AsyncFnMut() -> Result<Option<String>>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let last = match complaint().await {
            Ok(None) => return Ok(()),
            Ok(Some(found)) => found,
            Err(error) => format!("{error:#}"),
        };
        ensure!(Instant::now() < deadline, "{what}: after {} s still: {last}", PATIENCE.as_secs());
        sleep(BETWEEN).await;
    }
}
