//! The durable steps of this service by name: where a test can make it die.

pub use shared::server::fail_point::{Side, reach};

use shared::ticket::OrderStatus;

#[cfg(not(feature = "fail-points"))]
use crate::store::ledger::Changes;

/// The arrow that has led an order here.
pub const fn arrow(to: OrderStatus) -> &'static str {
    match to {
        OrderStatus::Held => "void",
        OrderStatus::Paying => "pay",
        OrderStatus::Confirmed => "confirm",
        OrderStatus::Refunding => "refund",
        OrderStatus::Refunded => "refunded",
        OrderStatus::Cancelled => "cancel",
        OrderStatus::Expired => "expire",
    }
}

/// Passes the points of all that a batch does, unless the process is to die at one of them.
#[cfg(not(feature = "fail-points"))]
pub const fn reach_each(_changes: &Changes, _side: Side) {}

#[cfg(feature = "fail-points")]
pub use armed::{fail_points, reach_each};

#[cfg(feature = "fail-points")]
mod armed {
    use shared::{
        server::fail_point::{Side, names, reach},
        ticket::OrderStatus,
    };

    use super::arrow;
    use crate::store::{ledger::Changes, orders::OrderDocument};

    /// What a batch does in its transaction.
    const BATCHED: [&str; 7] = ["hold", "free-order", "cancel", "expire", "refund-free", "refunded", "apply-event"];
    /// What is one write: the arrows that move no stock, and what stands beside orders.
    const WRITTEN: [&str; 7] = ["pay", "void", "confirm", "refund", "call-off", "adopt-event", "save-cursor"];
    /// What is asked of the event service.
    const CALLS: [&str; 2] = ["ask-event", "ask-changes"];

    /// Every point there is.
    pub fn fail_points() -> Vec<String> {
        let written = [names(BATCHED, &Side::TRANSACTION), names(WRITTEN, &Side::WRITE)].concat();
        [written, names(CALLS, &Side::CALL)].concat()
    }

    /// Passes the points of all that a batch does, unless the process is to die at one of them.
    pub fn reach_each(changes: &Changes, side: Side) {
        changes.placed.iter().for_each(|order| reach(placed(order), side));
        changes.released.iter().for_each(|order| reach(released(order), side));
        let orders = || changes.placed.iter().map(|order| &**order).chain(&changes.released);
        // No order has changed it: so its event has.
        if changes.inventories.iter().any(|inventory| orders().all(|order| order.event_id != inventory.event_id)) {
            reach("apply-event", side);
        }
    }

    fn placed(order: &OrderDocument) -> &'static str {
        if order.status == OrderStatus::Confirmed { "free-order" } else { "hold" }
    }

    fn released(order: &OrderDocument) -> &'static str {
        match order.status {
            OrderStatus::Refunded if order.total_amount.is_zero() => "refund-free",
            status => arrow(status),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn every_point_has_a_name_of_its_own() {
            let mut names = fail_points();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!((names.len(), all), (all, 37));
        }
    }
}
