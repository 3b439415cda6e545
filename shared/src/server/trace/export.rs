//! The way out: OTLP as protobuf over HTTP, from a thread of its own that no request waits for.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use opentelemetry::KeyValue;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tokio::runtime::Handle;

use crate::server::problem::Cause;

/// How long the collector may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why traces cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The endpoint is no URL, say.
    #[error(transparent)]
    Exporter(#[from] ExporterBuildError),
    /// There is no way to send anything.
    #[error("HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

/// Gathers spans and posts them. What the collector does not take is thrown away, and so is what comes faster than it
/// takes.
pub fn provider(endpoint: &str, service: &str) -> Result<SdkTracerProvider, TraceError> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint)
        .with_http_client(Post::new()?)
        .build()?;
    let resource = Resource::builder()
        .with_service_name(service.to_owned())
        .with_attributes([
            KeyValue::new("service.namespace", "ticketer"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        ])
        .build();
    Ok(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build())
}

/// Posts on the service's runtime: the exporter's thread has none, and without one reqwest panics.
#[derive(Debug)]
struct Post {
    http: reqwest::Client,
    runtime: Handle,
    /// Whether the collector did not answer the last time: an outage is told once.
    failing: AtomicBool,
}

impl Post {
    fn new() -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        Ok(Self { http, runtime: Handle::current(), failing: AtomicBool::new(false) })
    }

    fn settle(&self, failure: Option<String>) {
        let outcome = if failure.is_some() { "failed" } else { "sent" };
        metrics::counter!("trace_exports_total", "outcome" => outcome).increment(1);
        let was_failing = self.failing.swap(failure.is_some(), Ordering::Relaxed);
        match failure {
            Some(cause) if !was_failing => tracing::warn!(cause, "traces are lost: the collector does not take them"),
            None if was_failing => tracing::info!("the collector takes traces again"),
            _ => (),
        }
    }
}

#[async_trait::async_trait]
impl HttpClient for Post {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let posted = self.runtime.spawn(async move {
            let answer = http.execute(request.try_into()?).await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        });
        let answer = posted.await?;
        self.settle(match &answer {
            Ok((status, _)) if status.is_success() => None,
            Ok((status, _)) => Some(status.to_string()),
            Err(error) => Some(Cause::of(error).0.to_string()),
        });
        let (status, body) = answer?;
        let mut response = Response::new(body);
        *response.status_mut() = status;
        Ok(response)
    }
}
