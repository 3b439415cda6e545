//! A service's process from start to stop.

use std::{future::Future, net::SocketAddr, process::ExitCode, time::Duration};

use axum::Router;
use mongodb::error::Error;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use super::{CommonConfig, ConfigError, health::Health, telemetry, trace::Traces, watchdog::Watch};
use crate::probe;

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
            let traces = Traces::start(&common.traces).map_err(|e| RunError::Other(format!("traces: {e}")))?;
            let listener = TcpListener::bind(common.address).await?;
            tracing::info!(address = %common.address, "listening");
            let finished = run(config, listener, stop_signal()?).await;
            traces.stop().await;
            finished
        })
    });
    exit(finished)
}

/// 0, or 1 and why in one line.
fn exit(outcome: Result<(), RunError>) -> ExitCode {
    match outcome {
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

/// The first word after the program's name, if any: what to do instead of serving.
pub fn command() -> Option<String> {
    std::env::args().nth(1)
}

/// Asks the service that runs beside this process, with the same settings, whether it may take traffic.
pub fn healthcheck<C: AsRef<CommonConfig>>(config: Result<C, ConfigError>) -> ExitCode {
    let asked = config.map_err(RunError::from).and_then(|config| {
        probe::ask(config.as_ref().address.port(), "/ready")?;
        Ok(())
    });
    exit(asked)
}

/// A command that looks for faults: one line for each on standard output, and exit code 1 if there is any; 2 where it
/// could not look.
pub fn report<C, F>(config: Result<C, ConfigError>, look: impl FnOnce(C) -> F) -> ExitCode
where
    F: Future<Output = Result<Vec<String>, RunError>>,
{
    let found = config.map_err(RunError::from).and_then(|config| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(look(config))
    });
    match found {
        Ok(faults) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(faults) => {
            #[expect(clippy::print_stdout, reason = "the lines are what the command is for")]
            for fault in faults {
                println!("{fault}");
            }
            ExitCode::from(1)
        }
        Err(error) => cannot(&error),
    }
}

/// A command that this service does not have; `usage` says which it has.
pub fn unknown_command(usage: &str) -> ExitCode {
    cannot(&format_args!("usage: {usage}"))
}

fn cannot(why: &dyn std::fmt::Display) -> ExitCode {
    #[expect(clippy::print_stderr, reason = "the one line is for the operator")]
    {
        eprintln!("{why}");
    }
    ExitCode::from(2)
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

/// Answers requests on `listener` until `stop`; then is not ready, finishes what it has begun, and returns. An error
/// where the database at `mongodb_uri` can only be reached by a process that begins anew.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    health: Health,
    mongodb_uri: &str,
    stop: CancellationToken,
) -> Result<(), RunError> {
    let database = health.database().clone();
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
        () = Watch::default().until_stuck(&database, mongodb_uri) => {
            tracing::error!("the database answers others, but not this process, which ends to begin anew");
            return Err(RunError::Other("the client of the database is stuck".into()));
        }
        () = overdue => tracing::warn!("stopped with requests under way"),
    }
    tracing::info!("stopped");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{Ipv4Addr, TcpListener as Listener},
        thread,
    };

    use super::*;
    use crate::server::Env;

    struct Settings(CommonConfig);

    impl AsRef<CommonConfig> for Settings {
        fn as_ref(&self) -> &CommonConfig {
            &self.0
        }
    }

    fn settings(port: &str) -> Result<Settings, ConfigError> {
        CommonConfig::from_env(&Env::of(&[("PORT", port)]), "auth", 3001, 9101).map(Settings)
    }

    #[test]
    fn a_service_is_healthy_while_it_says_on_its_own_port_that_it_is_ready() {
        for (answer, healthy) in [("200 OK", true), ("503 Service Unavailable", false)] {
            let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
            let port = listener.local_addr().expect("an address").port();
            let service = thread::spawn(move || {
                let (mut stream, _) = listener.accept().expect("a request");
                let mut request = [0; 11];
                stream.read_exact(&mut request).expect("its first words");
                stream.write_all(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes()).expect("an answer");
                request
            });
            let expected = if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE };
            assert_eq!(healthcheck(settings(&port.to_string())), expected, "{answer}");
            assert_eq!(&service.join().expect("a service"), b"GET /ready ");
        }
    }

    #[test]
    fn a_service_that_cannot_have_started_is_not_healthy() {
        assert_eq!(healthcheck(settings("eighty")), ExitCode::FAILURE);
    }
}
