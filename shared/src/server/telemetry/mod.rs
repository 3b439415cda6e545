//! Logs and metrics of the process.

pub(crate) mod mongo_commands;
pub(crate) mod mongo_pool;

use std::{net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use super::{AppEnv, Clock};

/// Upper bounds of the latency histograms' buckets, in seconds.
const LATENCY_BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Upper bounds of the buckets for how much is done at once.
const SIZE_BUCKETS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Begins to log: JSON lines in production, lines for reading in development. `RUST_LOG` filters.
pub fn init_logs(app_env: AppEnv) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    match app_env {
        AppEnv::Production => {
            registry.with(tracing_subscriber::fmt::layer().json().flatten_event(true)).init();
        }
        AppEnv::Development => registry.with(tracing_subscriber::fmt::layer().compact()).init(),
    }
}

/// What every metric is counted with. A histogram's name ends in `_duration_seconds` or `_size`.
pub fn recorder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), LATENCY_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), SIZE_BUCKETS)
}

/// Begins to measure.
pub fn init_metrics() -> Result<PrometheusHandle, BuildError> {
    recorder()?.install_recorder()
}

/// Serves `/metrics` on a port of its own, until the process ends.
pub async fn serve_metrics(address: SocketAddr, handle: PrometheusHandle) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    let scrape = async move || {
        measure_process();
        handle.render()
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/metrics", get(scrape))).await });
    Ok(())
}

/// Measures what the process uses of memory, processor and files, where the system tells it.
pub fn measure_process() {
    #[cfg(target_os = "linux")]
    metrics_process::Collector::default().collect();
}

/// Notes that a worker has done its round and there is nothing left for it: whoever stands still is found by the age of
/// this.
pub fn worked(worker: &'static str) {
    let now = Clock::system().now().as_duration().as_secs_f64();
    metrics::gauge!("worker_last_success_timestamp_seconds", "worker" => worker).set(now);
}
