//! The collection `orders`: one document an order, with the tickets issued for it.

use bson::{Bson, DateTime, Document, doc};
use futures::TryStreamExt;
use jiff::Timestamp;
use mongodb::{Collection, Database, IndexModel, action::Find, error::Error, options::IndexOptions};
use serde::{Deserialize, Serialize};
use shared::{
    EventId, Money, OrderId, Page, PaymentId, UserId,
    server::{Fingerprint, GroupRead, cursor, mongo::to_bson},
    ticket::{CustomerInfo, EventSnapshot, Order, OrderLine, OrderStatus, Ticket},
};

use crate::domain::order::Standing;

/// The collection's name.
pub(super) const COLLECTION: &str = "orders";

/// An order.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderDocument {
    /// Which order.
    #[serde(rename = "_id")]
    pub id: OrderId,
    /// Made from the id.
    pub booking_reference: String,
    /// Whose it is.
    pub user_id: UserId,
    /// For which event.
    pub event_id: EventId,
    /// The event as it was when the order was made.
    pub event: EventSnapshot,
    /// What was ordered.
    pub tickets: Vec<OrderLine>,
    /// The sum of the subtotals.
    pub total_amount: Money,
    /// Where it stands.
    pub status: OrderStatus,
    /// The latest attempt to pay; 0 before the first.
    pub attempt: u32,
    /// The payment of that attempt.
    pub payment_id: Option<PaymentId>,
    /// Who the tickets are for.
    pub customer_info: CustomerInfo,
    /// One for each seat, written together with the confirmation.
    pub issued: Vec<Ticket>,
    /// Until when it keeps its seats while it is held.
    pub expires_at: DateTime,
    /// When it was made.
    pub created_at: DateTime,
    /// When it changed last.
    pub updated_at: DateTime,
    /// The key under which the buyer's client sent it, unique for each user; left out where the id is made from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// What the request under that key said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The key under which it was cancelled or its money asked back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_under: Option<UserKey>,
    /// Grows by one with each write.
    pub revision: i64,
}

/// An Idempotency-Key, and who sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserKey {
    /// Who sent it.
    pub user_id: UserId,
    /// The key.
    pub key: String,
}

impl OrderDocument {
    /// How many seats it is for.
    pub fn seats(&self) -> u64 {
        self.tickets.iter().map(|line| u64::from(line.quantity)).sum()
    }

    /// Where it stands.
    pub fn standing(&self) -> Standing {
        Standing {
            status: self.status,
            attempt: self.attempt,
            payment_id: self.payment_id,
            expires_at: self.expires_at.to_jiff(),
        }
    }

    /// Lets it stand elsewhere.
    pub fn stand(&mut self, standing: Standing, now: Timestamp) {
        let Standing { status, attempt, payment_id, expires_at } = standing;
        (self.status, self.attempt, self.payment_id) = (status, attempt, payment_id);
        self.expires_at = expires_at.into();
        self.updated_at = now.into();
    }

    /// Notes the key under which it was undone, where there is one.
    pub fn undo_under(&mut self, key: Option<&UserKey>) {
        if key.is_some() {
            self.undone_under = key.cloned();
        }
    }

    /// As its buyer sees it.
    pub fn into_order(self, server_time: Timestamp) -> Order {
        Order {
            id: self.id,
            booking_reference: self.booking_reference,
            user_id: self.user_id,
            event_id: self.event_id,
            event: self.event,
            tickets: self.tickets,
            total_amount: self.total_amount,
            status: self.status,
            attempt: self.attempt,
            payment_id: self.payment_id,
            customer_info: self.customer_info,
            issued: self.issued,
            expires_at: self.expires_at.to_jiff(),
            created_at: self.created_at.to_jiff(),
            updated_at: self.updated_at.to_jiff(),
            server_time,
        }
    }
}

/// A held order whose time is over.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Due {
    /// Which order.
    #[serde(rename = "_id")]
    pub id: OrderId,
    /// For which event.
    pub event_id: EventId,
}

/// The orders.
#[derive(Clone, Debug)]
pub struct Orders {
    pub(super) collection: Collection<OrderDocument>,
    single: GroupRead<OrderDocument>,
}

