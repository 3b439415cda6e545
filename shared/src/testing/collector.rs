//! Where traces go in tests: what takes OTLP and remembers it.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::{ResourceSpans, Span, status::StatusCode as SpanStatus},
};
use prost::Message;
use tokio::{net::TcpListener, sync::Notify, time::timeout};

/// How long spans are waited for: longer than they are gathered before they are sent.
const PATIENCE: Duration = Duration::from_secs(30);

/// A span as it was sent.
#[derive(Clone, Debug)]
pub struct ReceivedSpan {
    /// The service that sent it.
    pub service: String,
    /// What was done.
    pub name: String,
    /// Such as `SERVER`.
    pub kind: String,
    /// In hexadecimal.
    pub trace: String,
    /// In hexadecimal.
    pub id: String,
    /// Its parent's id; empty at the root.
    pub parent: String,
    /// What is told of it.
    pub attributes: BTreeMap<String, String>,
    /// The ids of the spans that it is linked with.
    pub links: Vec<String>,
    /// Whether it failed.
    pub failed: bool,
}

#[derive(Default)]
struct Taken {
    spans: Vec<ReceivedSpan>,
    bodies: Vec<Bytes>,
}

#[derive(Default)]
struct Inner {
    taken: Mutex<Taken>,
    came: Notify,
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes traces on a free port; ends with the test's runtime.
#[derive(Clone)]
pub struct Collector {
    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is set to.
    pub url: String,
    inner: Arc<Inner>,
}

impl Collector {
    /// One that has taken nothing yet.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let inner = Arc::<Inner>::default();
        let router = Router::new().route("/v1/traces", post(take)).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, inner }
    }

    /// Every span that has come until now.
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        self.inner.lock().spans.clone()
    }

    /// Whether a text stands anywhere in what has come.
    pub fn has_heard(&self, text: &str) -> bool {
        let text = text.as_bytes();
        self.inner.lock().bodies.iter().any(|body| body.windows(text.len()).any(|window| window == text))
    }

    /// Waits until `look` finds something among the spans.
    pub async fn until<T>(&self, what: &str, mut look: impl FnMut(&[ReceivedSpan]) -> Option<T>) -> T {
        let found = timeout(PATIENCE, async {
            loop {
                let came = self.inner.came.notified();
                tokio::pin!(came);
                // Enrolled before looking, so that what comes between the two is not missed.
                came.as_mut().enable();
                if let Some(found) = look(&self.inner.lock().spans) {
                    return found;
                }
                came.await;
            }
        });
        found.await.unwrap_or_else(|_| panic!("never came: {what}; there are {:#?}", self.spans()))
    }
}

async fn take(State(inner): State<Arc<Inner>>, body: Bytes) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body.clone()) else { return StatusCode::BAD_REQUEST };
    let mut taken = inner.lock();
    taken.spans.extend(request.resource_spans.into_iter().flat_map(read));
    taken.bodies.push(body);
    inner.came.notify_waiters();
    StatusCode::OK
}

fn read(of_process: ResourceSpans) -> impl Iterator<Item = ReceivedSpan> {
    let mut resource = attributes(of_process.resource.unwrap_or_default().attributes);
    let service = resource.remove("service.name").unwrap_or_default();
    let spans = of_process.scope_spans.into_iter().flat_map(|scope| scope.spans);
    spans.map(move |span| received(span, service.clone()))
}

fn received(span: Span, service: String) -> ReceivedSpan {
    ReceivedSpan {
        service,
        kind: span.kind().as_str_name().trim_start_matches("SPAN_KIND_").to_owned(),
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        failed: span.status.is_some_and(|status| status.code() == SpanStatus::Error),
        links: span.links.iter().map(|link| hex(&link.span_id)).collect(),
        name: span.name,
        attributes: attributes(span.attributes),
    }
}

fn attributes(list: Vec<KeyValue>) -> BTreeMap<String, String> {
    list.into_iter().map(|pair| (pair.key, text(pair.value))).collect()
}

fn text(value: Option<AnyValue>) -> String {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
