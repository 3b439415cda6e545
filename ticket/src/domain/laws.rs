//! Laws that hold for every sequence of messages, found by search rather than by example.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use shared::{
    Currency, EventId, Money, PaymentId, UserId,
    event::{Category, Event, EventStatus, Organizer, TicketType, Venue},
    ticket::{BookTickets, CustomerInfo, OrderLine, OrderStatus, TicketLine},
};

use super::{
    cart::Cart,
    inventory::{Inventory, Refusal},
    order::{Outcome, Standing, Transition, is_terminal, transition},
};

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
const NAMES: [&str; 4] = ["Standing", "Seated", "Balcony", "VIP"];

fn money(amount: i64) -> Money {
    Money::new(amount, Currency::EUR)
}

/// An event that sells these types (index into the names, price, quantity).
fn event(id: EventId, version: i64, types: &[(usize, i64, u32)], status: EventStatus) -> Event {
    let ticket_types: Vec<TicketType> = types
        .iter()
        .map(|(name, price, quantity)| TicketType {
            name: NAMES[*name].into(),
            price: money(*price),
            quantity: *quantity,
            description: String::new(),
        })
        .collect();
    Event {
        id,
        version,
        title: "Night of the Proms".into(),
        description: String::new(),
        category: Category::Concert,
        venue: Venue::default(),
        starts_at: NOW + SignedDuration::from_hours(1),
        ends_at: NOW + SignedDuration::from_hours(2),
        time_zone: "Europe/Berlin".into(),
        total_tickets: ticket_types.iter().map(|t| u64::from(t.quantity)).sum(),
        ticket_types,
        tags: Vec::new(),
        image: None,
        organizer: Organizer::default(),
        max_per_order: 6,
        max_per_buyer: None,
        refund_hours: None,
        sales_start: None,
        sales_end: None,
        status,
        min_price: money(0),
        created_by: UserId(id.0),
        created_at: NOW,
        updated_at: NOW,
    }
}

fn cart(lines: &[(usize, u32)], total: i64) -> Cart {
    let line =
        |(name, quantity): &(usize, u32)| TicketLine { ticket_type_name: NAMES[*name].into(), quantity: *quantity };
    Cart::parse(&BookTickets {
        event_id: EventId::new(),
        tickets: lines.iter().map(line).collect(),
        customer_info: CustomerInfo::default(),
        total_amount: money(total),
    })
    .expect("a cart")
}

#[derive(Clone, Debug)]
enum Step {
    Hold(Vec<(usize, u32)>),
    Release(usize),
    Change(Vec<(usize, i64, u32)>, EventStatus),
    Stale(Vec<(usize, i64, u32)>),
}

fn types() -> impl Strategy<Value = Vec<(usize, i64, u32)>> {
    let one = |name: usize| (Just(name), 0_i64..3, 0_u32..12);
    (one(0), one(1), one(2), one(3), 1_usize..=4).prop_map(|(a, b, c, d, count)| {
        let mut all = vec![a, b, c, d];
        all.rotate_left(count % 4);
        all.truncate(count);
        all
    })
}

fn step() -> impl Strategy<Value = Step> {
    let line = (0_usize..4, 1_u32..5);
    let lines = prop::collection::vec(line, 1..4).prop_map(|lines| {
        let mut distinct: Vec<(usize, u32)> = Vec::new();
        for line in lines {
            if !distinct.iter().any(|(name, _)| *name == line.0) {
                distinct.push(line);
            }
        }
        distinct
    });
    let status = prop_oneof![4 => Just(EventStatus::Published), 1 => Just(EventStatus::Cancelled)];
    prop_oneof![
        6 => lines.prop_map(Step::Hold),
        3 => (0_usize..64).prop_map(Step::Release),
        1 => (types(), status).prop_map(|(types, status)| Step::Change(types, status)),
        1 => types().prop_map(Step::Stale),
    ]
}

