//! The collection `inventory`: one document an event.

use bson::{DateTime, Document, doc};
use futures::TryStreamExt;
use mongodb::{Collection, Database, IndexModel, error::Error, options::IndexOptions};
use serde::{Deserialize, Serialize};
use shared::{
    EventId, Money, UserId,
    server::mongo::{is_duplicate_key, to_bson},
    ticket::EventSnapshot,
};

use crate::{
    domain::inventory::{Inventory, Selling, Stock},
    fail_point::{Side, reach},
};

/// The collection's name.
pub(super) const COLLECTION: &str = "inventory";

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SellingWord {
    Open,
    Closed,
    Cancelled,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StockDocument {
    name: String,
    price: Money,
    capacity: u32,
    taken: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct IdOnly {
    #[serde(rename = "_id")]
    id: EventId,
}

/// An event's inventory.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InventoryDocument {
    #[serde(rename = "_id")]
    event_id: EventId,
    version: i64,
    revision: i64,
    event: EventSnapshot,
    created_by: UserId,
    selling: SellingWord,
    sales_start: Option<DateTime>,
    sales_end: DateTime,
    max_per_order: u32,
    #[serde(default)]
    max_per_buyer: Option<u32>,
    types: Vec<StockDocument>,
}

impl From<InventoryDocument> for Inventory {
    fn from(document: InventoryDocument) -> Self {
        let stock = |StockDocument { name, price, capacity, taken }| Stock { name, price, capacity, taken };
        Self {
            event_id: document.event_id,
            version: document.version,
            revision: document.revision,
            event: document.event,
            created_by: document.created_by,
            selling: match document.selling {
                SellingWord::Open => Selling::Open,
                SellingWord::Closed => Selling::Closed,
                SellingWord::Cancelled => Selling::Cancelled,
            },
            sales_start: document.sales_start.map(DateTime::to_jiff),
            sales_end: document.sales_end.to_jiff(),
            max_per_order: document.max_per_order,
            max_per_buyer: document.max_per_buyer,
            types: document.types.into_iter().map(stock).collect(),
        }
    }
}

impl From<&Inventory> for InventoryDocument {
    fn from(inventory: &Inventory) -> Self {
        let stock = |stock: &Stock| {
            let Stock { name, price, capacity, taken } = stock.clone();
            StockDocument { name, price, capacity, taken }
        };
        Self {
            event_id: inventory.event_id,
            version: inventory.version,
            revision: inventory.revision,
            event: inventory.event.clone(),
            created_by: inventory.created_by,
            selling: match inventory.selling {
                Selling::Open => SellingWord::Open,
                Selling::Closed => SellingWord::Closed,
                Selling::Cancelled => SellingWord::Cancelled,
            },
            sales_start: inventory.sales_start.map(DateTime::from),
            sales_end: inventory.sales_end.into(),
            max_per_order: inventory.max_per_order,
            max_per_buyer: inventory.max_per_buyer,
            types: inventory.types.iter().map(stock).collect(),
        }
    }
}

/// One statement of an `update` command: `inventory` as it is now, if it still is at the revision that it was read at;
/// the new one counts one more. Where only counters have changed, only they are written.
pub(super) fn compare_and_set(inventory: &Inventory, only_counters: bool) -> Result<Document, Error> {
    let unchanged = doc! { "_id": inventory.event_id, "revision": inventory.revision };
    let revision = inventory.revision + 1;
    if only_counters {
        let mut changed = doc! { "revision": revision };
        for (index, stock) in inventory.types.iter().enumerate() {
            changed.insert(format!("types.{index}.taken"), to_bson(&stock.taken)?);
        }
        return Ok(doc! { "q": unchanged, "u": { "$set": changed } });
    }
    let document = InventoryDocument { revision, ..InventoryDocument::from(inventory) };
    Ok(doc! { "q": unchanged, "u": to_bson(&document)? })
}

/// The inventories. Those that exist are changed by [`super::Ledger`] only.
#[derive(Clone, Debug)]
pub struct Inventories(Collection<InventoryDocument>);

/// Makes the collection too: a transaction can't wait for that.
pub async fn ensure_indexes(database: &Database) -> Result<(), Error> {
    let cancelled = doc! { "selling": to_bson(&SellingWord::Cancelled)? };
    let options = IndexOptions::builder().partial_filter_expression(cancelled).build();
    let index = IndexModel::builder().keys(doc! { "selling": 1 }).options(options).build();
    Inventories::of(database).0.create_index(index).await.map(drop)
}

impl Inventories {
    /// Those of `database`.
    pub fn of(database: &Database) -> Self {
        Self(database.collection(COLLECTION))
    }

    /// The inventory of an event.
    pub async fn find(&self, event: EventId) -> Result<Option<Inventory>, Error> {
        Ok(self.0.find_one(doc! { "_id": event }).await?.map(Inventory::from))
    }

    /// Those of these events that exist, in no order.
    pub async fn find_all(&self, events: &[EventId]) -> Result<Vec<Inventory>, Error> {
        let [first, rest @ ..] = events else { return Ok(Vec::new()) };
        if rest.is_empty() {
            return Ok(self.find(*first).await?.into_iter().collect());
        }
        let found = self.0.find(doc! { "_id": { "$in": events.to_vec() } }).await?;
        found.map_ok(Inventory::from).try_collect().await
    }

    /// Cancelled events whose tickets are not all given back, as far as `limit` goes.
    pub async fn cancelled_and_taken(&self, limit: i64) -> Result<Vec<EventId>, Error> {
        let filter = doc! { "selling": to_bson(&SellingWord::Cancelled)?, "types.taken": { "$gt": 0 } };
        let inventories = self.0.clone_with_type::<IdOnly>();
        let found = inventories.find(filter).limit(limit).projection(doc! { "_id": 1 }).await?;
        found.map_ok(|found| found.id).try_collect().await
    }

    /// A new inventory; false where the event has one.
    pub async fn insert(&self, inventory: &Inventory) -> Result<bool, Error> {
        reach("adopt-event", Side::BeforeWrite);
        let inserted = self.0.insert_one(InventoryDocument::from(inventory)).await;
        reach("adopt-event", Side::AfterWrite);
        match inserted {
            Ok(_) => Ok(true),
            Err(error) if is_duplicate_key(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
