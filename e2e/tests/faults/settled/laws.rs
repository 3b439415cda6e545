//! What holds at every instant, whatever has died.

use std::collections::{BTreeMap, HashMap, HashSet};

use bson::Uuid;
use shared::ticket::OrderStatus;

use crate::{
    books::{Books, Intent, Order},
    load::show::Show,
};

/// Every law that is broken. `is_all` says whether these are all books, so that nothing belongs to what is left out.
pub fn broken(books: &Books, shows: &HashMap<Uuid, Show>, is_all: bool) -> Vec<String> {
    let mut found = Vec::new();
    seats(books, shows, &mut found);
    buyers(books, shows, &mut found);
    let intents = books.intents_by_order();
    for order in books.orders.values() {
        let intents = intents.get(&order.id).map(Vec::as_slice).unwrap_or_default();
        money(order, intents, &mut found);
        tickets(order, &mut found);
    }
    if is_all {
        let stray = books
            .intents
            .iter()
            .filter(|intent| intent.names().is_none_or(|(order, _)| !books.orders.contains_key(&order)));
        found.extend(stray.map(|intent| format!("intent {} belongs to no order", intent.id)));
    }
    found
}

/// The counters are what orders hold, and no type has more than there are.
fn seats(books: &Books, shows: &HashMap<Uuid, Show>, found: &mut Vec<String>) {
    let mut held: BTreeMap<([u8; 16], &str), u64> = BTreeMap::new();
    for order in books.orders.values().filter(|order| order.status.holds_seats()) {
        for line in &order.tickets {
            *held.entry((order.event_id.bytes(), &line.ticket_type.name)).or_default() += line.quantity;
        }
    }
    for inventory in &books.inventories {
        for stock in &inventory.types {
            let (event, name, taken) = (inventory.event, stock.name.as_str(), stock.taken);
            let held = held.remove(&(event.bytes(), name)).unwrap_or_default();
            if held != taken {
                found.push(format!("event {event}, {name}: {taken} counted as taken, {held} held by orders"));
            }
            let capacity = shows.get(&event).map(|show| show.capacity(name));
            if let Some(capacity) = capacity.filter(|capacity| held.max(taken) > *capacity) {
                found.push(format!("event {event}, {name}: {} above the capacity of {capacity}", held.max(taken)));
            }
        }
    }
    for ((event, name), held) in held {
        found.push(format!("event {}, {name}: {held} held by orders and counted nowhere", Uuid::from_bytes(event)));
    }
}

/// One order for a key, and no buyer has more than the event allows.
fn buyers(books: &Books, shows: &HashMap<Uuid, Show>, found: &mut Vec<String>) {
    let mut keys = HashSet::new();
    let mut seats: HashMap<(Uuid, Uuid), u64> = HashMap::new();
    for order in books.orders.values() {
        if let Some(key) = &order.idempotency_key
            && !keys.insert((order.user_id, key))
        {
            found.push(format!("two orders under the key {key}"));
        }
        if order.status.holds_seats() {
            *seats.entry((order.event_id, order.user_id)).or_default() += order.seats();
        }
    }
    for ((event, user), seats) in seats {
        let limit = shows.get(&event).and_then(|show| show.kind.max_per_buyer());
        if limit.is_some_and(|limit| seats > limit) {
            found.push(format!("event {event}: buyer {user} has {seats} tickets, more than anyone may"));
        }
    }
}

/// Never money without a ticket, never a ticket without money.
fn money(order: &Order, intents: &[(u32, &Intent)], found: &mut Vec<String>) {
    use OrderStatus::{Cancelled, Confirmed, Expired, Held, Paying, Refunded, Refunding};
    let (total, word) = (order.total_amount.amount, format!("{:?}", order.status).to_lowercase());
    let mut tell = |what: String| found.push(format!("order {} ({word}, attempt {}): {what}", order.id, order.attempt));
    for (attempt, intent) in intents {
        match intent.amount.map(|amount| amount.amount) {
            Some(amount) if amount != total => {
                tell(format!("its amount is {total}, that of {} is {amount}", intent.id));
            }
            None if !intent.is_cancelled() => tell(format!("{} is over nothing", intent.id)),
            _ => {}
        }
        // One that was given up before ticket heard of it, and cancelled so that nobody can take it up any more, is none.
        if *attempt > order.attempt && !intent.is_cancelled() {
            tell(format!("{} is an attempt that it has not seen", intent.id));
        }
    }
    let took: Vec<&(u32, &Intent)> = intents.iter().filter(|(_, intent)| intent.took()).collect();
    if took.len() > 1 {
        tell(format!("charged {} times", took.len()));
    }
    let kept: i64 = took.iter().map(|(_, intent)| intent.kept()).sum();
    let by_its_attempt = took.iter().any(|(attempt, _)| *attempt == order.attempt);
    match order.status {
        // What is cancelled or declined may be left of attempts that were given up.
        Held | Expired | Cancelled => {
            let may_take =
                |intent: &Intent| matches!(intent.status.as_str(), "succeeded" | "processing" | "requires_action");
            for (_, intent) in intents.iter().filter(|(_, intent)| may_take(intent)) {
                tell(format!("{} is {}", intent.id, intent.status));
            }
        }
        Confirmed | Refunding | Refunded if total == 0 => {
            if !intents.is_empty() {
                tell("it is free, and the provider knows of it".to_owned());
            }
        }
        Confirmed if !by_its_attempt => tell("it is confirmed and has no charge".to_owned()),
        Confirmed if kept != total => tell(format!("it is confirmed over {total}, and {kept} was kept")),
        Refunding if !by_its_attempt || (kept != total && kept != 0) => {
            tell(format!("it is refunding {total}, and {kept} was kept"));
        }
        Refunded if !by_its_attempt || kept != 0 => tell(format!("it is refunded, and {kept} was kept")),
        Paying | Confirmed | Refunding | Refunded => {}
    }
}

/// A ticket for each seat once it is confirmed, and none before.
fn tickets(order: &Order, found: &mut Vec<String>) {
    use OrderStatus::{Confirmed, Refunded, Refunding};
    let mut issued: BTreeMap<&str, u64> = BTreeMap::new();
    for ticket in &order.issued {
        *issued.entry(&ticket.ticket_type_name).or_default() += 1;
    }
    let due: BTreeMap<&str, u64> = match order.status {
        Confirmed | Refunding => {
            order.tickets.iter().map(|line| (line.ticket_type.name.as_str(), line.quantity)).collect()
        }
        // What is left of them lets nobody in.
        Refunded => return,
        _ => BTreeMap::new(),
    };
    if issued != due {
        found.push(format!("order {} ({:?}): tickets {issued:?} for seats {due:?}", order.id, order.status));
    }
}
