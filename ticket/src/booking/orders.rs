//! What can be done with orders.

use std::sync::Arc;

use futures::future::join_all;
use jiff::Timestamp;
use mongodb::Database;
use shared::{
    EventId, OrderId, Page, UserId,
    auth::{Role, User},
    event::Event,
    page::{DEFAULT_LIMIT, PageQuery},
    server::{Clock, cursor},
    ticket::{EventSnapshot, Order, OrderStatus, RefundingOrders, RefundingQuery},
};

use super::{
    Catalogue, Draft, Queues,
    catalogue::Adopted,
    decide::{Command, Done},
};
use crate::{
    Error,
    domain::{
        order::{Outcome, Standing, Transition, transition},
        pass::Signer,
        reference, refund,
    },
    store::{
        Arrows, Inventories, Orders, Recent,
        order_lists::Undone,
        orders::{OrderDocument, UserKey},
    },
};

/// How often a change of an order that others change too is tried. Each failure is another's success, and an order has
/// few arrows.
const TRIES: usize = 16;

/// How many orders in `refunding` are told at once, unless told otherwise.
const REFUNDING: u32 = 100;

/// Orders, and all that can be done with them.
#[derive(Clone)]
pub struct Bookings {
    orders: Orders,
    arrows: Arrows,
    recent: Recent,
    inventories: Inventories,
    queues: Queues,
    catalogue: Catalogue,
    signer: Arc<Signer>,
    clock: Clock,
}

impl Bookings {
    /// Over `database`, by way of the batchers.
    pub fn new(database: &Database, queues: Queues, catalogue: Catalogue, signer: Arc<Signer>, clock: Clock) -> Self {
        let (orders, arrows, recent) = (Orders::of(database), Arrows::of(database), Recent::default());
        Self { orders, arrows, recent, inventories: Inventories::of(database), queues, catalogue, signer, clock }
    }

    /// Holds seats for a new order, or gives the order that was made under the same key.
    pub async fn hold(&self, draft: Draft) -> Result<Order, Error> {
        let event = draft.event_id;
        let command = Command::Hold(Arc::new(draft));
        let done = match self.queues.offer(command.clone()).await {
            Err(Error::UnknownEvent) => {
                self.catalogue.pull(event).await?;
                self.queues.offer(command).await?
            }
            done => done?,
        };
        if let Done::Placed(order) = &done {
            self.recent.keep(order);
        }
        self.order(done)
    }

    /// Gives up a held order of this user, who may send a key with it.
    pub async fn cancel(&self, id: OrderId, user: UserId, key: Option<String>) -> Result<Order, Error> {
        let under = key.map(|key| UserKey { user_id: user, key });
        self.go(id, Some(user), under, |_, _| Ok(Transition::Cancel)).await
    }

    /// Goes one arrow of a payment, of this user's order where one is named.
    pub async fn advance(&self, id: OrderId, user: Option<UserId>, to: Transition) -> Result<Order, Error> {
        if let Some(order) = self.recent.take(id)
            && let Some(gone) = self.go_from(order, user, to).await?
        {
            return Ok(gone);
        }
        self.go(id, user, None, |_, _| Ok(to)).await
    }

    /// Goes an arrow from where this replica left the order: payment asks for the next one within seconds. `None` where
    /// that is not possible, or another was faster: what the order is now has to be read.
    async fn go_from(
        &self,
        order: OrderDocument,
        user: Option<UserId>,
        to: Transition,
    ) -> Result<Option<Order>, Error> {
        let now = self.clock.now();
        match transition(&order.standing(), to, now) {
            Outcome::Change(standing) if !to.releases() && user.is_none_or(|user| user == order.user_id) => {
                self.change(order, standing, now).await
            }
            _ => Ok(None),
        }
    }

    /// Writes that the order stands elsewhere; `None` where it does not stand any more where it stood.
    async fn change(&self, mut order: OrderDocument, to: Standing, now: Timestamp) -> Result<Option<Order>, Error> {
        order.stand(to, now);
        let confirmed = order.status == OrderStatus::Confirmed;
        if confirmed {
            order.issued = reference::issue(&order.tickets, &mut rand::rng());
        }
        if !self.arrows.compare_and_set(&mut order).await? {
            return Ok(None);
        }
        if confirmed {
            metrics::counter!("orders_confirmed_total").increment(1);
        }
        let order = Arc::new(order);
        self.recent.keep(&order);
        Ok(Some(Arc::unwrap_or_clone(order).into_order(now)))
    }

    /// Lets the money of an order go back: for its buyer where the policy allows it, for the event's organizer and for
    /// admins always. They may send a key with it.
    pub async fn refund(&self, id: OrderId, asker: &User, key: Option<String>) -> Result<Order, Error> {
        let order = self.orders.find(id, None).await?.ok_or(Error::NotFound)?;
        let organizes = self.organizes(asker, order.event_id).await?;
        let buyer = (!organizes).then_some(asker.id);
        let arrow = |order: &OrderDocument, now| {
            if !organizes && order.status == OrderStatus::Confirmed {
                refund::allowed(&order.event, now)?;
            }
            Ok(refund::arrow(order.total_amount, order.attempt))
        };
        let under = key.map(|key| UserKey { user_id: asker.id, key });
        self.go(id, buyer, under, arrow).await
    }

