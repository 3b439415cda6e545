//! The web app's server process.

use std::{future::Future, io, process::ExitCode};

use shared::probe;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use web_server::{Config, router, serve};

fn main() -> ExitCode {
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(error) => return failed(&error),
    };
    match std::env::args().nth(1).as_deref() {
        None => {}
        Some("healthcheck") => {
            return match probe::ask(config.address.port(), "/health") {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => failed(&error),
            };
        }
        Some(_) => return failed(&"usage: web-server [healthcheck]"),
    }
    match run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn run(config: Config) -> io::Result<()> {
    let page = config.site.folder.join("index.html");
    if !page.is_file() {
        return Err(io::Error::other(format!("STATIC_DIR: {} is not there", page.display())));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let router = router(config.site).map_err(io::Error::other)?;
        let listener = TcpListener::bind(config.address).await?;
        say(&format_args!("listening on {}", config.address));
        serve(listener, router, stop_signal()?).await?;
        say(&"stopped");
        Ok(())
    })
}

/// Resolves on SIGTERM or Ctrl-C.
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! { _ = terminate.recv() => (), _ = interrupt.recv() => () }
    })
}

fn failed(why: &dyn std::fmt::Display) -> ExitCode {
    say(why);
    ExitCode::FAILURE
}

/// One line for the operator.
fn say(line: &dyn std::fmt::Display) {
    #[expect(clippy::print_stderr, reason = "two lines in the life of a process need no logging library")]
    {
        eprintln!("{line}");
    }
}
