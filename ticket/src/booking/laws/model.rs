//! The plain model: a list of orders, and rules that look through it each time. Nothing is counted that could be wrong.

use jiff::{SignedDuration, Timestamp};
use shared::ticket::OrderStatus;

use super::{Body, HOLD, MAX_PER_ORDER, PRICES};
use crate::domain::order::Transition;

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Placed,
    Replayed(usize),
    KeyReused,
    NotOnSale,
    UnknownType,
    TooMany,
    BuyerLimit,
    SoldOut,
    PriceChanged,
    Changed,
    Unchanged,
    WrongState,
    Applied,
}

/// Where the money of an attempt to pay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Money {
    /// Not moved yet.
    Undecided,
    /// It will not move: the provider has cancelled the intent.
    Void,
    /// With the organizer.
    Captured,
    /// Back with the buyer.
    Returned,
}

/// An attempt to pay, as the payment service sees it.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    pub number: u32,
    /// The order said that it waits for this attempt.
    pub pinned: bool,
    pub money: Money,
    /// The order was told that the attempt is void.
    pub released: bool,
}

#[derive(Clone, Debug)]
pub struct ModelOrder {
    pub buyer: usize,
    pub body: Body,
    key: Option<u8>,
    pub status: OrderStatus,
    pub attempt: u32,
    pub expires: Timestamp,
    pub payments: Vec<Attempt>,
}

impl ModelOrder {
    pub fn is_free(&self) -> bool {
        self.body.total == 0
    }

    pub fn seats(&self) -> u32 {
        self.body.lines.iter().map(|(_, quantity)| quantity).sum()
    }
}

/// An event as far as it matters to what may be sold.
#[derive(Clone, Copy, Debug)]
pub struct ModelEvent {
    pub version: i64,
    pub open: bool,
    pub max_per_buyer: Option<u32>,
    pub capacity: [u32; 2],
}

pub struct Model {
    pub events: Vec<ModelEvent>,
    pub orders: Vec<ModelOrder>,
}

impl Model {
    fn holding(&self, event: usize) -> impl Iterator<Item = &ModelOrder> {
        self.orders.iter().filter(move |order| order.body.event == event && order.status.holds_seats())
    }

    /// The seats of a type that orders hold.
    pub fn taken(&self, event: usize, name: usize) -> u32 {
        let lines = self.holding(event).flat_map(|order| &order.body.lines);
        lines.filter(|line| line.0 == name).map(|line| line.1).sum()
    }

    /// The seats of an event that a buyer's orders hold.
    pub fn had(&self, event: usize, buyer: usize) -> u32 {
        self.holding(event).filter(|order| order.buyer == buyer).map(ModelOrder::seats).sum()
    }

    pub fn hold(&mut self, buyer: usize, body: &Body, key: Option<u8>, now: Timestamp) -> Verdict {
        let made = self.orders.iter().position(|order| key.is_some() && order.key == key && order.buyer == buyer);
        if let Some(made) = made {
            return if self.orders[made].body == *body { Verdict::Replayed(made) } else { Verdict::KeyReused };
        }
        let event = self.events[body.event];
        let seats: u32 = body.lines.iter().map(|line| line.1).sum();
        let sold_out = |line: &(usize, u32)| self.taken(body.event, line.0) + line.1 > event.capacity[line.0];
        let price: i64 = body.lines.iter().map(|line| PRICES[body.event] * i64::from(line.1)).sum();
        if !event.open {
            return Verdict::NotOnSale;
        }
        if body.lines.iter().any(|line| line.0 >= event.capacity.len()) {
            return Verdict::UnknownType;
        }
        if seats > MAX_PER_ORDER {
            return Verdict::TooMany;
        }
        if event.max_per_buyer.is_some_and(|max| self.had(body.event, buyer) + seats > max) {
            return Verdict::BuyerLimit;
        }
        if body.lines.iter().any(sold_out) {
            return Verdict::SoldOut;
        }
        if price != body.total {
            return Verdict::PriceChanged;
        }
        let status = if price == 0 { OrderStatus::Confirmed } else { OrderStatus::Held };
        let (body, expires) = (body.clone(), now + HOLD);
        self.orders.push(ModelOrder { buyer, body, key, status, attempt: 0, expires, payments: Vec::new() });
        Verdict::Placed
    }

    /// One arrow, read from a table.
    pub fn arrow(&mut self, order: usize, to: Transition, now: Timestamp) -> Verdict {
        use OrderStatus::{Cancelled, Confirmed, Expired, Held, Paying, Refunded, Refunding};
        let order = &mut self.orders[order];
        let over = now >= order.expires;
        let (from, done, named): (OrderStatus, &[OrderStatus], Option<u32>) = match to {
            Transition::Pay { attempt, .. } => (Held, &[Paying], Some(attempt)),
            Transition::Confirm { attempt, .. } => (Paying, &[Confirmed, Refunding, Refunded], Some(attempt)),
            Transition::Void { attempt } => (Paying, &[Held], Some(attempt)),
            Transition::Refund { attempt } => (Confirmed, &[Refunding, Refunded], Some(attempt)),
            Transition::Refunded { attempt } => (Refunding, &[Refunded], Some(attempt)),
            Transition::RefundFree { attempt } => (Confirmed, &[Refunded], Some(attempt)),
            Transition::Cancel => (Held, &[Cancelled], None),
            Transition::Expire => (Held, &[Expired], None),
        };
        let current = named.is_none_or(|named| named == order.attempt);
        if current && done.contains(&order.status) {
            return Verdict::Unchanged;
        }
        match to {
            Transition::Pay { attempt, .. } if order.status == Held && attempt == order.attempt + 1 && !over => {
                (order.status, order.attempt) = (Paying, attempt);
            }
            // It has overtaken the message that it answers.
            Transition::Void { attempt } if order.status == Held && attempt == order.attempt + 1 => {
                order.attempt = attempt;
            }
            Transition::Void { .. } if order.status == from && current => {
                order.status = Held;
                order.expires = order.expires.max(now + SignedDuration::from_mins(2));
            }
            Transition::Expire if order.status == from && !over => return Verdict::WrongState,
            Transition::Pay { .. } => return Verdict::WrongState,
            _ if order.status == from && current => order.status = done[0],
            _ => return Verdict::WrongState,
        }
        Verdict::Changed
    }
}
