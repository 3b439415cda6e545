//! The one way to move stock: counters and orders together, in one transaction.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use bson::{DateTime, Document, RawDocumentBuf, doc};
use futures::TryStreamExt;
use mongodb::{
    ClientSession, Collection, Database,
    error::{Error, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT},
    options::{Hint, WriteConcern},
};
use serde::{Deserialize, Serialize};
use shared::{
    EventId, OrderId, UserId,
    server::mongo::{is_duplicate_key, to_bson},
    ticket::OrderStatus,
};

use super::{
    inventories,
    orders::{self, OrderDocument, UserKey, word, words},
    unsettled::Unsettled,
};
use crate::{
    domain::inventory::Inventory,
    fail_point::{Side, reach_each},
};

/// How often a commit whose result is unknown is asked for again: each time is safe, and the first answer is final.
const COMMITS: u32 = 5;

/// Why a transaction did not take place.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Something it read or wrote was changed by another: worth deciding again.
    #[error("conflict")]
    Conflict(#[source] Error),
    /// A unique index refused one of its orders.
    #[error("duplicate key")]
    Duplicate(#[source] Error),
    /// The database failed; after a commit it may have taken place all the same.
    #[error("database")]
    Store(#[source] Error),
}

impl Fault {
    fn error(&self) -> &Error {
        match self {
            Self::Conflict(error) | Self::Duplicate(error) | Self::Store(error) => error,
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        if error.contains_label(TRANSIENT_TRANSACTION_ERROR) {
            Self::Conflict(error)
        } else if is_duplicate_key(&error) {
            Self::Duplicate(error)
        } else {
            Self::Store(error)
        }
    }
}

/// What a batch changes.
#[derive(Debug, Default)]
pub struct Changes {
    /// With the revision that they were read at.
    pub inventories: Vec<Inventory>,
    /// Of these events more than the counters of the inventory have changed.
    pub applied: HashSet<EventId>,
    /// New orders.
    pub placed: Vec<Arc<OrderDocument>>,
    /// Orders that hold their seats no more, as they stand now.
    pub released: Vec<OrderDocument>,
}

impl Changes {
    /// Whether there is nothing to write.
    pub const fn is_empty(&self) -> bool {
        self.inventories.is_empty() && self.placed.is_empty() && self.released.is_empty()
    }
}

/// Inventories and orders, to be changed together.
#[derive(Clone, Debug)]
pub struct Ledger {
    database: Database,
    orders: Collection<OrderDocument>,
}

impl Ledger {
    /// That of `database`.
    pub fn of(database: &Database) -> Self {
        Self { database: database.clone(), orders: database.collection(orders::COLLECTION) }
    }

    /// Begins a transaction; one that is dropped has not taken place.
    pub async fn begin(&self) -> Result<Transaction, Fault> {
        let mut session = self.database.client().start_session().await?;
        session.start_transaction().write_concern(WriteConcern::majority()).await?;
        Ok(Transaction { ledger: self.clone(), session })
    }
}

/// An order, as far as its seats are counted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seats {
    event_id: EventId,
    user_id: UserId,
    tickets: Vec<Quantity>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Quantity {
    quantity: u32,
}

/// A transaction over inventories and orders.
pub struct Transaction {
    ledger: Ledger,
    session: ClientSession,
}

impl Transaction {
    /// These orders, those that exist. Whoever changes one of them before this commits makes it a conflict.
    pub async fn orders(&mut self, ids: &[OrderId]) -> Result<Vec<OrderDocument>, Fault> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // One more than there can be: the first answer is the last, which else only a second one would tell.
        let size = u32::try_from(ids.len() + 1).unwrap_or(u32::MAX);
        let found = self.ledger.orders.find(doc! { "_id": { "$in": ids.to_vec() } });
        let mut found = found.batch_size(size).session(&mut self.session).await?;
        let orders = found.stream(&mut self.session).try_collect().await?;
        Ok(orders)
    }

    /// How many seats each of these buyers has of the event, in orders that hold seats.
    pub async fn seats(&mut self, buyers: &[(EventId, UserId)]) -> Result<HashMap<(EventId, UserId), u64>, Fault> {
        if buyers.is_empty() {
            return Ok(HashMap::new());
        }
        // Each of the users with each of the events: next to nothing more, by one index scan over the users' orders. Left
        // to itself the planner may read all orders of the event instead.
        let (events, users): (Vec<EventId>, Vec<UserId>) = buyers.iter().copied().unzip();
        let holding = words(OrderStatus::holds_seats)?;
        let filter = doc! { "userId": { "$in": users }, "eventId": { "$in": events }, "status": { "$in": holding } };
        let orders = self.ledger.orders.clone_with_type::<Seats>();
        let found = orders.find(filter).projection(doc! { "eventId": 1, "userId": 1, "tickets.quantity": 1 });
        let mut found = found.hint(Hint::Keys(orders::buyer_index())).session(&mut self.session).await?;
        let found: Vec<Seats> = found.stream(&mut self.session).try_collect().await?;
        let mut seats = HashMap::new();
        for order in found {
            let of_order: u64 = order.tickets.iter().map(|line| u64::from(line.quantity)).sum();
            *seats.entry((order.event_id, order.user_id)).or_default() += of_order;
        }
        Ok(seats)
    }

    /// Writes all of it, or nothing.
    pub async fn commit(mut self, changes: &Changes) -> Result<(), Fault> {
        let mut unsettled = Unsettled::of(&self.session);
        reach_each(changes, Side::BeforeWrite);
        let written = match self.write(changes).await {
            Ok(()) => {
                reach_each(changes, Side::BeforeCommit);
                self.settle().await.map_err(Fault::from)
            }
            Err(fault) => Err(fault),
        };
        unsettled.settle(written.as_ref().map(drop).map_err(Fault::error));
        if written.is_err() {
            // Best effort: it would be aborted anyway, but what it holds is held until then.
            let _ = self.session.abort_transaction().await;
        } else {
            reach_each(changes, Side::AfterWrite);
        }
        written
    }

    async fn write(&mut self, changes: &Changes) -> Result<(), Fault> {
        // Encoded while the server counts: nobody else has anything to do meanwhile.
        let placed = changes.placed.clone();
        let encoding = tokio::spawn(async move { encoded(&placed) });
        // The counters first: a conflict is most likely there, and costs least before the orders are written.
        let statement = |inventory: &Inventory| {
            inventories::compare_and_set(inventory, !changes.applied.contains(&inventory.event_id))
        };
        let counters = changes.inventories.iter().map(statement).collect::<Result<Vec<_>, _>>()?;
        self.update(inventories::COLLECTION, counters, changes.inventories.len()).await?;
        self.update(orders::COLLECTION, releases(&changes.released)?, changes.released.len()).await?;
        let placed = encoding.await.map_err(Error::custom)??;
        if !placed.is_empty() {
            let orders = self.ledger.orders.clone_with_type::<RawDocumentBuf>();
            orders.insert_many(placed).session(&mut self.session).await?;
        }
        Ok(())
    }

    /// Many compare-and-sets in one round trip; together they must match `expected` documents.
    async fn update(&mut self, collection: &str, updates: Vec<Document>, expected: usize) -> Result<(), Fault> {
        if updates.is_empty() {
            return Ok(());
        }
        let command = doc! { "update": collection, "updates": updates, "ordered": true };
        let answer = self.ledger.database.run_command(command).session(&mut self.session).await?;
        if let Ok(errors) = answer.get_array("writeErrors") {
            return Err(Fault::Store(Error::custom(format!("{collection}: {errors:?}"))));
        }
        let matched = answer.get_i32("n").ok().and_then(|n| usize::try_from(n).ok());
        if matched == Some(expected) {
            return Ok(());
        }
        Err(Fault::Conflict(Error::custom(format!("{collection}: {matched:?} of {expected} as they were read"))))
    }

    async fn settle(&mut self) -> Result<(), Error> {
        let mut asked = 1;
        loop {
            match self.session.commit_transaction().await {
                Err(error) if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) && asked < COMMITS => asked += 1,
                settled => return settled,
            }
        }
    }
}

fn encoded(orders: &[Arc<OrderDocument>]) -> Result<Vec<RawDocumentBuf>, Error> {
    orders.iter().map(|order| Ok(bson::serialize_to_raw_document_buf(&**order)?)).collect()
}

/// One statement for each arrow: all orders that go it together, but for those that note a key of their own.
fn releases(released: &[OrderDocument]) -> Result<Vec<Document>, Error> {
    let arrows: [(&[OrderStatus], OrderStatus); 3] = [
        (&[OrderStatus::Held], OrderStatus::Expired),
        (&[OrderStatus::Held], OrderStatus::Cancelled),
        (&[OrderStatus::Refunding, OrderStatus::Confirmed], OrderStatus::Refunded),
    ];
    let mut statements = Vec::new();
    for (from, to) in arrows {
        let going = released.iter().filter(|order| order.status == to);
        let (keyed, together): (Vec<&OrderDocument>, Vec<_>) = going.partition(|order| order.undone_under.is_some());
        for order in keyed {
            let key = order.undone_under.as_ref();
            statements.push(statement(vec![order.id], from, to, order.updated_at, key)?);
        }
        let Some(updated_at) = together.iter().map(|order| order.updated_at).max() else { continue };
        let ids = together.iter().map(|order| order.id).collect();
        statements.push(statement(ids, from, to, updated_at, None)?);
    }
    Ok(statements)
}

fn statement(
    ids: Vec<OrderId>,
    from: &[OrderStatus],
    to: OrderStatus,
    updated_at: DateTime,
    undone_under: Option<&UserKey>,
) -> Result<Document, Error> {
    let mut set = doc! { "status": word(to)?, "updatedAt": updated_at };
    if let Some(key) = undone_under {
        set.insert("undoneUnder", to_bson(key)?);
    }
    Ok(doc! {
        "q": { "_id": { "$in": ids }, "status": { "$in": words(|status| from.contains(&status))? } },
        "u": { "$set": set, "$inc": { "revision": 1 } },
        "multi": true,
        // Left to itself the planner tries the indexes by state each time.
        "hint": { "_id": 1 },
    })
}
