//! The real rules over collections in memory: what a batcher reads, decides and writes, without MongoDB.

use std::{collections::HashMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use shared::{
    Currency, EventId, Money, OrderId, UserId,
    event::{Category, Event, EventStatus, Organizer, TicketType, Venue},
    server::Fingerprint,
    ticket::{BookTickets, CustomerInfo, OrderStatus, TicketLine},
};

use super::{
    Body, HOLD, MAX_PER_ORDER, NAMES, NOW, PRICES,
    model::{ModelEvent, Verdict},
};
use crate::{
    Error,
    booking::decide::{Books, Command, Done, Draft, Terms, decide},
    domain::{
        cart::Cart,
        inventory::{Inventory, Refusal},
        order::{Outcome, Transition, transition},
        reference,
    },
    store::orders::OrderDocument,
};

pub struct System {
    pub events: Vec<EventId>,
    pub buyers: Vec<UserId>,
    /// In the order in which they were placed.
    pub ids: Vec<OrderId>,
    pub inventories: HashMap<EventId, Inventory>,
    pub orders: HashMap<OrderId, OrderDocument>,
}

impl System {
    pub fn new(events: &[ModelEvent], buyers: usize) -> Self {
        let ids: Vec<EventId> = events.iter().map(|_| EventId::new()).collect();
        let mut system = Self {
            buyers: (0..buyers).map(|_| UserId::new()).collect(),
            inventories: HashMap::new(),
            orders: HashMap::new(),
            ids: Vec::new(),
            events: ids,
        };
        for (place, event) in events.iter().enumerate() {
            let inventory = Inventory::of(&system.event(place, *event)).expect("not a draft");
            system.inventories.insert(inventory.event_id, inventory);
        }
        system
    }

    pub fn event(&self, place: usize, event: ModelEvent) -> Event {
        self::event(self.events[place], place, event)
    }

    pub fn hold(&self, buyer: usize, body: &Body, key: Option<u8>) -> Command {
        let line = |(name, quantity): &(usize, u32)| TicketLine {
            ticket_type_name: NAMES.get(*name).copied().unwrap_or("Nowhere").into(),
            quantity: *quantity,
        };
        let request = BookTickets {
            event_id: self.events[body.event],
            tickets: body.lines.iter().map(line).collect(),
            customer_info: CustomerInfo::default(),
            total_amount: Money::new(body.total, Currency::EUR),
        };
        Command::Hold(Arc::new(Draft {
            event_id: request.event_id,
            user_id: self.buyers[buyer],
            cart: Cart::parse(&request).expect("a cart"),
            customer_info: CustomerInfo::default(),
            idempotency_key: key.map(|key| key.to_string()),
            fingerprint: Fingerprint::of(&request),
        }))
    }

    pub fn release(&self, order: usize, to: Transition) -> Command {
        let order = &self.orders[&self.ids[order]];
        Command::Release { order: order.id, event: order.event_id, to, under: None }
    }

    /// Reads what the commands are about, decides, and writes what is to be written.
    pub fn batch(&mut self, commands: &[Command], now: Timestamp) -> Vec<Verdict> {
        let mut books = Books { inventories: self.inventories.clone(), ..Books::default() };
        for command in commands {
            match command {
                Command::Release { order, .. } => {
                    books.orders.insert(*order, self.orders[order].clone());
                }
                Command::Hold(draft) => {
                    let own = || self.orders.values().filter(|order| order.user_id == draft.user_id);
                    let mut made = own().filter(|order| order.idempotency_key.is_some());
                    let made = made.find(|order| order.idempotency_key == draft.idempotency_key);
                    books.made_under.extend(draft.key().zip(made.cloned().map(Arc::new)));
                    let of_event = own().filter(|order| order.event_id == draft.event_id && order.status.holds_seats());
                    let seats = of_event.map(OrderDocument::seats).sum();
                    books.seats.insert((draft.event_id, draft.user_id), seats);
                }
                Command::Apply(_) => {}
            }
        }
        let terms = Terms { now, hold_for: HOLD, id: OrderId::new };
        let plan = decide(commands.iter(), books, terms);
        for inventory in plan.changes.inventories {
            self.inventories.insert(inventory.event_id, Inventory { revision: inventory.revision + 1, ..inventory });
        }
        self.ids.extend(plan.changes.placed.iter().map(|order| order.id));
        let placed = plan.changes.placed.into_iter().map(Arc::unwrap_or_clone);
        let written = placed.chain(plan.changes.released);
        self.orders.extend(written.map(|order| (order.id, order)));
        plan.verdicts.into_iter().map(|verdict| self.verdict(verdict)).collect()
    }

    fn verdict(&self, verdict: Result<Done, Error>) -> Verdict {
        match verdict {
            Ok(Done::Placed(_)) => Verdict::Placed,
            Ok(Done::Replayed(order)) => {
                Verdict::Replayed(self.ids.iter().position(|id| *id == order.id).expect("a known order"))
            }
            Ok(Done::Released(_)) => Verdict::Changed,
            Ok(Done::Unchanged(_)) => Verdict::Unchanged,
            Ok(Done::Applied) => Verdict::Applied,
            Err(Error::KeyReused) => Verdict::KeyReused,
            Err(Error::WrongState { .. }) => Verdict::WrongState,
            Err(Error::Refused(refusal)) => match refusal {
                Refusal::NotOnSale(_) => Verdict::NotOnSale,
                Refusal::SoldOut(_) => Verdict::SoldOut,
                Refusal::UnknownType(_) => Verdict::UnknownType,
                Refusal::TooMany { .. } => Verdict::TooMany,
                Refusal::BuyerLimit { .. } => Verdict::BuyerLimit,
                Refusal::PriceChanged(_) => Verdict::PriceChanged,
            },
            Err(other) => panic!("{other}"),
        }
    }

    /// One arrow that moves no stock.
    pub fn arrow(&mut self, order: usize, to: Transition, now: Timestamp) -> Verdict {
        let order = self.orders.get_mut(&self.ids[order]).expect("a known order");
        match transition(&order.standing(), to, now) {
            Outcome::Change(standing) => {
                order.stand(standing, now);
                if order.status == OrderStatus::Confirmed {
                    order.issued = reference::issue(&order.tickets, &mut rand::rng());
                }
                Verdict::Changed
            }
            Outcome::AlreadyDone => Verdict::Unchanged,
            Outcome::Refused(_) => Verdict::WrongState,
        }
    }
}

/// An event as its service tells it, at the prices of this place.
pub fn event(id: EventId, place: usize, event: ModelEvent) -> Event {
    let price = Money::new(PRICES[place], Currency::EUR);
    let ticket_type = |(name, quantity): (&&str, u32)| TicketType {
        name: (*name).into(),
        price,
        quantity,
        description: String::new(),
    };
    Event {
        id,
        version: event.version,
        title: String::new(),
        description: String::new(),
        category: Category::Concert,
        venue: Venue::default(),
        starts_at: NOW + SignedDuration::from_hours(1000),
        ends_at: NOW + SignedDuration::from_hours(1001),
        time_zone: "UTC".into(),
        ticket_types: NAMES.iter().zip(event.capacity).map(ticket_type).collect(),
        tags: Vec::new(),
        image: None,
        organizer: Organizer::default(),
        max_per_order: MAX_PER_ORDER,
        max_per_buyer: event.max_per_buyer,
        refund_hours: None,
        sales_start: None,
        sales_end: None,
        status: if event.open { EventStatus::Published } else { EventStatus::Cancelled },
        total_tickets: 0,
        min_price: price,
        created_by: UserId(id.0),
        created_at: NOW,
        updated_at: NOW,
    }
}
