//! What an event has to sell, and the one decision that keeps it from selling too much.

use jiff::Timestamp;
use shared::{
    EventId, Money, UserId,
    event::{Event, EventStatus},
    ticket::{Availability, EventSnapshot, OrderLine, PricedType, SaleStatus, TypeAvailability},
};

use super::cart::Cart;

/// Whether an event sells at all, its sales window aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selling {
    /// Within its sales window.
    Open,
    /// No more: the event is over or withdrawn.
    Closed,
    /// The event is called off.
    Cancelled,
}

/// One ticket type: how many there are, and how many are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stock {
    /// As the event names it.
    pub name: String,
    /// The price of one.
    pub price: Money,
    /// How many may be taken; lowered below `taken` it sells no more and revokes nothing.
    pub capacity: u32,
    /// How many are in orders that hold seats.
    pub taken: u32,
}

impl Stock {
    /// How many can be booked.
    pub const fn remaining(&self) -> u32 {
        self.capacity.saturating_sub(self.taken)
    }
}

/// What is left of one ticket type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// As the event names it.
    pub name: String,
    /// How many can be booked.
    pub remaining: u32,
}

/// Why a cart is not held.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing is sold now.
    #[error("not on sale: {0:?}")]
    NotOnSale(SaleStatus),
    /// Fewer are left than the cart asks for; nothing of it is held.
    #[error("sold out")]
    SoldOut(Vec<Remaining>),
    /// The cart's line with this index names no ticket type of the event.
    #[error("line {0} names an unknown ticket type")]
    UnknownType(usize),
    /// More tickets than the event allows in one order.
    #[error("more than {max} tickets")]
    TooMany {
        /// The most in one order.
        max: u32,
    },
    /// More tickets than the event allows one buyer, over all orders.
    #[error("more than {max} tickets for a buyer who has {had}")]
    BuyerLimit {
        /// The most for one buyer.
        max: u32,
        /// How many this one has.
        had: u64,
    },
    /// The total is not the one that the buyer saw, but this.
    #[error("the price has changed")]
    PriceChanged(Money),
}

/// A cart that is held: its lines at the prices of the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// In the cart's order.
    pub lines: Vec<OrderLine>,
    /// The sum of the subtotals.
    pub total: Money,
}

/// What one event has to sell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// Of which event.
    pub event_id: EventId,
    /// The event's version that was applied last.
    pub version: i64,
    /// Grows by one with each write: what a compare-and-set compares.
    pub revision: i64,
    /// The event as orders remember it.
    pub event: EventSnapshot,
    /// The account that organizes the event.
    pub created_by: UserId,
    /// Whether it sells at all.
    pub selling: Selling,
    /// When sales begin.
    pub sales_start: Option<Timestamp>,
    /// When sales end.
    pub sales_end: Timestamp,
    /// The most tickets in one order.
    pub max_per_order: u32,
    /// The most tickets of one buyer, over all orders.
    pub max_per_buyer: Option<u32>,
    /// In the event's order; then those that the event lists no more but has sold.
    pub types: Vec<Stock>,
}

impl Inventory {
    /// The inventory of an event that has sold nothing; `None` for a draft, which nobody may know of.
    pub fn of(event: &Event) -> Option<Self> {
        if event.status == EventStatus::Draft {
            return None;
        }
        let mut inventory = Self {
            event_id: event.id,
            version: event.version,
            revision: 0,
            event: snapshot(event),
            created_by: event.created_by,
            selling: Selling::Closed,
            sales_start: None,
            sales_end: event.ends_at,
            max_per_order: 0,
            max_per_buyer: None,
            types: Vec::new(),
        };
        inventory.adopt(event);
        Some(inventory)
    }

    /// Takes over a change of the event; false where it is not newer than what was applied before.
    pub fn apply(&mut self, event: &Event) -> bool {
        let newer = event.id == self.event_id && event.version > self.version;
        if newer {
            self.adopt(event);
        }
        newer
    }

    fn adopt(&mut self, event: &Event) {
        self.version = event.version;
        self.event = snapshot(event);
        self.created_by = event.created_by;
        self.selling = match event.status {
            EventStatus::Published => Selling::Open,
            EventStatus::Cancelled => Selling::Cancelled,
            EventStatus::Draft | EventStatus::Completed => Selling::Closed,
        };
        self.sales_start = event.sales_start;
        self.sales_end = event.sales_end.unwrap_or(event.ends_at);
        self.max_per_order = event.max_per_order;
        self.max_per_buyer = event.max_per_buyer;
        let mut before = std::mem::take(&mut self.types);
        for offered in &event.ticket_types {
            let known = before.iter().position(|stock| stock.name == offered.name);
            let taken = known.map_or(0, |index| before.remove(index).taken);
            self.types.push(Stock {
                name: offered.name.clone(),
                price: offered.price,
                capacity: offered.quantity,
                taken,
            });
        }
        // A type that the event lists no more sells nothing, but what is sold of it still counts.
        let sold = before.into_iter().filter(|stock| stock.taken > 0);
        self.types.extend(sold.map(|stock| Stock { capacity: 0, ..stock }));
    }

