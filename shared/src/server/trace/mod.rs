//! Traces: which way a request took through the services, and where its time went.
//!
//! Off unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set, and then nothing here makes a span. The spans are those of
//! OpenTelemetry's conventions for HTTP and databases, but for what could name a person or let someone in: no path, no
//! query, no address of a client and no words of an error. Only requests begin traces, and what is done for them is in
//! them; workers that look for work over and over are not traced.

mod batch;
mod config;
mod database;
mod export;
mod http;

use std::{future::Future, sync::OnceLock, time::Duration};

pub use batch::{BatchSpan, Origin};
pub use config::TraceConfig;
pub(crate) use database::CommandSpan;
pub use export::TraceError;
pub(crate) use http::{ClientSpan, ServerSpan, method_name};
use opentelemetry::{
    Context,
    trace::{FutureExt, TraceContextExt, TracerProvider},
};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing::Instrument;

/// How long the last spans may take to leave when the service stops.
const FLUSH: Duration = Duration::from_secs(1);

/// Set where spans are made.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// What makes spans, if they are wanted.
fn tracer() -> Option<&'static SdkTracer> {
    TRACER.get()
}

/// The trace that is gone on with here; none outside of a request.
fn current() -> Option<(&'static SdkTracer, Context)> {
    let tracer = tracer()?;
    let context = Context::current();
    context.span().span_context().is_valid().then_some((tracer, context))
}

/// The traces of a process.
#[derive(Debug)]
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Begins to trace if the configuration says where to; once in a process, within its runtime.
    pub fn start(config: &TraceConfig) -> Result<Self, TraceError> {
        let Some(endpoint) = &config.endpoint else { return Ok(Self(None)) };
        let provider = export::provider(endpoint, &config.service)?;
        let is_first = TRACER.set(provider.tracer("ticketer")).is_ok();
        Ok(Self(is_first.then_some(provider)))
    }

    /// Sends what has been traced until now.
    pub async fn flush(&self) {
        let Some(provider) = self.0.clone() else { return };
        // It waits for a thread of its own, which needs this runtime to send.
        let _ = tokio::task::spawn_blocking(move || provider.force_flush()).await;
    }

    /// Sends what is left, for a moment at the most, and ends.
    pub async fn stop(self) {
        let Some(provider) = self.0 else { return };
        let stopped = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH)).await;
        if !matches!(stopped, Ok(Ok(()))) {
            tracing::warn!("the last spans were not sent");
        }
    }
}

/// A future that goes on with the trace and the log lines of who makes it: for tasks, which begin with neither.
pub fn follow<F: Future>(future: F) -> impl Future<Output = F::Output> {
    future.instrument(tracing::Span::current()).with_current_context()
}
