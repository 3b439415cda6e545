//! What can be done with orders.

use jiff::Timestamp;
use mongodb::Database;
use shared::{
    OrderId, Page, UserId,
    event::Event,
    page::{DEFAULT_LIMIT, PageQuery},
    server::{Clock, cursor},
    ticket::{Order, OrderStatus},
};

use super::{
    Catalogue, Draft, Queues,
    catalogue::Adopted,
    decide::{Command, Done},
};
use crate::{
    Error,
    domain::{
        order::{Outcome, Transition, transition},
        reference,
    },
    store::Orders,
};

/// How often a change of an order that others change too is tried. Each failure is another's success, and an order has
/// few arrows.
const TRIES: usize = 16;

/// Orders, and all that can be done with them.
#[derive(Clone)]
pub struct Bookings {
    orders: Orders,
    queues: Queues,
    catalogue: Catalogue,
    clock: Clock,
}

impl Bookings {
    /// Over `database`, by way of the batchers.
    pub fn new(database: &Database, queues: Queues, catalogue: Catalogue, clock: Clock) -> Self {
        Self { orders: Orders::of(database), queues, catalogue, clock }
    }

    /// Holds seats for a new order, or gives the order that was made under the same key.
    pub async fn hold(&self, draft: Draft) -> Result<Order, Error> {
        let event = draft.event_id;
        let command = Command::Hold(Box::new(draft));
        let done = match self.queues.offer(command.clone()).await {
            Err(Error::UnknownEvent) => {
                self.catalogue.pull(event).await?;
                self.queues.offer(command).await?
            }
            done => done?,
        };
        self.order(done)
    }

    /// Gives up a held order of this user.
    pub async fn cancel(&self, id: OrderId, user: UserId) -> Result<Order, Error> {
        let order = self.orders.find(id, Some(user)).await?.ok_or(Error::NotFound)?;
        let to = Transition::Cancel;
        let done = self.queues.offer(Command::Release { order: id, event: order.event_id, to }).await?;
        self.order(done)
    }

    /// Goes one arrow of a payment, of this user's order where one is named.
    pub async fn advance(&self, id: OrderId, user: Option<UserId>, to: Transition) -> Result<Order, Error> {
        for _ in 0..TRIES {
            let mut order = self.orders.find(id, user).await?.ok_or(Error::NotFound)?;
            if let Transition::Refunded { .. } = to {
                let release = Command::Release { order: id, event: order.event_id, to };
                return self.order(self.queues.offer(release).await?);
            }
            let (stood, now) = (order.standing(), self.clock.now());
            match transition(&stood, to, now) {
                Outcome::Change(standing) => order.stand(standing, now),
                Outcome::AlreadyDone => return Ok(order.into_order(now)),
                Outcome::Refused(status) => return Err(Error::WrongState { status, attempt: stood.attempt }),
            }
            if order.status == OrderStatus::Confirmed {
                order.issued = reference::issue(&order.tickets, &mut rand::rng());
            }
            if self.orders.compare_and_set(&stood, &mut order).await? {
                if order.status == OrderStatus::Confirmed {
                    metrics::counter!("orders_confirmed_total").increment(1);
                }
                return Ok(order.into_order(now));
            }
        }
        Err(Error::Contended(mongodb::error::Error::custom("an order is changed by many at once")))
    }

    /// Gives back the seats of held orders whose time is over; how many there were. Any number of replicas may do it
    /// at once: each order is released by one of them.
    pub async fn expire(&self, limit: i64) -> Result<usize, Error> {
        let due = self.orders.due(self.clock.now(), limit).await?;
        let releases = due.iter().map(|order| {
            self.queues.send(Command::Release { order: order.id, event: order.event_id, to: Transition::Expire })
        });
        for released in futures::future::join_all(releases).await {
            match released {
                // Paid, cancelled or prolonged since it was found.
                Ok(_) | Err(Error::WrongState { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(due.len())
    }

    /// When the next held order is due.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        Ok(self.orders.next_due().await?)
    }

    /// Takes over a change of an event; one that is known changes nothing.
    pub async fn apply(&self, event: Event) -> Result<(), Error> {
        let command = Command::Apply(Box::new(event.clone()));
        match self.queues.send(command).await {
            // As it was inserted as it is now, there is nothing left to apply.
            Err(Error::UnknownEvent) => match self.catalogue.adopt(&event).await? {
                Adopted::Already => self.queues.send(Command::Apply(Box::new(event))).await.map(drop),
                Adopted::Now | Adopted::Draft => Ok(()),
            },
            done => done.map(drop),
        }
    }

    fn order(&self, done: Done) -> Result<Order, Error> {
        match done {
            Done::Placed(order) | Done::Replayed(order) | Done::Released(order) | Done::Unchanged(order) => {
                Ok(order.into_order(self.clock.now()))
            }
            Done::Applied => Err(Error::Interrupted),
        }
    }
}

/// What can be known of orders.
impl Bookings {
    /// A user's orders, newest first.
    pub async fn page(&self, user: UserId, query: &PageQuery) -> Result<Page<Order>, Error> {
        let before = query.cursor.as_deref().map(cursor::decode).transpose()?;
        let page = self.orders.page(user, before, query.limit.unwrap_or(DEFAULT_LIMIT)).await?;
        let now = self.clock.now();
        Ok(page.map(|order| order.into_order(now)))
    }

    /// A user's order.
    pub async fn find(&self, id: OrderId, user: UserId) -> Result<Order, Error> {
        let order = self.orders.find(id, Some(user)).await?.ok_or(Error::NotFound)?;
        Ok(order.into_order(self.clock.now()))
    }
}
