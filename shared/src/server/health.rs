//! `/health`: the process is alive. `/ready`: it may take traffic.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, extract::State, routing::get};
use jiff::Timestamp;
use mongodb::Database;
use serde_json::{Value, json};

use super::{json::Json, mongo, problem::unavailable};
use crate::Problem;

/// What the probes look at.
#[derive(Clone)]
pub struct Health {
    service: &'static str,
    started: Instant,
    stopping: Arc<AtomicBool>,
    database: Database,
}

impl Health {
    /// A service that takes traffic while its database answers.
    pub fn new(service: &'static str, database: Database) -> Self {
        Self { service, started: Instant::now(), stopping: Arc::default(), database }
    }

    /// What the service needs to be ready.
    pub(super) const fn database(&self) -> &Database {
        &self.database
    }

    /// From now on the service is not ready: it is about to stop.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// The two probes; outside of limits and logs.
pub fn router(health: Health) -> Router {
    Router::new().route("/health", get(alive)).route("/ready", get(ready)).with_state(health)
}

async fn alive(State(health): State<Health>) -> Json<Value> {
    Json(json!({
        "status": "ok",
        "service": health.service,
        "timestamp": Timestamp::now(),
        "uptime": health.started.elapsed().as_secs(),
    }))
}

async fn ready(State(health): State<Health>) -> Result<Json<Value>, Problem> {
    if health.stopping.load(Ordering::Relaxed) {
        return Err(unavailable().detail("stopping"));
    }
    match tokio::time::timeout(Duration::from_secs(1), mongo::ping(&health.database)).await {
        Ok(Ok(())) => Ok(Json(json!({ "status": "ready", "service": health.service }))),
        _ => Err(unavailable().detail("the database does not answer")),
    }
}
