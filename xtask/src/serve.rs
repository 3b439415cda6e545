//! The web app's server on a developer's machine and in the tests: the same as in its container.

use std::path::Path;

use anyhow::Result;
use tokio::net::TcpListener;
use web_server::Site;

use crate::services::Urls;

/// Serves the built web app until `shutdown` comes.
pub async fn serve(
    listener: TcpListener,
    folder: impl AsRef<Path>,
    urls: Urls,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let router = web_server::router(Site::local(folder.as_ref(), urls))?;
    Ok(web_server::serve(listener, router, shutdown).await?)
}
