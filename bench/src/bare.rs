//! The ceiling for bookings: what the bare MongoDB driver does with one conditional update and one insert a booking, on
//! one document.

use anyhow::Result;
use bson::{Bson, Document, doc};
use mongodb::{Client, Collection, options::ClientOptions};
use uuid::Uuid;

use crate::{
    client::Fault,
    figure::Figure,
    load::{self, Actor},
    meter::Meter,
    plan::Window,
    stage::{Stage, booking, fine},
};

const EVENT: i32 = 1;
const CAPACITY: i32 = 100_000_000;

struct Seller {
    counters: Collection<Document>,
    orders: Collection<Document>,
    order: Document,
}

impl Seller {
    async fn sell(&mut self) -> Result<bool, mongodb::error::Error> {
        let free = doc! { "_id": EVENT, "taken": { "$lt": CAPACITY } };
        let taken = self.counters.update_one(free, doc! { "$inc": { "taken": 1 } }).await?;
        if taken.modified_count == 0 {
            return Ok(false);
        }
        self.order.insert("_id", bson::Uuid::from_bytes(rand::random()));
        self.orders.insert_one(&self.order).await?;
        Ok(true)
    }
}

impl Actor for Seller {
    async fn act(&mut self) -> Result<(), Fault> {
        match self.sell().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Fault::of("sold out")),
            Err(_) => Err(Fault::of("driver")),
        }
    }
}

/// Runs the loop with so many side by side, each booking as large as `order`.
pub async fn run(stage: &Stage, meter: &Meter, order: &Document, clients: usize, window: Window) -> Result<Figure> {
    let mut options = ClientOptions::parse(&stage.options.mongodb_uri).await?;
    options.max_pool_size = u32::try_from(clients).ok();
    let database = Client::with_options(options)?.database(stage.bare_database().name());
    database.drop().await?;
    let counters = database.collection::<Document>("inventory");
    counters.insert_one(doc! { "_id": EVENT, "taken": 0 }).await?;
    let orders = database.collection::<Document>("orders");
    let seller = || Seller { counters: counters.clone(), orders: orders.clone(), order: order.clone() };
    load::drive((0..clients).map(|_| seller()).collect(), window, meter).await
}

/// An order as the ticket service answers it, as a document: the bare loop shall write as much.
pub async fn specimen(stage: &Stage) -> Result<Document> {
    let call = booking(stage.events[0])?;
    let answer = fine(stage.connection(0, "ticket")?.send(&call).await)?;
    let order: serde_json::Value = serde_json::from_slice(&answer.body)?;
    let mut document = bson::serialize_to_document(&order)?;
    document.remove("id");
    document.insert("idempotencyKey", Bson::String(Uuid::nil().to_string()));
    Ok(document)
}
