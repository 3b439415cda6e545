//! The databases, read from outside and as they were at one instant.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use bson::{DateTime, Document, Uuid, doc};
use futures::TryStreamExt;
use mongodb::{
    Client, ClientSession, Collection, Database,
    error::{Error, TRANSIENT_TRANSACTION_ERROR},
    options::{ClientOptions, ReadConcern},
};
use serde::{Deserialize, de::DeserializeOwned};
use shared::ticket::OrderStatus;
use std::time::Duration;
use xtask::services::{Service, Settings};

/// How often it is read again where the database was not ready for it.
const TRIES: u32 = 40;

/// An amount of the one currency that is used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Amount {
    pub amount: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TypeName {
    pub name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub ticket_type: TypeName,
    pub quantity: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issued {
    pub ticket_type_name: String,
}

/// An order, as ticket keeps it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    #[serde(rename = "_id")]
    pub id: Uuid,
    pub user_id: Uuid,
    pub event_id: Uuid,
    pub tickets: Vec<Line>,
    pub total_amount: Amount,
    pub status: OrderStatus,
    pub attempt: u32,
    pub payment_id: Option<Uuid>,
    pub issued: Vec<Issued>,
    pub expires_at: DateTime,
    pub idempotency_key: Option<String>,
}

impl Order {
    /// How many seats it is for.
    pub fn seats(&self) -> u64 {
        self.tickets.iter().map(|line| line.quantity).sum()
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct Stock {
    pub name: String,
    pub taken: u64,
}

/// An event's counters, as ticket keeps them.
#[derive(Clone, Debug, Deserialize)]
pub struct Inventory {
    #[serde(rename = "_id")]
    pub event: Uuid,
    pub types: Vec<Stock>,
}

/// An attempt to pay, as payment keeps it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    #[serde(rename = "_id")]
    pub id: Uuid,
    pub order_id: Uuid,
    pub attempt: u32,
    pub state: String,
}

/// What the simulated provider keeps of an attempt.
#[derive(Clone, Debug, Deserialize)]
pub struct Intent {
    /// `sim_{order}:{attempt}:{buyer}`.
    #[serde(rename = "_id")]
    pub id: String,
    /// None where it was cancelled before anybody had asked for money.
    pub amount: Option<Amount>,
    pub status: String,
    pub refunded: Option<Amount>,
}

impl Intent {
    /// Which order's which attempt.
    pub fn names(&self) -> Option<(Uuid, u32)> {
        let mut parts = self.id.strip_prefix("sim_")?.split(':');
        Some((Uuid::parse_str(parts.next()?).ok()?, parts.next()?.parse().ok()?))
    }

    /// Whether it took the money.
    pub fn took(&self) -> bool {
        self.status == "succeeded"
    }

    /// Whether no money will ever move.
    pub fn is_cancelled(&self) -> bool {
        self.status == "cancelled"
    }

    /// How much it took and did not give back.
    pub fn kept(&self) -> i64 {
        let amount = |money: Option<Amount>| money.map_or(0, |money| money.amount);
        if self.took() { amount(self.amount) - amount(self.refunded) } else { 0 }
    }
}

/// All that was written down, at one instant.
#[derive(Debug, Default)]
pub struct Books {
    pub orders: HashMap<Uuid, Order>,
    pub inventories: Vec<Inventory>,
    pub payments: HashMap<Uuid, Payment>,
    pub intents: Vec<Intent>,
}

impl Books {
    /// What the provider knows of each order's attempts.
    pub fn intents_by_order(&self) -> HashMap<Uuid, Vec<(u32, &Intent)>> {
        let mut by_order: HashMap<Uuid, Vec<(u32, &Intent)>> = HashMap::new();
        for intent in &self.intents {
            if let Some((order, attempt)) = intent.names() {
                by_order.entry(order).or_default().push((attempt, intent));
            }
        }
        by_order
    }
}

/// Which part of the books is read.
#[derive(Clone, Debug)]
pub enum Scope {
    /// Everything.
    All,
    /// What has become of these events, none of which was there before.
    Since { begun: DateTime, events: HashSet<Uuid> },
}

/// The databases of ticket and payment.
#[derive(Clone)]
pub struct Databases {
    client: Client,
    pub ticket: Database,
    pub payment: Database,
}

impl Databases {
    /// Those of a platform, not by way of any link.
    pub async fn of(settings: &Settings) -> Result<Self> {
        let mut options = ClientOptions::parse(&settings.mongodb_uri).await?;
        options.server_selection_timeout = Some(Duration::from_secs(10));
        let client = Client::with_options(options)?;
        let database =
            |service: Service| client.database(&format!("{}{}", service.database(), settings.database_suffix));
        Ok(Self { ticket: database(Service::Ticket), payment: database(Service::Payment), client: client.clone() })
    }