/// One order for each key of a user: races meet here, or at the index over `_id`. Every further index makes each booking
/// dearer, and one over random values most of all: none is there for what nobody looks up.
pub async fn ensure_indexes(database: &Database) -> Result<(), Error> {
    let index = |keys: Document| IndexModel::builder().keys(keys).build();
    let partial = |keys: Document, only: Document| {
        let options = IndexOptions::builder().partial_filter_expression(only).build();
        IndexModel::builder().keys(keys).options(options).build()
    };
    let keyed = doc! { "idempotencyKey": { "$exists": true } };
    let once = IndexOptions::builder().unique(true).partial_filter_expression(keyed).build();
    let indexes = [
        index(buyer_index()),
        partial(doc! { "expiresAt": 1 }, doc! { "status": word(OrderStatus::Held)? }),
        index(event_index()),
        partial(refunding_index(), doc! { "status": word(OrderStatus::Refunding)? }),
        IndexModel::builder().keys(key_index()).options(once).build(),
    ];
    database.collection::<OrderDocument>(COLLECTION).create_indexes(indexes).await.map(drop)
}

/// Orders whose key is in no id.
pub(super) fn key_index() -> Document {
    doc! { "userId": 1, "idempotencyKey": 1 }
}

/// A buyer's orders, newest first.
pub(super) fn buyer_index() -> Document {
    doc! { "userId": 1, "_id": -1 }
}

/// An event's orders by their state.
pub(super) fn event_index() -> Document {
    doc! { "eventId": 1, "status": 1, "_id": -1 }
}

/// The few orders in `refunding`.
pub(super) fn refunding_index() -> Document {
    doc! { "status": 1, "_id": 1 }
}

/// A state as it stands in a document.
pub(super) fn word(status: OrderStatus) -> Result<Bson, Error> {
    to_bson(&status)
}

/// The states that are `meant`, as they stand in documents.
pub(super) fn words(meant: impl Fn(OrderStatus) -> bool) -> Result<Vec<Bson>, Error> {
    OrderStatus::ALL.into_iter().filter(|status| meant(*status)).map(word).collect()
}

/// At most `limit` of these orders, newest first.
pub(super) async fn page(found: Find<'_, OrderDocument>, limit: u32) -> Result<Page<OrderDocument>, Error> {
    // One more than asked for tells whether there is a next page.
    let found = found.sort(doc! { "_id": -1 }).limit(i64::from(limit) + 1).await?;
    let mut items: Vec<OrderDocument> = found.try_collect().await?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > size;
    items.truncate(size);
    let next = items.last().filter(|_| more).map(|last| cursor::encode(&last.id));
    Ok(Page { items, next })
}

impl Orders {
    /// Those of `database`.
    pub fn of(database: &Database) -> Self {
        let collection = database.collection(COLLECTION);
        Self { single: GroupRead::start(&collection), collection }
    }

    /// The order, if it is this user's where one is named.
    pub async fn find(&self, id: OrderId, user: Option<UserId>) -> Result<Option<OrderDocument>, Error> {
        let found = self.single.find(id).await?;
        Ok(found.filter(|order| user.is_none_or(|user| user == order.user_id)))
    }

    /// A user's orders, newest first, from after `before`.
    pub async fn page(&self, user: UserId, before: Option<OrderId>, limit: u32) -> Result<Page<OrderDocument>, Error> {
        let mut filter = doc! { "userId": user };
        if let Some(before) = before {
            filter.insert("_id", doc! { "$lt": before });
        }
        page(self.collection.find(filter), limit).await
    }

    /// Held orders whose time is over, the longest overdue first.
    pub async fn due(&self, now: Timestamp, limit: i64) -> Result<Vec<Due>, Error> {
        let over = doc! { "status": word(OrderStatus::Held)?, "expiresAt": { "$lte": DateTime::from(now) } };
        let found = self.collection.find(over).sort(doc! { "expiresAt": 1 }).limit(limit);
        let found = found.projection(doc! { "eventId": 1 }).await?.with_type::<Due>();
        found.try_collect().await
    }

    /// When the next held order is due.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        let held = doc! { "status": word(OrderStatus::Held)? };
        let next = self.collection.find_one(held).sort(doc! { "expiresAt": 1 }).await?;
        Ok(next.map(|order| order.expires_at.to_jiff()))
    }
}
