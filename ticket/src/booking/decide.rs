//! The decision of a batch: a function of what was read and of the commands, in the order in which they came.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use shared::{
    EventId, OrderId, UserId,
    event::Event,
    server::{Fingerprint, id_under},
    ticket::{CustomerInfo, OrderStatus},
};

use crate::{
    Error,
    domain::{
        cart::Cart,
        inventory::{Inventory, Priced},
        order::{Outcome, Transition, transition},
        reference,
    },
    store::{
        Made,
        ledger::Changes,
        orders::{OrderDocument, UserKey},
    },
};

/// An order that is asked for.
#[derive(Clone, Debug)]
pub struct Draft {
    /// For which event.
    pub event_id: EventId,
    /// Whose it is to be.
    pub user_id: UserId,
    /// What is to be held.
    pub cart: Cart,
    /// Who the tickets are for.
    pub customer_info: CustomerInfo,
    /// The key under which it was sent, if any.
    pub idempotency_key: Option<String>,
    /// What the request said.
    pub fingerprint: Fingerprint,
}

impl Draft {
    /// What no two orders have in common.
    pub fn key(&self) -> Option<(UserId, String)> {
        self.idempotency_key.clone().map(|key| (self.user_id, key))
    }

    /// The id that its key tells, if it does.
    fn id(&self) -> Option<OrderId> {
        id_under(self.user_id, self.idempotency_key.as_deref()?).map(OrderId)
    }
}

/// What a batcher is asked to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Hold seats for a new order.
    Hold(Arc<Draft>),
    /// Go an arrow that gives seats back.
    Release {
        /// Which order.
        order: OrderId,
        /// Its event.
        event: EventId,
        /// Which arrow.
        to: Transition,
        /// The key under which it was asked for, if any.
        under: Option<UserKey>,
    },
    /// Take over a change of an event.
    Apply(Box<Event>),
}

impl Command {
    /// Whose inventory it is about.
    pub fn event(&self) -> EventId {
        match self {
            Self::Hold(draft) => draft.event_id,
            Self::Release { event, .. } => *event,
            Self::Apply(event) => event.id,
        }
    }
}

/// What became of a command.
#[derive(Clone, Debug)]
pub enum Done {
    /// A new order holds its seats, or has its tickets if it is free.
    Placed(Arc<OrderDocument>),
    /// The order was made before, under the same key.
    Replayed(Arc<OrderDocument>),
    /// The order has given its seats back.
    Released(Arc<OrderDocument>),
    /// The order had gone that arrow before.
    Unchanged(Arc<OrderDocument>),
    /// The inventory knows the event's change.
    Applied,
}

/// What a batch is decided on.
#[derive(Debug, Default)]
pub struct Books {
    /// Of the events concerned, those that are known.
    pub inventories: HashMap<EventId, Inventory>,
    /// To be released.
    pub orders: HashMap<OrderId, OrderDocument>,
    /// How many seats the buyers in the batch have, of events that limit it.
    pub seats: HashMap<(EventId, UserId), u64>,
    /// Made before under a key that is used in the batch.
    pub made_under: Made,
}

/// What a batch is decided by, beside the books.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// What time it is.
    pub now: Timestamp,
    /// How long a hold lasts.
    pub hold_for: SignedDuration,
    /// Makes the id of an order whose key does not tell it.
    pub id: fn() -> OrderId,
}

/// What is to be written, and what the callers are told once it is.
#[derive(Debug)]
pub struct Plan {
    /// To be committed.
    pub changes: Changes,
    /// For each command, in their order.
    pub verdicts: Vec<Result<Done, Error>>,
    /// Events of which something was refused: as true as the inventory that was looked at.
    pub refused: HashSet<EventId>,
}

/// Decides the commands one after the other.
pub fn decide<'a>(commands: impl Iterator<Item = &'a Command>, books: Books, terms: Terms) -> Plan {
    let mut decision = Decision { books, ..Decision::default() };
    let verdicts = commands.map(|command| decision.command(command, terms)).collect();
    let Decision { mut books, placed, released, changed, applied, refused } = decision;
    let changes = Changes {
        inventories: changed.iter().filter_map(|event| books.inventories.remove(event)).collect(),
        applied,
        placed,
        released: released.iter().filter_map(|order| books.orders.remove(order)).collect(),
    };
    Plan { changes, verdicts, refused }
}

