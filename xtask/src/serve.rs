//! The web app's server on a developer's machine and in the tests.

use std::{future::IntoFuture, path::Path};

use anyhow::Result;
use axum::{
    Json, Router,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;
use tower_http::services::{ServeDir, ServeFile};

use crate::{services::Urls, web::ASSETS};

/// Serves the built web app until `shutdown` comes.
pub async fn serve(
    listener: TcpListener,
    folder: impl AsRef<Path>,
    urls: Urls,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let app = router(folder.as_ref(), urls)?;
    // Open pages keep their connections; waiting for them would make Ctrl-C hang.
    let server = axum::serve(listener, app).into_future();
    tokio::select! {
        ended = server => ended?,
        () = shutdown => {}
    }
    Ok(())
}

/// The site with its fallback to the one page, its headers, and `/config.json`.
pub fn router(folder: &Path, urls: Urls) -> Result<Router> {
    let policy = HeaderValue::try_from(content_policy(&urls))?;
    let page = ServeFile::new(folder.join("index.html")).precompressed_br().precompressed_gzip();
    let files = ServeDir::new(folder)
        .append_index_html_on_directories(true)
        .precompressed_br()
        .precompressed_gzip()
        .fallback(get(move |request: Request| page_of_the_app(page.clone(), request)));
    Ok(Router::new()
        .route("/config.json", get(async move || Json(urls)))
        .fallback_service(files)
        .layer(middleware::from_fn(move |request, next| headers(request, next, policy.clone()))))
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

fn content_policy(urls: &Urls) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' {}; \
         img-src 'self' data: https:; style-src 'self' 'unsafe-inline'; object-src 'none'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'self'",
        urls.all().join(" ")
    )
}

async fn headers(request: Request, next: Next, policy: HeaderValue) -> Response {
    let is_asset = request
        .uri()
        .path()
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(ASSETS))
        .is_some_and(|path| path.starts_with('/'));
    let mut response = next.run(request).await;
    // Only names that change with their content may be kept for ever.
    let kept =
        if is_asset && response.status().is_success() { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("permissions-policy", HeaderValue::from_static("geolocation=(), camera=(), microphone=()"));
    response
}

#[cfg(test)]
mod tests;
