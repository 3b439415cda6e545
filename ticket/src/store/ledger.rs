//! The one way to move stock: counters and orders together, in one transaction.

use bson::{DateTime, Document, doc};
use futures::TryStreamExt;
use mongodb::{
    ClientSession, Collection, Database,
    error::{Error, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT},
    options::WriteConcern,
};
use shared::{OrderId, server::mongo::is_duplicate_key, ticket::OrderStatus};

use super::{
    inventories,
    orders::{self, OrderDocument, word},
};
use crate::domain::inventory::Inventory;

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
    /// New orders.
    pub placed: Vec<OrderDocument>,
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

/// A transaction over inventories and orders.
pub struct Transaction {
    ledger: Ledger,
    session: ClientSession,
}

impl Transaction {
    /// These orders, those that exist. Whoever changes one of them before this commits makes it a conflict.
    pub async fn orders(&mut self, ids: &[OrderId]) -> Result<Vec<OrderDocument>, Fault> {
        let found = self.ledger.orders.find(doc! { "_id": { "$in": ids.to_vec() } });
        let mut found =
            found.batch_size(u32::try_from(ids.len()).unwrap_or(u32::MAX)).session(&mut self.session).await?;
        let orders = found.stream(&mut self.session).try_collect().await?;
        Ok(orders)
    }

    /// Writes all of it, or nothing.
    pub async fn commit(mut self, changes: &Changes) -> Result<(), Fault> {
        let written = match self.write(changes).await {
            Ok(()) => self.settle().await.map_err(Fault::from),
            Err(fault) => Err(fault),
        };
        if written.is_err() {
            // Best effort: it would be aborted anyway, but what it holds is held until then.
            let _ = self.session.abort_transaction().await;
        }
        written
    }

    async fn write(&mut self, changes: &Changes) -> Result<(), Fault> {
        // The counters first: a conflict is most likely there, and costs least before the orders are written.
        let counters = changes.inventories.iter().map(inventories::compare_and_set).collect::<Result<Vec<_>, _>>()?;
        self.update(inventories::COLLECTION, counters, changes.inventories.len()).await?;
        self.update(orders::COLLECTION, releases(&changes.released)?, changes.released.len()).await?;
        if !changes.placed.is_empty() {
            self.ledger.orders.insert_many(&changes.placed).session(&mut self.session).await?;
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

/// One statement for each arrow: all orders that go it together.
fn releases(released: &[OrderDocument]) -> Result<Vec<Document>, Error> {
    let arrows = [
        (OrderStatus::Held, OrderStatus::Expired),
        (OrderStatus::Held, OrderStatus::Cancelled),
        (OrderStatus::Refunding, OrderStatus::Refunded),
    ];
    let mut statements = Vec::new();
    for (from, to) in arrows {
        let going: Vec<&OrderDocument> = released.iter().filter(|order| order.status == to).collect();
        let Some(updated_at) = going.iter().map(|order| order.updated_at).max() else { continue };
        let ids: Vec<OrderId> = going.iter().map(|order| order.id).collect();
        statements.push(statement(ids, from, to, updated_at)?);
    }
    Ok(statements)
}

fn statement(ids: Vec<OrderId>, from: OrderStatus, to: OrderStatus, updated_at: DateTime) -> Result<Document, Error> {
    Ok(doc! {
        "q": { "_id": { "$in": ids }, "status": word(from)? },
        "u": { "$set": { "status": word(to)?, "updatedAt": updated_at }, "$inc": { "revision": 1 } },
        "multi": true,
    })
}