/// Books as the web app does: with the total that the inventory shows.
fn hold(inventory: &mut Inventory, lines: &[(usize, u32)]) -> Result<Vec<OrderLine>, Refusal> {
    let price = |name: usize| {
        let stock = inventory.types.iter().find(|stock| stock.name == NAMES[name]);
        stock.map_or(0, |stock| stock.price.amount)
    };
    let total = lines.iter().map(|(name, quantity)| price(*name) * i64::from(*quantity)).sum();
    inventory.hold(&cart(lines, total), 0, NOW).map(|priced| {
        assert_eq!(priced.total.amount, total);
        priced.lines
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn taken_is_what_orders_hold_and_no_hold_exceeds_capacity(
        first in types(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let id = EventId::new();
        let mut inventory = Inventory::of(&event(id, 1, &first, EventStatus::Published)).expect("not a draft");
        let mut orders: Vec<Vec<OrderLine>> = Vec::new();
        let mut version = 1;
        for step in steps {
            let before = inventory.clone();
            match step {
                Step::Hold(lines) => {
                    let Ok(held) = hold(&mut inventory, &lines) else {
                        prop_assert_eq!(&inventory, &before, "a refused cart takes nothing");
                        continue;
                    };
                    for line in &held {
                        let stock = inventory.types.iter().find(|s| s.name == line.ticket_type.name).expect("known");
                        prop_assert!(stock.taken <= stock.capacity, "oversold {stock:?}");
                    }
                    orders.push(held);
                }
                Step::Release(which) if !orders.is_empty() => {
                    let order = orders.swap_remove(which % orders.len());
                    inventory.release(&order);
                }
                Step::Release(_) => {}
                Step::Change(types, status) => {
                    version += 1;
                    prop_assert!(inventory.apply(&event(id, version, &types, status)));
                }
                Step::Stale(types) => {
                    prop_assert!(!inventory.apply(&event(id, version, &types, EventStatus::Published)));
                    prop_assert_eq!(&inventory, &before);
                }
            }
            let mut held: HashMap<&str, u32> = HashMap::new();
            for line in orders.iter().flatten() {
                *held.entry(&line.ticket_type.name).or_default() += line.quantity;
            }
            for stock in &inventory.types {
                prop_assert_eq!(stock.taken, held.remove(stock.name.as_str()).unwrap_or(0), "{}", stock.name);
            }
            prop_assert!(held.is_empty(), "sold but not counted: {:?}", held);
        }
    }

    #[test]
    fn repeating_a_message_changes_nothing_and_the_end_is_the_end(
        messages in prop::collection::vec((0_u8..8, 0_u32..4, 0_usize..3, 0_i64..400), 1..40),
    ) {
        let payments = [PaymentId::new(), PaymentId::new()];
        let mut now = NOW;
        let mut order = Standing {
            status: OrderStatus::Held,
            attempt: 0,
            payment_id: None,
            expires_at: NOW + SignedDuration::from_mins(10),
        };
        for (kind, attempt, payment, seconds) in messages {
            now += SignedDuration::from_secs(seconds);
            let payment_id = payments.get(payment).copied();
            let asked = match kind {
                0 => Transition::Pay { attempt, payment_id },
                1 => Transition::Confirm { attempt, payment_id },
                2 => Transition::Void { attempt },
                3 => Transition::Refund { attempt },
                4 => Transition::Refunded { attempt },
                5 => Transition::Cancel,
                6 => Transition::RefundFree { attempt },
                _ => Transition::Expire,
            };
            let before = order;
            if let Outcome::Change(next) = transition(&order, asked, now) {
                order = next;
                prop_assert_eq!(transition(&order, asked, now), Outcome::AlreadyDone, "{:?}", asked);
            }
            prop_assert!(!is_terminal(before.status) || order == before, "left {:?}", before.status);
            prop_assert!(order.attempt >= before.attempt, "attempts only grow");
            prop_assert!(order.expires_at >= before.expires_at, "a hold is never cut short");
            let pinned = before.status == OrderStatus::Paying;
            prop_assert!(!pinned || order.status.holds_seats(), "paying pins the seats");
        }
    }
}
