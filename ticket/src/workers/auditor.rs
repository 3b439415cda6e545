//! The auditor: recomputes the inventory equation of every event, round after round, from the documents themselves.

use std::time::{Duration, Instant};

use mongodb::{Database, error::Error};
use shared::{
    EventId,
    server::{mongo, problem::Cause, telemetry},
};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::audit::{Difference, differences},
    store::Audits,
};

/// How long it rests after a round.
const EVERY: Duration = Duration::from_secs(10);
/// For each moment of work it rests so many: a large database is audited slowly rather than slowed down.
const REST: u32 = 49;
/// How often one event is read before the database counts as failing.
const TRIES: u32 = 5;

/// Compares inventories with orders.
pub struct Auditor(Audits);

impl Auditor {
    /// Of `database`.
    pub fn of(database: &Database) -> Self {
        Self(Audits::of(database))
    }

    /// Audits until `stop`. Every difference is logged, and counted by a gauge.
    pub async fn run(self, stop: CancellationToken) {
        while stop.run_until_cancelled(self.round()).await.is_some() {
            if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
                break;
            }
        }
    }

    async fn round(&self) {
        match self.go_round(REST).await {
            Ok(found) => {
                for difference in &found {
                    tracing::error!(%difference, "the inventory differs from the orders");
                }
                let found = u32::try_from(found.len()).unwrap_or(u32::MAX);
                metrics::gauge!("inventory_audit_mismatches").set(found);
                metrics::counter!("inventory_audits_total").increment(1);
                telemetry::worked("inventory-audit");
            }
            Err(error) => tracing::warn!(cause = %Cause::of(&error).0, "the audit could not be done"),
        }
    }

    /// Every difference there is, as fast as it goes.
    pub async fn once(&self) -> Result<Vec<Difference>, Error> {
        self.go_round(0).await
    }

    async fn go_round(&self, rest: u32) -> Result<Vec<Difference>, Error> {
        let mut found = Vec::new();
        for event in self.0.events().await? {
            let began = Instant::now();
            found.extend(self.check(event).await?);
            tokio::time::sleep(began.elapsed() * rest).await;
        }
        Ok(found)
    }

    async fn check(&self, event: EventId) -> Result<Vec<Difference>, Error> {
        let mut tried = 1;
        loop {
            match self.0.picture(event).await {
                Ok(picture) => return Ok(differences(event, picture)),
                Err(error) if tried < TRIES && mongo::problem(&error).status == 503 => tried += 1,
                Err(error) => return Err(error),
            }
        }
    }
}
