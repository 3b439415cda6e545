//! What an auditor reads: each event's inventory and orders as they were at one instant.

use std::collections::BTreeSet;

use bson::{Document, doc};
use futures::TryStreamExt;
use mongodb::{ClientSession, Collection, Database, error::Error, options::ReadConcern};
use serde::{Deserialize, Serialize};
use shared::{EventId, OrderId, ticket::OrderStatus};

use super::{
    inventories::{self, InventoryDocument},
    orders::{self, OrderDocument, words},
};
use crate::domain::{
    audit::{Picture, Uneven},
    inventory::Inventory,
};

#[derive(Debug, Serialize, Deserialize)]
struct OfEvent {
    #[serde(rename = "_id")]
    id: EventId,
}

#[derive(Debug, Serialize, Deserialize)]
struct OfType {
    #[serde(rename = "_id")]
    name: String,
    held: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct OfOrder {
    #[serde(rename = "_id")]
    id: OrderId,
    seats: u64,
    issued: u64,
}

/// Inventories and orders, to be compared.
#[derive(Clone, Debug)]
pub struct Audits {
    database: Database,
    inventories: Collection<InventoryDocument>,
    orders: Collection<OrderDocument>,
}

impl Audits {
    /// Those of `database`.
    pub fn of(database: &Database) -> Self {
        Self {
            database: database.clone(),
            inventories: database.collection(inventories::COLLECTION),
            orders: database.collection(orders::COLLECTION),
        }
    }

    /// Every event that has an inventory or an order.
    pub async fn events(&self) -> Result<BTreeSet<EventId>, Error> {
        let counted = self.inventories.clone_with_type::<OfEvent>().find(doc! {}).projection(doc! { "_id": 1 }).await?;
        let ordered = self.orders.aggregate([doc! { "$group": { "_id": "$eventId" } }]).with_type::<OfEvent>().await?;
        let mut events: BTreeSet<EventId> = counted.map_ok(|event| event.id).try_collect().await?;
        events.extend(ordered.map_ok(|event| event.id).try_collect::<Vec<_>>().await?);
        Ok(events)
    }

    /// One event at one instant, whatever is booked meanwhile.
    pub async fn picture(&self, event: EventId) -> Result<Picture, Error> {
        let mut session = self.database.client().start_session().await?;
        session.start_transaction().read_concern(ReadConcern::snapshot()).await?;
        let inventory = self.inventories.find_one(doc! { "_id": event }).session(&mut session).await?;
        let types = inventory.map(|document| Inventory::from(document).types).unwrap_or_default();
        let held = self.all::<OfType>(held_by_type(event)?, &mut session).await?;
        let uneven = self.all::<OfOrder>(unevenly_issued(event)?, &mut session).await?;
        session.commit_transaction().await?;
        Ok(Picture {
            types,
            held: held.into_iter().map(|of| (of.name, of.held)).collect(),
            uneven: uneven
                .into_iter()
                .map(|OfOrder { id, seats, issued }| Uneven { order: id, seats, issued })
                .collect(),
        })
    }

    async fn all<T>(&self, pipeline: Vec<Document>, session: &mut ClientSession) -> Result<Vec<T>, Error>
    where
        T: serde::de::DeserializeOwned + Unpin + Send + Sync,
    {
        let mut found = self.orders.aggregate(pipeline).with_type::<T>().session(&mut *session).await?;
        found.stream(session).try_collect().await
    }
}

fn held_by_type(event: EventId) -> Result<Vec<Document>, Error> {
    let holding = words(OrderStatus::holds_seats)?;
    Ok(vec![
        doc! { "$match": { "eventId": event, "status": { "$in": holding } } },
        doc! { "$unwind": "$tickets" },
        doc! { "$group": { "_id": "$tickets.ticketType.name", "held": { "$sum": "$tickets.quantity" } } },
    ])
}

/// Confirmed orders, until their money is back, have a ticket for each seat.
fn unevenly_issued(event: EventId) -> Result<Vec<Document>, Error> {
    let paid = words(|status| matches!(status, OrderStatus::Confirmed | OrderStatus::Refunding))?;
    Ok(vec![
        doc! { "$match": { "eventId": event, "status": { "$in": paid } } },
        doc! { "$project": { "seats": { "$sum": "$tickets.quantity" }, "issued": { "$size": "$issued" } } },
        doc! { "$match": { "$expr": { "$ne": ["$seats", "$issued"] } } },
    ])
}
