//! Orders as this replica wrote them last: those that are being paid change again within seconds, and then need not be
//! read before.

use std::{fmt, sync::Arc};

use quick_cache::{
    DefaultHashBuilder, OptionsBuilder, UnitWeighter,
    sync::{Cache, DefaultLifecycle},
};
use shared::{OrderId, ticket::OrderStatus};

use super::orders::OrderDocument;

/// How many orders are kept.
const ORDERS: usize = 4096;
/// The share of them that may stay until they are asked for. The others make room in the order in which they came: of the
/// orders of a sale many are never paid, and they must not take the place of those that are.
const STAYING: f64 = 0.02;
/// Into how many parts they are divided, each with its own lock and its share of the places.
const PARTS: usize = 8;

/// Orders that this replica wrote and expects to write again. Any of them may have been changed since by another
/// replica: who changes one does so by compare-and-set, and reads it where that fails.
#[derive(Clone)]
pub struct Recent(Arc<Cache<OrderId, Arc<OrderDocument>>>);

impl Default for Recent {
    fn default() -> Self {
        Self(Arc::new(latest()))
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

/// Keeps what came last.
fn latest<T: Clone>() -> Cache<OrderId, T> {
    let mut options = OptionsBuilder::new();
    options.estimated_items_capacity(ORDERS).weight_capacity(ORDERS as u64).shards(PARTS);
    options.hot_allocation(STAYING).ghost_allocation(0.0);
    let options = options.build().expect("all that is needed is set");
    Cache::with_options(options, UnitWeighter, DefaultHashBuilder::default(), DefaultLifecycle::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_is_kept_however_much_came_before_that_nobody_asks_for() {
        let cache = latest();
        for number in 0..100_000 {
            cache.insert(OrderId::new(), number);
        }
        let coming: Vec<OrderId> = (0..ORDERS / 2).map(|_| OrderId::new()).collect();
        for order in &coming {
            cache.insert(*order, 0);
        }
        let kept = coming.iter().filter(|order| cache.remove(*order).is_some()).count();
        assert_eq!(kept, coming.len());
    }
}