    /// Whether tickets can be booked now.
    pub fn sale(&self, now: Timestamp) -> SaleStatus {
        match self.selling {
            Selling::Cancelled => SaleStatus::Cancelled,
            Selling::Closed => SaleStatus::Ended,
            Selling::Open if now >= self.sales_end => SaleStatus::Ended,
            Selling::Open if self.sales_start.is_some_and(|start| now < start) => SaleStatus::NotYet,
            Selling::Open => SaleStatus::OnSale,
        }
    }

    /// Takes all that the cart asks for, or nothing. The buyer `had` so many tickets of the event before; nobody looks at
    /// it where the event sets no limit.
    pub fn hold(&mut self, cart: &Cart, had: u64, now: Timestamp) -> Result<Priced, Refusal> {
        match self.sale(now) {
            SaleStatus::OnSale => {}
            other => return Err(Refusal::NotOnSale(other)),
        }
        let places = cart.lines().iter().enumerate().map(|(index, line)| {
            self.types.iter().position(|stock| stock.name == line.name).ok_or(Refusal::UnknownType(index))
        });
        let places = places.collect::<Result<Vec<_>, _>>()?;
        if cart.quantity() > u64::from(self.max_per_order) {
            return Err(Refusal::TooMany { max: self.max_per_order });
        }
        if let Some(max) = self.max_per_buyer
            && had + cart.quantity() > u64::from(max)
        {
            return Err(Refusal::BuyerLimit { max, had });
        }
        let wanted = || places.iter().copied().zip(cart.lines());
        if wanted().any(|(place, line)| line.quantity > self.types[place].remaining()) {
            return Err(Refusal::SoldOut(self.remaining()));
        }
        let lines: Vec<_> = wanted().map(|(place, line)| order_line(&self.types[place], line.quantity)).collect();
        let priced = Priced { total: total(&lines, cart.total()), lines };
        if priced.total != cart.total() {
            return Err(Refusal::PriceChanged(priced.total));
        }
        for (place, line) in wanted() {
            self.types[place].taken += line.quantity;
        }
        Ok(priced)
    }

    /// Gives back what an order held.
    pub fn release(&mut self, lines: &[OrderLine]) {
        for line in lines {
            if let Some(stock) = self.types.iter_mut().find(|stock| stock.name == line.ticket_type.name) {
                stock.taken = stock.taken.saturating_sub(line.quantity);
            }
        }
    }

    /// What is left, by ticket type.
    pub fn remaining(&self) -> Vec<Remaining> {
        let left = |stock: &Stock| Remaining { name: stock.name.clone(), remaining: stock.remaining() };
        self.types.iter().map(left).collect()
    }

    /// What everyone may know.
    pub fn availability(&self, now: Timestamp) -> Availability {
        let left = |stock: &Stock| TypeAvailability {
            name: stock.name.clone(),
            price: stock.price,
            capacity: stock.capacity,
            remaining: stock.remaining(),
        };
        Availability {
            event_id: self.event_id,
            sale: self.sale(now),
            sales_start: self.sales_start,
            sales_end: self.sales_end,
            max_per_order: self.max_per_order,
            max_per_buyer: self.max_per_buyer,
            ticket_types: self.types.iter().map(left).collect(),
            remaining: self.types.iter().map(|stock| u64::from(stock.remaining())).sum(),
        }
    }
}

fn snapshot(event: &Event) -> EventSnapshot {
    EventSnapshot {
        title: event.title.clone(),
        category: Some(event.category),
        venue: event.venue.clone(),
        starts_at: event.starts_at,
        ends_at: event.ends_at,
        time_zone: event.time_zone.clone(),
        image: event.image.clone(),
        refund_hours: event.refund_hours,
    }
}

/// Prices are bounded (`shared::rules::MAX_PRICE`), so that nothing saturates; if it did, no buyer saw that total.
fn order_line(stock: &Stock, quantity: u32) -> OrderLine {
    let subtotal = stock.price.amount.saturating_mul(i64::from(quantity));
    OrderLine {
        ticket_type: PricedType { name: stock.name.clone(), price: stock.price },
        quantity,
        subtotal: Money { amount: subtotal, ..stock.price },
    }
}

/// An event has one currency, which its service sees to.
fn total(lines: &[OrderLine], otherwise: Money) -> Money {
    let currency = lines.first().map_or(otherwise.currency, |line| line.subtotal.currency);
    Money { amount: lines.iter().fold(0, |sum, line| sum.saturating_add(line.subtotal.amount)), currency }
}
