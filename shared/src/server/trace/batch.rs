//! Work that is done for many requests at once.

use std::future::Future;

use opentelemetry::{
    Context, KeyValue,
    trace::{FutureExt, Link, SpanContext, SpanKind, TraceContextExt, Tracer},
};

/// The request that a piece of such work comes from; rides along with it.
#[derive(Clone, Debug, Default)]
pub struct Origin(Option<Context>);

impl Origin {
    /// The request that is being answered here, if it is traced.
    pub fn current() -> Self {
        Self(super::current().map(|(_, context)| context))
    }

    fn span(&self) -> Option<SpanContext> {
        let span = self.0.as_ref()?.span().span_context().clone();
        span.is_sampled().then_some(span)
    }
}

/// The span of a batch.
///
/// A span has one parent and a batch many callers: it belongs to the trace of the first, so that this one shows what
/// the database did, and is linked with the requests of the others in both directions, so that each of them leads there.
#[derive(Debug)]
pub struct BatchSpan(Option<Context>);

impl BatchSpan {
    /// Begins the batch `name` for the requests of `origins`.
    pub fn start<'a>(name: &'static str, origins: impl Iterator<Item = &'a Origin>) -> Self {
        let Some(tracer) = super::tracer() else { return Self(None) };
        let mut callers = origins.filter(|origin| origin.span().is_some());
        let Some(Origin(Some(parent))) = callers.next() else { return Self(None) };
        let others: Vec<&Origin> = callers.collect();
        let links: Vec<Link> =
            others.iter().filter_map(|origin| Some(Link::new(origin.span()?, Vec::new(), 0))).collect();
        let callers = i64::try_from(links.len() + 1).unwrap_or(i64::MAX);
        let builder = tracer.span_builder(name).with_kind(SpanKind::Internal).with_links(links);
        let span = builder.with_attributes([KeyValue::new("ticketer.batch.callers", callers)]);
        let context = parent.with_span(span.start_with_context(tracer, parent));
        for Origin(other) in others {
            let Some(other) = other else { continue };
            other.span().add_link(context.span().span_context().clone(), Vec::new());
        }
        Self(Some(context))
    }

    /// Does the work of the batch within its span.
    pub async fn around<F: Future>(self, work: F) -> F::Output {
        match self.0 {
            Some(context) => work.with_context(context).await,
            None => work.await,
        }
    }
}
