//! How long MongoDB's commands take, and a span for each in the trace of its request.
//!
//! Both come from the driver's own instrumentation, to which this stands as its tracer. Its command events would say the
//! same, but for those the driver parses every command and every answer into documents that nobody looks at: measured,
//! that costs a list of twenty events more than its query does. Here a command costs a few microseconds.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::{Instant, SystemTime},
};

use metrics::{Counter, Histogram};
use mongodb::otel::OpentelemetryOptions;
use mongodb_opentelemetry::{
    Context, InstrumentationScope, KeyValue, Value,
    trace::{Span, SpanBuilder, SpanContext, Status, Tracer, TracerProvider},
};

use crate::server::trace::CommandSpan;

/// What the driver is to tell of its commands: never the values in them.
pub fn options() -> OpentelemetryOptions {
    let watcher = Watcher::default();
    OpentelemetryOptions::builder().enabled(true).query_text_max_length(0_usize).tracer_provider(watcher).build()
}

/// Takes what the driver believes to be spans.
#[derive(Clone, Default)]
struct Watcher(Arc<RwLock<HashMap<String, Meter>>>);

/// The metrics of one command on one collection.
#[derive(Clone)]
struct Meter {
    duration: Histogram,
    failures: Counter,
}

impl Meter {
    fn of(command: &str, collection: &str) -> Self {
        let labels = [("command", command.to_owned()), ("collection", collection.to_owned())];
        Self {
            duration: metrics::histogram!("mongodb_command_duration_seconds", &labels),
            failures: metrics::counter!("mongodb_command_failures_total", &labels),
        }
    }
}

impl Watcher {
    /// `summary` is a command with its target, of which there are as many as the services' code has.
    fn meter(&self, summary: &str, command: &str, collection: &str) -> Meter {
        if let Some(meter) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(summary) {
            return meter.clone();
        }
        let mut meters = self.0.write().unwrap_or_else(PoisonError::into_inner);
        meters.entry(summary.to_owned()).or_insert_with(|| Meter::of(command, collection)).clone()
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher")
    }
}

impl TracerProvider for Watcher {
    type Tracer = Self;

    fn tracer_with_scope(&self, _: InstrumentationScope) -> Self {
        self.clone()
    }
}

impl Tracer for Watcher {
    type Span = Command;

    fn build_with_context(&self, builder: SpanBuilder, _: &Context) -> Command {
        let attributes = builder.attributes.as_deref().unwrap_or_default();
        let text = |name| match attributes.iter().find(|a| a.key.as_str() == name).map(|a| &a.value) {
            Some(Value::String(text)) => Some(text.as_str()),
            _ => None,
        };
        // The driver tells of operations and transactions too, which consist of commands.
        let Some(summary) = text("db.query.summary") else { return Command(None) };
        let (database, collection) =
            (text("db.namespace").unwrap_or_default(), text("db.collection.name").unwrap_or_default());
        let server = text("server.address").map(|host| (host, port(attributes)));
        Command(Some(UnderWay {
            meter: self.meter(summary, &builder.name, collection),
            span: CommandSpan::start(&builder.name, database, collection, server),
            began: Instant::now(),
        }))
    }
}

fn port(attributes: &[KeyValue]) -> i64 {
    match attributes.iter().find(|a| a.key.as_str() == "server.port").map(|a| &a.value) {
        Some(Value::I64(port)) => *port,
        _ => 27017,
    }
}

/// A command, from when it is sent to when it is answered.
struct Command(Option<UnderWay>);

struct UnderWay {
    meter: Meter,
    span: Option<CommandSpan>,
    began: Instant,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.meter.duration.record(self.began.elapsed());
    }
}

/// The driver finds its way by contexts of its own, which need no ids.
static NO_CONTEXT: SpanContext = SpanContext::NONE;

impl Span for Command {
    /// What the driver tells so are errors with their words.
    fn add_event_with_timestamp<T: Into<Cow<'static, str>>>(&mut self, _: T, _: SystemTime, _: Vec<KeyValue>) {}

    fn span_context(&self) -> &SpanContext {
        &NO_CONTEXT
    }

    fn is_recording(&self) -> bool {
        self.0.as_ref().is_some_and(|command| command.span.is_some())
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        let Some(span) = self.0.as_mut().and_then(|command| command.span.as_mut()) else { return };
        match attribute.key.as_str() {
            "db.response.status_code" => span.code(attribute.value.to_string()),
            "exception.type" => span.fail(attribute.value.to_string()),
            _ => (),
        }
    }

    fn set_status(&mut self, status: Status) {
        if let (Some(command), Status::Error { .. }) = (&self.0, status) {
            command.meter.failures.increment(1);
        }
    }

    fn update_name<T: Into<Cow<'static, str>>>(&mut self, _: T) {}

    fn add_link(&mut self, _: SpanContext, _: Vec<KeyValue>) {}

    fn end_with_timestamp(&mut self, _: SystemTime) {
        self.0 = None;
    }
}
