//! The binaries with the environment of production: two replicas of each, replaced one by one while people buy.

mod balancer;
mod fleet;
mod held;
mod load;

use anyhow::{Context, Result, ensure};
use e2e::eventually;
use serde_json::Value;
use xtask::services::Service;

pub use fleet::command;
use fleet::{Fleet, REPLICAS};
use load::{Caller, Load};

const OVERLAY: &str = "production";

#[tokio::test(flavor = "multi_thread")]
async fn every_service_is_replaced_under_load_without_a_failed_request() -> Result<()> {
    let mut fleet = Fleet::start(OVERLAY).await?;
    probes_answer(&mut fleet).await?;

    let urls = Service::ALL.map(|service| (service, fleet.url(service)));
    let origin = fleet.set(Service::Auth).deployed.env["FRONTEND_URL"].clone();
    let visitor = Caller::new(urls.clone().into(), &origin)?;
    // Whoever else may publish here, an admin may: that is for the operator to say (EVENT_CREATION).
    let mut organizer = visitor.clone();
    let [email, password] = fleet.set(Service::Auth).first_admin()?;
    organizer.sign_in(&email, &password).await?;
    let mut buyers = Vec::new();
    for _ in 0..3 {
        let mut buyer = Caller::new(urls.clone().into(), &origin)?;
        buyer.register().await?;
        let event = organizer.publish().await?;
        eventually("ticket knows the event", async || Ok(visitor.availability(&event).await.ok())).await?;
        buyers.push((buyer, event));
    }

    let load = Load::start(&visitor, &buyers);
    load.goes_on(2).await?;
    for service in Service::ALL {
        for index in 0..REPLICAS {
            ensure!(fleet.set(service).deployed.pause > 0, "{}: SIGTERM comes at once", service.name());
            let status = fleet.set(service).replace(index, &organizer).await.with_context(|| service.name())?;
            assert_eq!(status.code(), Some(0), "{} {index}", service.name());
            load.goes_on(2).await?;
            let failures = load.record.failures();
            assert!(failures.is_empty(), "while {} {index} was replaced: {failures:#?}", service.name());
        }
    }
    let record = load.stop().await;
    assert_eq!(record.failures(), Vec::<String>::new());
    let total: u64 = record.answered().values().sum();
    eprintln!("{total} requests, none failed: {:?}", record.answered());
    logs_are_json(&fleet)
}

/// Each replica answers where its manifest's probes ask.
async fn probes_answer(fleet: &mut Fleet) -> Result<()> {
    for service in Service::ALL {
        let set = fleet.set(service);
        for index in 0..REPLICAS {
            let [http, metrics] = set.addresses(index);
            for probe in set.deployed.probes.values() {
                let answer = reqwest::get(format!("{http}{}", probe.path)).await?;
                assert_eq!(answer.status(), 200, "{} {}", service.name(), probe.path);
            }
            let text = reqwest::get(format!("{metrics}/metrics")).await?.error_for_status()?.text().await?;
            assert!(text.contains("# TYPE "), "{}: no metrics", service.name());
        }
    }
    Ok(())
}

/// Whatever happened, each line is one JSON object with a level and a message.
fn logs_are_json(fleet: &Fleet) -> Result<()> {
    let lines = fleet.log_lines()?;
    for line in &lines {
        let read: Value = serde_json::from_str(line).with_context(|| line.clone())?;
        ensure!(read["level"].is_string() && read["timestamp"].is_string() && read["message"].is_string(), "{line}");
    }
    let said = |words: &str| lines.iter().filter(|line| line.contains(&format!("\"message\":\"{words}\""))).count();
    let (replicas, all) = (Service::ALL.len() * REPLICAS, 2 * Service::ALL.len() * REPLICAS);
    assert_eq!((said("listening"), said("stopped")), (all, replicas));
    Ok(())
}
