//! Serves the built web app: its files, its one page under every route, `/config.json`, and the headers that protect
//! them. `cargo xtask up`, the tests and the container all serve it from here.

mod config;
mod policy;
mod site;

use std::{io, time::Duration};

use axum::Router;
use tokio::net::TcpListener;

pub use config::{Config, ConfigError};
pub use site::{Site, Stripe, Urls, router};

/// The folder below the site's root whose files never change under the same name.
pub const ASSETS: &str = "assets";

/// How long downloads may go on after the stop was asked for.
const DRAIN: Duration = Duration::from_secs(10);

/// Answers requests until `shutdown` comes, then finishes those under way.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (asked, asked_for) = tokio::sync::oneshot::channel();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        shutdown.await;
        let _ = asked.send(());
    });
    let overdue = async {
        let _ = asked_for.await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        ended = server.into_future() => ended,
        () = overdue => Ok(()),
    }
}
