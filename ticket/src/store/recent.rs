//! Orders as this replica wrote them last: those that are being paid change again within seconds, and then need not be
//! read before.

use std::{fmt, sync::Arc};

use quick_cache::sync::Cache;
use shared::{OrderId, ticket::OrderStatus};

use super::orders::OrderDocument;

/// How many orders are kept.
const ORDERS: usize = 4096;

/// Orders that this replica wrote and expects to write again. Any of them may have been changed since by another
/// replica: who changes one does so by compare-and-set, and reads it where that fails.
#[derive(Clone)]
pub struct Recent(Arc<Cache<OrderId, Arc<OrderDocument>>>);

impl Default for Recent {
    fn default() -> Self {
        Self(Arc::new(Cache::new(ORDERS)))
    }
}

impl fmt::Debug for Recent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recent").field("orders", &self.0.len()).finish()
    }
}

impl Recent {
    /// Keeps an order as it was written, if it is on its way to be paid.
    pub fn keep(&self, order: &Arc<OrderDocument>) {
        if matches!(order.status, OrderStatus::Held | OrderStatus::Paying) {
            self.0.insert(order.id, order.clone());
        }
    }

    /// The order, if it was written lately; whoever takes it is the only one to go on from it.
    pub fn take(&self, order: OrderId) -> Option<OrderDocument> {
        Some(Arc::unwrap_or_clone(self.0.remove(&order)?.1))
    }
}
