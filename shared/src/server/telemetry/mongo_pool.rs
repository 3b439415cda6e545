//! How busy the connections to MongoDB are, from the driver's events.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use metrics::{Counter, Gauge, Histogram};
use mongodb::{
    event::{EventHandler, cmap::CmapEvent},
    options::ServerAddress,
};

/// What the driver is to tell of its connections; at most `limit` to each server.
pub fn handler(limit: u32) -> EventHandler<CmapEvent> {
    let pools = Pools { limit, of_server: RwLock::default() };
    EventHandler::callback(move |event| pools.note(&event))
}

struct Pools {
    limit: u32,
    of_server: RwLock<HashMap<ServerAddress, Arc<Pool>>>,
}

/// The connections to one server.
struct Pool {
    open: Gauge,
    in_use: Gauge,
    waiting: Gauge,
    wait: Histogram,
    failed: Counter,
}

impl Pool {
    fn of(server: &ServerAddress, limit: u32) -> Self {
        let server = server.to_string();
        metrics::gauge!("mongodb_pool_connections_limit", "server" => server.clone()).set(limit);
        Self {
            open: metrics::gauge!("mongodb_pool_connections_open", "server" => server.clone()),
            in_use: metrics::gauge!("mongodb_pool_connections_in_use", "server" => server.clone()),
            waiting: metrics::gauge!("mongodb_pool_waiting", "server" => server.clone()),
            wait: metrics::histogram!("mongodb_pool_wait_duration_seconds", "server" => server.clone()),
            failed: metrics::counter!("mongodb_pool_checkouts_failed_total", "server" => server),
        }
    }

    fn waited(&self, duration: Duration) {
        self.waiting.decrement(1);
        self.wait.record(duration);
    }
}

impl Pools {
    fn note(&self, event: &CmapEvent) {
        match event {
            CmapEvent::ConnectionCreated(e) => self.pool(&e.address).open.increment(1),
            CmapEvent::ConnectionClosed(e) => self.pool(&e.address).open.decrement(1),
            CmapEvent::ConnectionCheckoutStarted(e) => self.pool(&e.address).waiting.increment(1),
            CmapEvent::ConnectionCheckedOut(e) => {
                let pool = self.pool(&e.address);
                pool.waited(e.duration);
                pool.in_use.increment(1);
            }
            CmapEvent::ConnectionCheckoutFailed(e) => {
                let pool = self.pool(&e.address);
                pool.waited(e.duration);
                pool.failed.increment(1);
            }
            CmapEvent::ConnectionCheckedIn(e) => self.pool(&e.address).in_use.decrement(1),
            _ => (),
        }
    }

    fn pool(&self, server: &ServerAddress) -> Arc<Pool> {
        if let Some(pool) = self.of_server.read().unwrap_or_else(PoisonError::into_inner).get(server) {
            return pool.clone();
        }
        let mut pools = self.of_server.write().unwrap_or_else(PoisonError::into_inner);
        pools.entry(server.clone()).or_insert_with(|| Arc::new(Pool::of(server, self.limit))).clone()
    }
}
