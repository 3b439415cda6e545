//! What people were told, held against the books.

use shared::{UserId, server::id_under, ticket::OrderStatus};

use crate::{
    books::{Books, Order},
    load::record::Told,
};

/// Every answer that the books do not bear out, and every order that nobody was told of.
pub fn untrue(books: &Books, told: &Told) -> Vec<String> {
    let mut found = Vec::new();
    orders(books, told, &mut found);
    payments(books, told, &mut found);
    found
}

fn orders(books: &Books, told: &Told, found: &mut Vec<String>) {
    use OrderStatus::{Cancelled, Confirmed, Refunded, Refunding};
    for (id, ordered) in &told.ordered {
        let Some(order) = books.orders.get(id) else {
            found.push(format!("order {id} was told to its buyer and is not there"));
            continue;
        };
        let is = (order.user_id, order.event_id, order.seats(), order.total_amount.amount);
        let under_key = match id_under(UserId(uuid::Uuid::from_bytes(ordered.user.bytes())), &ordered.key) {
            Some(told) => told.into_bytes() == id.bytes(),
            None => order.idempotency_key.as_ref() == Some(&ordered.key),
        };
        if is != (ordered.user, ordered.event, ordered.seats, ordered.total) || !under_key {
            found.push(format!("order {id} is not what its buyer was told: {is:?}, {ordered:?}"));
        }
    }
    for order in books.orders.values() {
        if !told.ordered.contains_key(&order.id) {
            found.push(format!("order {} is there and nobody was told", order.id));
        }
        let given_up = told.given_up.contains(&order.id) || told.called_off.contains(&order.event_id);
        if matches!(order.status, Cancelled | Refunding | Refunded) && !given_up {
            found.push(format!("order {} is {:?}, and nobody asked for that", order.id, order.status));
        }
    }
    let mut is = |order: &bson::Uuid, what: &str, fits: &dyn Fn(&Order) -> bool| {
        if let Some(order) = books.orders.get(order).filter(|order| !fits(order)) {
            found.push(format!("order {} was told to be {what} and is {:?}", order.id, order.status));
        }
    };
    for (order, payment) in &told.paid {
        is(order, "paid", &|order| {
            let given_up = told.given_up.contains(&order.id) || told.called_off.contains(&order.event_id);
            let stands = order.status == Confirmed || (given_up && matches!(order.status, Refunding | Refunded));
            stands && order.payment_id == Some(*payment)
        });
    }
    for order in &told.cancelled {
        is(order, "cancelled", &|order| order.status == Cancelled);
    }
    for order in &told.refunds {
        is(order, "refunded", &|order| matches!(order.status, Refunding | Refunded));
    }
}

fn payments(books: &Books, told: &Told, found: &mut Vec<String>) {
    let intents = books.intents_by_order();
    for id in &told.not_charged {
        let Some(payment) = books.payments.get(id) else {
            found.push(format!("payment {id} was told to its buyer and is not there"));
            continue;
        };
        let intents = intents.get(&payment.order_id).map(Vec::as_slice).unwrap_or_default();
        let charged = intents.iter().any(|(attempt, intent)| *attempt == payment.attempt && intent.took());
        if charged || !matches!(payment.state.as_str(), "voided" | "refused") {
            found.push(format!("payment {id} was told not to be charged and is {} ({charged})", payment.state));
        }
    }
    for payment in books.payments.values() {
        let order = books.orders.get(&payment.order_id);
        let status = order.filter(|order| order.payment_id == Some(payment.id)).map(|order| order.status);
        let agrees = match payment.state.as_str() {
            "completed" => matches!(status, Some(OrderStatus::Confirmed | OrderStatus::Refunding)),
            "refunded" => status == Some(OrderStatus::Refunded),
            _ => status != Some(OrderStatus::Confirmed),
        };
        if !agrees {
            found.push(format!("payment {} is {}, its order {status:?}", payment.id, payment.state));
        }
    }
}
