//! The routes of the site and the headers of every answer.

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{self, InvalidHeaderValue},
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;
use serde_json::{Value, json};
use tower_http::services::{ServeDir, ServeFile};

use crate::{ASSETS, config::origin_of, policy::content_policy};

/// Where the browser finds the four services.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Urls {
    /// The auth service.
    pub auth_url: String,
    /// The event service.
    pub event_url: String,
    /// The ticket service.
    pub ticket_url: String,
    /// The payment service.
    pub payment_url: String,
}

impl Urls {
    /// All four.
    pub fn all(&self) -> [&str; 4] {
        [&self.auth_url, &self.event_url, &self.ticket_url, &self.payment_url]
    }
}

/// How the pay page takes cards by Stripe's own form.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stripe {
    /// Names the Stripe account to the browser.
    pub publishable_key: String,
    /// Where Stripe's script is.
    pub script_url: String,
}

impl Stripe {
    /// Where Stripe itself serves its script.
    pub const SCRIPT: &str = "https://js.stripe.com/v3";

    /// The origin of the script, and of the frame that it puts the card's field into.
    pub fn origin(&self) -> Option<String> {
        origin_of(&self.script_url.parse().ok()?)
    }
}

/// A built web app and what one environment adds to it.
#[derive(Clone, Debug)]
pub struct Site {
    /// The folder that the web app was built into.
    pub folder: PathBuf,
    /// Where the services are.
    pub urls: Urls,
    /// Whether the pay page offers test cards; the app decides where this is not said.
    pub test_mode: Option<bool>,
    /// Where cards are paid by Stripe: how.
    pub stripe: Option<Stripe>,
    /// For how long browsers must use https, where they must.
    pub https_only: Option<Duration>,
}

impl Site {
    /// A site on a developer's machine.
    pub fn local(folder: impl Into<PathBuf>, urls: Urls) -> Self {
        Self { folder: folder.into(), urls, test_mode: None, stripe: None, https_only: None }
    }
}

/// What `/config.json` tells the web app.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct AppConfig {
    #[serde(flatten)]
    urls: Urls,
    #[serde(skip_serializing_if = "Option::is_none")]
    test_mode: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stripe: Option<Stripe>,
}

/// The site: its files, the one page under every other route, `/config.json` and `/health`.
pub fn router(site: Site) -> Result<Router, InvalidHeaderValue> {
    let headers = Arc::new(headers_of(&site)?);
    let page = ServeFile::new(site.folder.join("index.html")).precompressed_br().precompressed_gzip();
    let files = ServeDir::new(site.folder)
        .append_index_html_on_directories(true)
        .precompressed_br()
        .precompressed_gzip()
        .fallback(get(move |request: Request| page_of_the_app(page.clone(), request)));
    let config = AppConfig { urls: site.urls, test_mode: site.test_mode, stripe: site.stripe };
    Ok(Router::new()
        .route("/config.json", get(async move || Json(config)))
        .route("/health", get(alive))
        .fallback_service(files)
        .layer(middleware::from_fn_with_state(headers, add_headers)))
}

async fn alive() -> Json<Value> {
    Json(json!({ "status": "ok", "service": "frontend" }))
}

async fn page_of_the_app(mut page: ServeFile, request: Request) -> Response {
    if names_a_file(request.uri().path()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match page.try_call(request).await {
        Ok(response) => response.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A route of the app has no dot in its last part; a file has.
fn names_a_file(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|last| last.contains('.'))
}

/// The headers that every answer has.
fn headers_of(site: &Site) -> Result<HeaderMap, InvalidHeaderValue> {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "geolocation=(), camera=(), microphone=()"),
    ];
    let mut headers: HeaderMap =
        fixed.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    let policy = content_policy(&site.urls, site.stripe.as_ref());
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy)?);
    if let Some(age) = site.https_only {
        let value = format!("max-age={}", age.as_secs());
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::try_from(value)?);
    }
    Ok(headers)
}

async fn add_headers(State(headers): State<Arc<HeaderMap>>, request: Request, next: Next) -> Response {
    let is_asset = is_asset(request.uri().path());
    let mut response = next.run(request).await;
    // Only names that change with their content may be kept for ever.
    let kept =
        if is_asset && response.status().is_success() { "public, max-age=31536000, immutable" } else { "no-cache" };
    let own = response.headers_mut();
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    own.extend(headers.iter().map(|(name, value)| (name.clone(), value.clone())));
    response
}

fn is_asset(path: &str) -> bool {
    let below = path.strip_prefix('/').and_then(|path| path.strip_prefix(ASSETS));
    below.is_some_and(|path| path.starts_with('/'))
}

#[cfg(test)]
mod tests;
