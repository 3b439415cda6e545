//! What the web app's container serves.

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method, Response, StatusCode, header};
use serde_json::Value;

use crate::{
    say,
    services::{Service, Urls},
};

/// Fails unless the page, its files, its headers and its settings are as a browser needs them.
pub async fn check(urls: &Urls, web: &str) -> Result<()> {
    let client = Client::new();
    let page = get(&client, &format!("{web}/events/any-route-of-the-app"), "identity").await?;
    let policy = header_of(&page, "content-security-policy")?;
    ensure!(policy.contains("script-src 'self' 'wasm-unsafe-eval';"), "the policy lets other scripts run: {policy}");
    ensure!(!policy.contains("'unsafe-"), "the policy lets inline scripts or styles in: {policy}");
    ensure!(urls.all().iter().all(|url| policy.contains(url)), "the policy keeps the app from the services: {policy}");
    ensure!(header_of(&page, "x-content-type-options")? == "nosniff", "files may be taken for what they are not");
    ensure!(header_of(&page, "cache-control")? == "no-cache", "the page would be kept when a new one is there");

    let html = page.text().await?;
    let wasm = asset(&html, ".wasm").context("the page loads no WASM")?;
    let whole = get(&client, &format!("{web}{wasm}"), "identity").await?.bytes().await?.len();
    for encoding in ["br", "gzip"] {
        let file = get(&client, &format!("{web}{wasm}"), encoding).await?;
        ensure!(header_of(&file, "content-encoding")? == encoding, "{wasm} does not come by {encoding}");
        ensure!(header_of(&file, "content-type")? == "application/wasm", "browsers would not stream {wasm}");
        ensure!(header_of(&file, "cache-control")?.contains("immutable"), "{wasm} would be asked for again");
        let size = file.bytes().await?.len();
        ensure!(size < whole / 2, "{wasm} by {encoding} is not small: {size} of {whole} bytes");
        say::note(format_args!("{wasm}: {} KB, by {encoding} {} KB", whole / 1024, size / 1024));
    }

    let config: Value = get(&client, &format!("{web}/config.json"), "identity").await?.json().await?;
    for (name, url) in ["authUrl", "eventUrl", "ticketUrl", "paymentUrl"].iter().zip(urls.all()) {
        ensure!(config[name] == url, "/config.json does not come from the environment: {config}");
    }
    for (service, url) in Service::ALL.iter().zip(urls.all()) {
        may_call(&client, web, &format!("{url}/ready")).await.with_context(|| service.name())?;
    }
    say::note("policy, caching, compression, /config.json and the services' consent to calls from this page");
    Ok(())
}

async fn get(client: &Client, url: &str, accept: &str) -> Result<Response> {
    let response = client.get(url).header(header::ACCEPT_ENCODING, accept).send().await?;
    ensure!(response.status() == StatusCode::OK, "{url} answers {}", response.status());
    Ok(response)
}

fn header_of(response: &Response, name: &str) -> Result<String> {
    let value = response.headers().get(name).with_context(|| format!("{} has no {name}", response.url()))?;
    Ok(value.to_str()?.to_owned())
}

/// Whether a service lets the page at `web` call it with a cookie.
async fn may_call(client: &Client, web: &str, url: &str) -> Result<()> {
    let preflight = client.request(Method::OPTIONS, url).header(header::ORIGIN, web);
    let response = preflight.header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST").send().await?;
    let allowed = header_of(&response, "access-control-allow-origin")?;
    let with_cookie = header_of(&response, "access-control-allow-credentials")?;
    ensure!(allowed == web && with_cookie == "true", "the page at {web} may not call {url}");
    Ok(())
}

/// The first address in the page that ends so.
fn asset(html: &str, end: &str) -> Option<String> {
    let (before, _) = html.split_once(&format!("{end}\""))?;
    let (_, address) = before.rsplit_once('"')?;
    Some(format!("{address}{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_wasm_is_read_from_the_page() {
        let html = r#"<link href="/a.css"><link rel="preload" href="/assets/app-1.wasm" as="fetch">"#;
        assert_eq!(asset(html, ".wasm").as_deref(), Some("/assets/app-1.wasm"));
        assert_eq!(asset(html, ".br"), None);
    }
}
