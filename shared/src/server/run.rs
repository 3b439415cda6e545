//! A service's process from start to stop.

use std::{future::Future, net::SocketAddr, process::ExitCode, time::Duration};

use axum::Router;
use mongodb::error::Error;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use super::{CommonConfig, ConfigError, health::Health, telemetry};

/// How long requests may go on after the stop was asked for.
const DRAIN: Duration = Duration::from_secs(20);

/// Why a service did not start, or ended early.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A setting is missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database's address cannot be used.
    #[error("MONGODB_URI: {0}")]
    Database(#[from] Error),
    /// A port is taken, say.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// An upstream service's address cannot be used.
    #[error("HTTP client: {0}")]
    Http(#[from] reqwest::Error),
    /// Something else that the start needs.
    #[error("{0}")]
    Other(String),
}

/// The whole of a service's `main`: telemetry, ports, signals, and an exit code that says how it went.
pub fn main<C, F>(config: Result<C, ConfigError>, run: impl FnOnce(C, TcpListener, CancellationToken) -> F) -> ExitCode
where
    C: AsRef<CommonConfig>,
    F: Future<Output = Result<(), RunError>>,
{
    let finished = config.map_err(RunError::from).and_then(|config| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let common: &CommonConfig = config.as_ref();
            telemetry::init_logs(common.app_env);
            let metrics = telemetry::init_metrics().map_err(|e| RunError::Other(format!("metrics: {e}")))?;
            telemetry::serve_metrics(common.metrics_address, metrics).await?;
            let listener = TcpListener::bind(common.address).await?;
            tracing::info!(address = %common.address, "listening");
            run(config, listener, stop_signal()?).await
        })
    });
    match finished {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "logs may not have begun; the one line is for the operator")]
            {
                eprintln!("{error}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Cancelled by SIGTERM or Ctrl-C.
fn stop_signal() -> std::io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = token.clone();
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => (), _ = interrupt.recv() => () }
        stop.cancel();
    });
    Ok(token)
}

/// Does `attempt` until it succeeds: a service may start before its database. Faults that do not pass are returned.
pub async fn once_database_answers<F>(stop: &CancellationToken, mut attempt: impl FnMut() -> F) -> Result<(), RunError>
where
    F: Future<Output = Result<(), Error>>,
{
    loop {
        match attempt().await {
            Ok(()) => return Ok(()),
            Err(error) if super::mongo::problem(&error).status == 503 => {
                tracing::warn!(%error, "waiting for the database");
            }
            Err(error) => return Err(error.into()),
        }
        tokio::select! {
            () = stop.cancelled() => return Err(RunError::Other("stopped before the database answered".into())),
            () = tokio::time::sleep(Duration::from_secs(1)) => (),
        }
    }
}

/// Answers requests until `stop`; then is not ready, finishes what it has begun, and returns.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    health: Health,
    stop: CancellationToken,
) -> Result<(), RunError> {
    let asked = stop.clone();
    let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move {
            asked.cancelled().await;
            health.stop();
        });
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        ended = server.into_future() => ended?,
        () = overdue => tracing::warn!("stopped with requests under way"),
    }
    tracing::info!("stopped");
    Ok(())
}
