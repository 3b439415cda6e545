//! Spans of the database's commands.

use opentelemetry::{
    KeyValue,
    trace::{Span, SpanKind, Status, TraceContextExt, Tracer},
};
use opentelemetry_sdk::trace::Span as SdkSpan;

/// A command that is under way; nothing of its values is in the span.
pub(crate) struct CommandSpan(SdkSpan);

impl CommandSpan {
    /// One of this database and, where it is known, collection, at `server`, if it is sent for a traced request.
    pub fn start(command: &str, database: &str, collection: &str, server: Option<(&str, i64)>) -> Option<Self> {
        let (tracer, parent) = super::current()?;
        if !parent.span().span_context().is_sampled() {
            return None;
        }
        let mut attributes = vec![
            KeyValue::new("db.system.name", "mongodb"),
            KeyValue::new("db.operation.name", command.to_owned()),
            KeyValue::new("db.namespace", database.to_owned()),
        ];
        let target = if collection.is_empty() { database } else { collection };
        if !collection.is_empty() {
            attributes.push(KeyValue::new("db.collection.name", collection.to_owned()));
        }
        if let Some((host, port)) = server {
            attributes.push(KeyValue::new("server.address", host.to_owned()));
            attributes.push(KeyValue::new("server.port", port));
        }
        let builder = tracer.span_builder(format!("{command} {target}")).with_kind(SpanKind::Client);
        Some(Self(builder.with_attributes(attributes).start_with_context(tracer, &parent)))
    }

    /// The server's code of an error.
    pub fn code(&mut self, code: String) {
        self.0.set_attribute(KeyValue::new("db.response.status_code", code));
    }

    /// Notes that it failed, and by which kind of error; an error's words may hold values.
    pub fn fail(&mut self, kind: String) {
        self.0.set_attribute(KeyValue::new("error.type", kind));
        self.0.set_status(Status::error(""));
    }
}
