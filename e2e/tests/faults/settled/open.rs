//! What must not last.

use std::collections::HashSet;

use bson::{DateTime, Uuid};
use shared::ticket::OrderStatus;

use crate::books::Books;

/// How long after its time an order may still be held: the expiry worker looks each second.
const GRACE_MS: i64 = 5_000;

/// Everything that is not in its last state, or in one that it may stay in until its buyer acts.
pub fn unsettled(books: &Books, called_off: &HashSet<Uuid>) -> Vec<String> {
    use OrderStatus::{Confirmed, Held, Paying, Refunding};
    let mut found = Vec::new();
    let now = DateTime::now().timestamp_millis();
    for order in books.orders.values() {
        let is_over = now > order.expires_at.timestamp_millis() + GRACE_MS;
        let why = match order.status {
            Paying | Refunding => "still",
            Held if is_over => "after its time still",
            Held | Confirmed if called_off.contains(&order.event_id) => "though its event is called off still",
            _ => continue,
        };
        found.push(format!("order {} is {why} {:?}", order.id, order.status).to_lowercase());
    }
    for payment in books.payments.values() {
        if !matches!(payment.state.as_str(), "completed" | "voided" | "refused" | "refunded") {
            found.push(format!("payment {} of order {} is still {}", payment.id, payment.order_id, payment.state));
        }
    }
    for intent in &books.intents {
        if matches!(intent.status.as_str(), "processing" | "requires_action") {
            found.push(format!("intent {} is still {}", intent.id, intent.status));
        }
    }
    found
}
