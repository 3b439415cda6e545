use std::{fs, path::PathBuf};

use super::*;
use crate::{
    ports::Ports,
    services::{ServicePorts, Urls},
};

fn urls() -> Urls {
    ServicePorts::usual(Ports::new(0)).urls()
}

fn site(name: &str) -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("xtask-serve-{name}-{}", std::process::id()));
    fs::create_dir_all(folder.join("assets"))?;
    fs::write(folder.join("index.html"), "<p>page</p>")?;
    fs::write(folder.join("assets/app-0123.js"), "plain")?;
    fs::write(folder.join("assets/app-0123.js.br"), "small")?;
    Ok(folder)
}

/// Serves the site on a free port and asks for one path.
async fn ask(name: &str, path: &str, accept: &str) -> Result<(u16, reqwest::header::HeaderMap, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let folder = site(name)?;
    let server = tokio::spawn(serve(listener, folder.clone(), urls(), std::future::pending()));
    let request = reqwest::Client::new().get(format!("http://{address}{path}"));
    let response = request.header("accept-encoding", accept).send().await?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let text = response.text().await?;
    server.abort();
    fs::remove_dir_all(folder)?;
    Ok((status, headers, text))
}

#[tokio::test]
async fn a_route_of_the_app_gets_the_page() -> Result<()> {
    let (status, headers, text) = ask("route", "/events/0198-abc", "identity").await?;
    assert_eq!((status, text.as_str()), (200, "<p>page</p>"));
    assert_eq!(headers["cache-control"], "no-cache");
    assert_eq!(headers["content-type"], "text/html");
    let policy = headers["content-security-policy"].to_str()?;
    assert!(policy.contains("connect-src 'self' http://localhost:3001 http://localhost:3002"));
    assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';"));
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_not_there_is_404() -> Result<()> {
    let (status, headers, _) = ask("missing", "/assets/gone.js", "identity").await?;
    assert_eq!(status, 404);
    assert_eq!(headers["cache-control"], "no-cache");
    Ok(())
}

#[tokio::test]
async fn an_asset_is_kept_for_ever_and_sent_compressed() -> Result<()> {
    let (status, headers, text) = ask("asset", "/assets/app-0123.js", "br").await?;
    assert_eq!((status, text.as_str()), (200, "small"));
    assert_eq!(headers["content-encoding"], "br");
    assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
    Ok(())
}

#[tokio::test]
async fn the_config_names_the_four_services() -> Result<()> {
    let (status, headers, text) = ask("config", "/config.json", "identity").await?;
    assert_eq!(status, 200);
    assert_eq!(headers["cache-control"], "no-cache");
    let config: serde_json::Value = serde_json::from_str(&text)?;
    assert_eq!(config["ticketUrl"], "http://localhost:3003");
    Ok(())
}