    /// Reads the books.
    pub async fn read(&self, scope: &Scope) -> Result<Books> {
        for _ in 1..TRIES {
            match self.read_once(scope).await {
                Err(error) if is_passing(&error) => tokio::time::sleep(Duration::from_millis(250)).await,
                read => return Ok(read?),
            }
        }
        Ok(self.read_once(scope).await?)
    }

    async fn read_once(&self, scope: &Scope) -> Result<Books, Error> {
        let (of_events, of_orders, since) = match scope {
            Scope::All => (doc! {}, doc! {}, doc! {}),
            Scope::Since { begun, events } => {
                let events: Vec<Uuid> = events.iter().copied().collect();
                let since = doc! { "createdAt": { "$gte": *begun } };
                (doc! { "_id": { "$in": &events } }, doc! { "eventId": { "$in": events } }, since)
            }
        };
        // One snapshot of all four databases: they share a server here.
        let mut session = self.client.start_session().await?;
        session.start_transaction().read_concern(ReadConcern::snapshot()).await?;
        let inventories = all(&self.ticket.collection("inventory"), of_events, &mut session).await?;
        let orders: Vec<Order> = all(&self.ticket.collection("orders"), of_orders, &mut session).await?;
        let payments: Vec<Payment> = all(&self.payment.collection("payments"), since.clone(), &mut session).await?;
        let intents = all(&self.payment.collection("provider_intents"), since, &mut session).await?;
        session.commit_transaction().await?;
        Ok(Books {
            orders: orders.into_iter().map(|order| (order.id, order)).collect(),
            inventories,
            payments: payments.into_iter().map(|payment| (payment.id, payment)).collect(),
            intents,
        })
    }

    /// How many orders and payments have something left to do.
    pub async fn open(&self) -> Result<u64> {
        let orders = self.ticket.collection::<Document>("orders");
        let under_way = doc! { "status": { "$in": ["paying", "refunding"] } };
        let payments = self.payment.collection::<Document>("payments");
        let unsettled = doc! { "state": { "$nin": ["completed", "voided", "refused", "refunded"] } };
        Ok(orders.count_documents(under_way).await? + payments.count_documents(unsettled).await?)
    }
}

async fn all<T: DeserializeOwned + Send + Sync + Unpin>(
    collection: &Collection<T>,
    filter: Document,
    session: &mut ClientSession,
) -> Result<Vec<T>, Error> {
    let mut found = collection.find(filter).batch_size(10_000).session(&mut *session).await?;
    found.stream(session).try_collect().await
}

/// A server that has just come back, or a snapshot that it cannot give any more.
fn is_passing(error: &Error) -> bool {
    use mongodb::error::ErrorKind::{Command, ConnectionPoolCleared, Io, ServerSelection};
    error.contains_label(TRANSIENT_TRANSACTION_ERROR)
        || matches!(error.kind.as_ref(), Io(_) | ServerSelection { .. } | ConnectionPoolCleared { .. } | Command(_))
}