#[derive(Default)]
struct Decision {
    books: Books,
    placed: Vec<Arc<OrderDocument>>,
    released: HashSet<OrderId>,
    changed: HashSet<EventId>,
    applied: HashSet<EventId>,
    refused: HashSet<EventId>,
}

impl Decision {
    fn command(&mut self, command: &Command, terms: Terms) -> Result<Done, Error> {
        let verdict = match command {
            Command::Hold(draft) => self.hold(draft, terms),
            Command::Release { order, event, to, under } => {
                self.release(*order, *event, *to, under.as_ref(), terms.now)
            }
            Command::Apply(event) => self.apply(event),
        };
        if let Err(Error::Refused(_) | Error::UnknownEvent) = verdict {
            self.refused.insert(command.event());
        }
        verdict
    }

    fn hold(&mut self, draft: &Draft, terms: Terms) -> Result<Done, Error> {
        if let Some(made) = draft.key().and_then(|key| self.books.made_under.get(&key)) {
            return if made.fingerprint.as_ref() == Some(&draft.fingerprint) {
                Ok(Done::Replayed(made.clone()))
            } else {
                Err(Error::KeyReused)
            };
        }
        let inventory = self.books.inventories.get_mut(&draft.event_id).ok_or(Error::UnknownEvent)?;
        let had = self.books.seats.entry((draft.event_id, draft.user_id)).or_default();
        let priced = inventory.hold(&draft.cart, *had, terms.now)?;
        *had += draft.cart.quantity();
        let order = Arc::new(place(draft, priced, inventory, terms));
        self.changed.insert(draft.event_id);
        self.placed.push(order.clone());
        if let Some(key) = draft.key() {
            self.books.made_under.insert(key, order.clone());
        }
        Ok(Done::Placed(order))
    }

    fn release(
        &mut self,
        order: OrderId,
        event: EventId,
        to: Transition,
        under: Option<&UserKey>,
        now: Timestamp,
    ) -> Result<Done, Error> {
        let found = self.books.orders.get_mut(&order).filter(|order| order.event_id == event);
        let order = found.ok_or(Error::NotFound)?;
        match transition(&order.standing(), to, now) {
            Outcome::Change(standing) => {
                let inventory = self.books.inventories.get_mut(&event).ok_or(Error::UnknownEvent)?;
                inventory.release(&order.tickets);
                if let Some(had) = self.books.seats.get_mut(&(event, order.user_id)) {
                    *had = had.saturating_sub(order.seats());
                }
                order.stand(standing, now);
                order.undo_under(under);
                order.revision += 1;
                self.changed.insert(event);
                self.released.insert(order.id);
                Ok(Done::Released(Arc::new(order.clone())))
            }
            Outcome::AlreadyDone => Ok(Done::Unchanged(Arc::new(order.clone()))),
            Outcome::Refused(status) => Err(Error::WrongState { status, attempt: order.attempt }),
        }
    }

    fn apply(&mut self, event: &Event) -> Result<Done, Error> {
        let inventory = self.books.inventories.get_mut(&event.id).ok_or(Error::UnknownEvent)?;
        if inventory.apply(event) {
            self.changed.insert(event.id);
            self.applied.insert(event.id);
        }
        Ok(Done::Applied)
    }
}

fn place(draft: &Draft, priced: Priced, inventory: &Inventory, terms: Terms) -> OrderDocument {
    let Terms { now, hold_for, id: new_id } = terms;
    let told = draft.id();
    let id = told.unwrap_or_else(new_id);
    let free = priced.total.is_zero();
    OrderDocument {
        id,
        booking_reference: reference::booking_reference(id),
        user_id: draft.user_id,
        event_id: draft.event_id,
        event: inventory.event.clone(),
        total_amount: priced.total,
        // Nothing is to be paid: nothing is to be waited for.
        status: if free { OrderStatus::Confirmed } else { OrderStatus::Held },
        issued: if free { reference::issue(&priced.lines, &mut rand::rng()) } else { Vec::new() },
        tickets: priced.lines,
        attempt: 0,
        payment_id: None,
        customer_info: draft.customer_info.clone(),
        expires_at: now.saturating_add(hold_for).unwrap_or(Timestamp::MAX).into(),
        created_at: now.into(),
        updated_at: now.into(),
        idempotency_key: draft.idempotency_key.clone().filter(|_| told.is_none()),
        fingerprint: draft.idempotency_key.is_some().then(|| draft.fingerprint.clone()),
        undone_under: None,
        revision: 0,
    }
}