    /// Goes the arrow that the order calls for, and notes `under` which key; when another was faster it is asked again.
    async fn go(
        &self,
        id: OrderId,
        user: Option<UserId>,
        under: Option<UserKey>,
        arrow: impl Fn(&OrderDocument, Timestamp) -> Result<Transition, Error>,
    ) -> Result<Order, Error> {
        for _ in 0..TRIES {
            let mut order = self.orders.find(id, user).await?.ok_or(Error::NotFound)?;
            let now = self.clock.now();
            let to = arrow(&order, now)?;
            if let Some(key) = &under {
                self.refuse_reused(key, &order, to).await?;
            }
            if to.releases() {
                let release = Command::Release { order: id, event: order.event_id, to, under };
                return self.order(self.queues.offer(release).await?);
            }
            let standing = match transition(&order.standing(), to, now) {
                Outcome::Change(standing) => standing,
                Outcome::AlreadyDone => return Ok(order.into_order(now)),
                Outcome::Refused(status) => return Err(Error::WrongState { status, attempt: order.attempt }),
            };
            order.undo_under(under.as_ref());
            if let Some(changed) = self.change(order, standing, now).await? {
                return Ok(changed);
            }
        }
        Err(Error::Contended(mongodb::error::Error::custom("an order is changed by many at once")))
    }

    /// Refuses a key under which its user made an order, or undid this one the other way. What was undone under it before
    /// is answered again.
    async fn refuse_reused(&self, key: &UserKey, order: &OrderDocument, to: Transition) -> Result<(), Error> {
        let same_way = (order.status == OrderStatus::Cancelled) == (to == Transition::Cancel);
        let reused = order.undone_under.as_ref() == Some(key) && !same_way;
        if reused || !self.orders.made_under(&[(key.user_id, &key.key)]).await?.is_empty() {
            return Err(Error::KeyReused);
        }
        Ok(())
    }

    /// Gives back the seats of held orders whose time is over; how many there were. Any number of replicas may do it
    /// at once: each order is released by one of them.
    pub async fn expire(&self, limit: i64) -> Result<usize, Error> {
        let due = self.orders.due(self.clock.now(), limit).await?;
        self.release_all(due.iter().map(|order| (order.id, order.event_id, Transition::Expire))).await?;
        Ok(due.len())
    }

    async fn release_all(&self, orders: impl Iterator<Item = (OrderId, EventId, Transition)>) -> Result<(), Error> {
        let releases =
            orders.map(|(order, event, to)| self.queues.send(Command::Release { order, event, to, under: None }));
        for released in join_all(releases).await {
            match released {
                // Paid, cancelled or prolonged since it was found.
                Ok(_) | Err(Error::WrongState { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Undoes the next orders of cancelled events: held ones are released, and the money of confirmed ones goes back; how
    /// many there were. Those that are being paid are left to be decided, and found the next time. Any number of
    /// replicas may do it at once.
    pub async fn call_off(&self, limit: i64) -> Result<usize, Error> {
        let mut undone = 0;
        for event in self.inventories.cancelled_and_taken(limit).await? {
            let orders = self.orders.undone(event, limit).await?;
            undone += orders.len();
            let arrow = |order: &Undone| match order.status {
                OrderStatus::Held => Transition::Cancel,
                _ => refund::arrow(order.total_amount, order.attempt),
            };
            let (released, paid): (Vec<Undone>, Vec<Undone>) =
                orders.into_iter().partition(|order| arrow(order).releases());
            let paid: Vec<OrderId> = paid.iter().map(|order| order.id).collect();
            self.orders.begin_refunds(&paid, self.clock.now()).await?;
            self.release_all(released.iter().map(|order| (order.id, event, arrow(order)))).await?;
        }
        Ok(undone)
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
                Ok(self.shown(Arc::unwrap_or_clone(order)))
            }
            Done::Applied => Err(Error::Interrupted),
        }
    }

    /// As its buyer sees it, with tickets that let in.
    fn shown(&self, order: OrderDocument) -> Order {
        let mut order = order.into_order(self.clock.now());
        self.signer.seal(&mut order);
        order
    }

    async fn organizes(&self, user: &User, event: EventId) -> Result<bool, Error> {
        if user.role == Role::Admin {
            return Ok(true);
        }
        let inventory = self.inventories.find(event).await?;
        Ok(inventory.is_some_and(|inventory| inventory.created_by == user.id))
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
        Ok(self.shown(order))
    }

    /// A user's confirmed order, and the event as it is now, which may have moved since.
    pub async fn admission(&self, id: OrderId, user: UserId) -> Result<(Order, EventSnapshot), Error> {
        let order = self.find(id, user).await?;
        if order.status != OrderStatus::Confirmed {
            return Err(Error::WrongState { status: order.status, attempt: order.attempt });
        }
        let now = self.inventories.find(order.event_id).await?;
        let event = now.map_or_else(|| order.event.clone(), |inventory| inventory.event);
        Ok((order, event))
    }

    /// The orders of an event that `asker` organizes, newest first. What lets people in is their own: it is left out.
    pub async fn page_of_event(&self, event: EventId, asker: &User, query: &PageQuery) -> Result<Page<Order>, Error> {
        if !self.organizes(asker, event).await? {
            return Err(Error::NotFound);
        }
        let before = query.cursor.as_deref().map(cursor::decode).transpose()?;
        let page = self.orders.page_of_event(event, before, query.limit.unwrap_or(DEFAULT_LIMIT)).await?;
        let now = self.clock.now();
        Ok(page.map(|order| Order { issued: Vec::new(), ..order.into_order(now) }))
    }

    /// Orders whose money is to be given back, in the order of their ids.
    pub async fn refunding(&self, query: &RefundingQuery) -> Result<RefundingOrders, Error> {
        let orders = self.orders.refunding(query.after, query.limit.unwrap_or(REFUNDING)).await?;
        Ok(RefundingOrders { orders })
    }
}
