//! Spans of requests: those that are answered and those that are sent.

use std::{borrow::Cow, fmt::Display, future::Future};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, uri::Authority};
use opentelemetry::{
    Context, KeyValue,
    propagation::{Extractor, Injector, TextMapPropagator},
    trace::{FutureExt, SpanKind, Status, TraceContextExt, Tracer},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;

/// Says which trace a request belongs to.
const TRACEPARENT: &str = "traceparent";

/// The one header of a trace that is read and written: what others add to `tracestate` is not ours to pass on.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(TRACEPARENT).filter(|_| key == TRACEPARENT)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

struct Parent(Option<HeaderValue>);

impl Injector for Parent {
    fn set(&mut self, key: &str, value: String) {
        if key == TRACEPARENT {
            self.0 = value.try_into().ok();
        }
    }
}

/// The name that a method has in names of spans and in metrics; anyone may make up more of them.
pub fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "PATCH" => "PATCH",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "_OTHER",
    }
}

/// A request that is being answered.
pub struct ServerSpan {
    /// The span's, or where there are no spans that of the caller's trace.
    context: Context,
    is_span: bool,
}

impl ServerSpan {
    /// Goes on with the trace that the request names, or begins one.
    pub fn start(method: &'static str, route: &str, headers: &HeaderMap) -> Self {
        let caller = match headers.get(TRACEPARENT) {
            Some(_) => TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers)),
            None => Context::new(),
        };
        let Some(tracer) = super::tracer() else { return Self { context: caller, is_span: false } };
        let mut attributes = vec![
            KeyValue::new("http.request.method", method),
            KeyValue::new("http.route", route.to_owned()),
            // TLS ends before the services.
            KeyValue::new("url.scheme", "http"),
        ];
        if let Some(host) = headers.get(header::HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok()) {
            attributes.push(KeyValue::new("server.address", host.host().to_owned()));
            attributes.extend(host.port_u16().map(|port| KeyValue::new("server.port", i64::from(port))));
        }
        let builder = tracer.span_builder(span_name(method, route)).with_kind(SpanKind::Server);
        let span = builder.with_attributes(attributes).start_with_context(tracer, &caller);
        Self { context: caller.with_span(span), is_span: true }
    }

    /// The trace's id, for the log.
    pub fn trace_id(&self) -> Option<impl Display + use<>> {
        let span = self.context.span();
        span.span_context().is_valid().then(|| span.span_context().trace_id())
    }

    /// Does the work of the request within its span.
    pub async fn around<F: Future>(&self, work: F) -> F::Output {
        if self.is_span { work.with_context(self.context.clone()).await } else { work.await }
    }

    /// Notes what is answered.
    pub fn answered(&self, status: StatusCode) {
        if self.is_span {
            note(&self.context, status, status.is_server_error());
        }
    }
}

impl Drop for ServerSpan {
    fn drop(&mut self) {
        // Not left to the last who holds it: what was begun for the request may go on after the answer.
        if self.is_span {
            self.context.span().end();
        }
    }
}

/// A request that is sent to another service.
pub struct ClientSpan(Option<Context>);

impl ClientSpan {
    /// One to `route` at `host`, if it is sent for a traced request.
    pub fn start(method: &'static str, route: &str, host: &str, port: u16) -> Self {
        let Some((tracer, parent)) = super::current() else { return Self(None) };
        let attributes = [
            KeyValue::new("http.request.method", method),
            KeyValue::new("url.template", route.to_owned()),
            KeyValue::new("url.scheme", "http"),
            KeyValue::new("server.address", host.to_owned()),
            KeyValue::new("server.port", i64::from(port)),
        ];
        let builder = tracer.span_builder(span_name(method, route)).with_kind(SpanKind::Client);
        let span = builder.with_attributes(attributes).start_with_context(tracer, &parent);
        Self(Some(parent.with_span(span)))
    }

    /// What tells the other service of the trace.
    pub fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let mut parent = Parent(None);
        TraceContextPropagator::new().inject_context(self.0.as_ref()?, &mut parent);
        Some((HeaderName::from_static(TRACEPARENT), parent.0?))
    }

    /// Notes what came back.
    pub fn answered(&self, outcome: Result<StatusCode, &'static str>) {
        let Some(context) = &self.0 else { return };
        match outcome {
            Ok(status) => note(context, status, status.as_u16() >= 400),
            Err(why) => fail(context, why.into()),
        }
    }
}

impl Drop for ClientSpan {
    fn drop(&mut self) {
        if let Some(context) = &self.0 {
            context.span().end();
        }
    }
}

fn span_name(method: &'static str, route: &str) -> Cow<'static, str> {
    let method = if method == "_OTHER" { "HTTP" } else { method };
    if route.starts_with('/') { format!("{method} {route}").into() } else { method.into() }
}

fn note(context: &Context, status: StatusCode, failed: bool) {
    context.span().set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
    if failed {
        fail(context, status.as_str().to_owned().into());
    }
}

fn fail(context: &Context, kind: Cow<'static, str>) {
    context.span().set_attribute(KeyValue::new("error.type", kind));
    context.span().set_status(Status::error(""));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_named_by_method_and_route_and_never_by_what_someone_made_up() {
        assert_eq!(span_name("GET", "/api/events/{id}"), "GET /api/events/{id}");
        assert_eq!(span_name("GET", "unmatched"), "GET");
        let odd = Method::from_bytes(b"STEAL").expect("a method");
        assert_eq!(span_name(method_name(&odd), "/api/events"), "HTTP /api/events");
    }

    #[test]
    fn a_trace_is_gone_on_with_only_if_its_header_is_valid() {
        let named = |value: &str| {
            let headers =
                HeaderMap::from_iter([(HeaderName::from_static(TRACEPARENT), value.parse().expect("a header"))]);
            ServerSpan::start("GET", "/", &headers).trace_id().map(|id| id.to_string())
        };
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(named(&format!("00-{id}-00f067aa0ba902b7-01")).as_deref(), Some(id));
        for wrong in ["", "00-0", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "ff-xyz-1-01"] {
            assert_eq!(named(wrong), None, "{wrong}");
        }
    }
}
