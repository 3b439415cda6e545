//! How many requests there were and how long they took, by method, matched route and status.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use axum::http::StatusCode;
use metrics::{Counter, Histogram};

/// The meters of requests, each looked up among all metrics of the process once and not for every request.
#[derive(Default)]
pub struct Measures(RwLock<HashMap<String, ByAnswer>>);

/// Of one route: for each method and status what counts and what times.
type ByAnswer = HashMap<(&'static str, StatusCode), (Counter, Histogram)>;

impl Measures {
    /// Counts a request that has been answered, after `took`.
    pub fn note(&self, method: &'static str, route: &str, status: StatusCode, took: Duration) {
        let meters = |(counter, histogram): &(Counter, Histogram)| {
            counter.increment(1);
            histogram.record(took.as_secs_f64());
        };
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(route).and_then(|route| route.get(&(method, status))) {
            return meters(known);
        }
        drop(known);
        let labels =
            [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.as_str().to_owned())];
        let new = (
            metrics::counter!("http_requests_total", &labels),
            metrics::histogram!("http_request_duration_seconds", &labels),
        );
        meters(&new);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(route.to_owned()).or_default().insert((method, status), new);
    }
}
