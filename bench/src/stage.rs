//! The people and the events of a run, made through the public interfaces like anybody's.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use hyper::header::HeaderValue;
use mongodb::{Client, Database, options::ClientOptions};
use serde_json::{Value, json};
use shared::{
    Currency, EventId, Money,
    auth::Register,
    event::Event,
    ticket::{Availability, BookTickets, CustomerInfo, TicketLine},
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    args::Options,
    client::{Answer, Call, Connection, Fault, browser_headers, session_cookie},
    meter::{CLIENT, MONGOD, Meter},
    mongo,
    plan::{Plan, SPREAD_EVENTS},
};

/// The password of everyone here.
pub const PASSWORD: &str = "velvet otter brass canyon";
const TICKETS: &str = "Floor";
const PRICE: Money = Money::new(2500, Currency::USD);
/// More than can be sold in the time.
const PLENTY: u32 = 1_000_000;
/// Accounts and events are made by so many at once.
const HANDS: usize = 8;

/// Someone with an account who has signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// How they sign in.
    pub email: String,
    /// Their session.
    pub cookie: HeaderValue,
}

/// What every scenario needs.
pub struct Stage {
    /// What was asked for.
    pub options: Options,
    /// How much is measured.
    pub plan: Plan,
    /// Everyone with an account.
    pub people: Vec<Person>,
    /// Many events with plenty of tickets.
    pub events: Vec<EventId>,
    /// MongoDB, beside the services.
    pub mongodb: Client,
    /// The server's version.
    pub mongodb_version: String,
    /// Of MongoDB's process.
    pub mongod: u32,
}

impl Stage {
    /// Makes the accounts and the events.
    pub async fn set(options: Options, plan: Plan) -> Result<Self> {
        let mongodb = Client::with_options(ClientOptions::parse(&options.mongodb_uri).await?)?;
        let (mongodb_version, mongod) = mongo::identity(&mongodb.database("admin")).await?;
        let mut stage =
            Self { options, plan, people: Vec::new(), events: Vec::new(), mongodb, mongodb_version, mongod };
        let run = Uuid::from_u128(rand::random()).simple().to_string();
        let addresses = (0..plan.accounts).map(|number| format!("buyer-{number}-{run}@example.com"));
        stage.people = stage.side_by_side(addresses.collect(), register).await?;
        let titles = (0..SPREAD_EVENTS).map(|number| (format!("Night {number}"), PLENTY));
        stage.events = stage.side_by_side(titles.collect(), publish).await?;
        Ok(stage)
    }

    /// A meter over everything that runs, and over the process that does nothing.
    pub fn meter(&self, ceiling: Option<u32>) -> Meter {
        let mut processes = BTreeMap::from([(MONGOD.to_owned(), self.mongod), (CLIENT.to_owned(), std::process::id())]);
        processes.extend(ceiling.map(|pid| (crate::meter::CEILING.to_owned(), pid)));
        Meter::new(&self.options.services, processes, self.mongodb.database("admin"))
    }

    /// The database of the bare loop.
    pub fn bare_database(&self) -> Database {
        self.mongodb.database("bench_bare")
    }

    /// Whom the buyer with this number is: where there are more buyers than people, they share.
    pub fn person(&self, number: usize) -> &Person {
        &self.people[number % self.people.len()]
    }

    /// A connection of this buyer to a service.
    pub fn connection(&self, number: usize, service: &str) -> Result<Connection> {
        self.connection_of(Some(&self.person(number).cookie), service)
    }

    /// A connection of nobody known to a service.
    pub fn stranger(&self, service: &str) -> Result<Connection> {
        self.connection_of(None, service)
    }

    fn connection_of(&self, cookie: Option<&HeaderValue>, service: &str) -> Result<Connection> {
        let headers = browser_headers(&self.options.origin, cookie)?;
        Connection::new(self.options.service(service)?.address, &headers)
    }

    /// Publishes an event with plenty of tickets, and waits until they are on sale.
    pub async fn hot_event(&self) -> Result<EventId> {
        self.event_with(PLENTY).await
    }

    /// Publishes an event with so many tickets, and waits until they are on sale.
    pub async fn event_with(&self, seats: u32) -> Result<EventId> {
        let people = self.connection(0, "event")?;
        let event = publish(people, ("One night only".to_owned(), seats)).await?;
        let left = self.remaining(event).await?;
        if left != u64::from(seats) {
            bail!("{left} of {seats} tickets are on sale");
        }
        Ok(event)
    }

    /// How many tickets of an event are left.
    pub async fn remaining(&self, event: EventId) -> Result<u64> {
        let asked = Call::get(&format!("/api/tickets/event/{event}"))?;
        let answer = fine(self.stranger("ticket")?.send(&asked).await)?;
        Ok(serde_json::from_slice::<Availability>(&answer.body)?.remaining)
    }

    /// Does `one` with each item, a few at once, each on a connection of the first person or nobody.
    async fn side_by_side<I, O, F>(&self, items: Vec<I>, one: impl Fn(Connection, I) -> F) -> Result<Vec<O>>
    where
        O: Send + 'static,
        F: Future<Output = Result<O>> + Send + 'static,
    {
        let mut working = JoinSet::new();
        let mut done = Vec::with_capacity(items.len());
        for item in items {
            if working.len() >= HANDS
                && let Some(ended) = working.join_next().await
            {
                done.push(ended??);
            }
            let connection = match self.people.first() {
                Some(person) => self.connection_of(Some(&person.cookie), "event")?,
                None => self.stranger("auth")?,
            };
            working.spawn(one(connection, item));
        }
        while let Some(ended) = working.join_next().await {
            done.push(ended??);
        }
        Ok(done)
    }
}

async fn register(mut auth: Connection, email: String) -> Result<Person> {
    let form = Register {
        email: email.clone(),
        password: PASSWORD.to_owned(),
        first_name: "Billie".to_owned(),
        last_name: "Buyer".to_owned(),
    };
    let answer = fine(auth.send(&Call::post("/api/auth/register", &form)?).await).context("registering")?;
    Ok(Person { email, cookie: session_cookie(&answer)? })
}

async fn publish(mut event: Connection, (title, seats): (String, u32)) -> Result<EventId> {
    let call = Call::post("/api/events", &announcement(&title, seats))?.keyed();
    let answer = fine(event.send(&call).await).context("publishing an event")?;
    Ok(serde_json::from_slice::<Event>(&answer.body)?.id)
}

/// In the words of the wire: what an event may say beyond this has its defaults.
fn announcement(title: &str, seats: u32) -> Value {
    let description = "Doors open one hour before the show. Seats are not numbered; children under six come in free.";
    json!({
        "title": title,
        "description": description,
        "category": "concert",
        "venue": { "name": "Town Hall", "address": "1 Main Street", "city": "Springfield" },
        "startsAt": "2099-06-01T18:00:00Z",
        "endsAt": "2099-06-01T21:00:00Z",
        "timeZone": "America/Chicago",
        "ticketTypes": [{ "name": TICKETS, "price": PRICE, "quantity": seats, "description": "Standing" }],
        "tags": ["live", "indie"],
        "status": "published",
    })
}

/// The request that books one ticket, with a key of its own each time.
pub fn booking(event: EventId) -> Result<Call> {
    let request = BookTickets {
        event_id: event,
        tickets: vec![TicketLine { ticket_type_name: TICKETS.to_owned(), quantity: 1 }],
        customer_info: CustomerInfo {
            first_name: "Billie".to_owned(),
            last_name: "Buyer".to_owned(),
            email: "billie.buyer@example.com".to_owned(),
            phone: None,
        },
        total_amount: PRICE,
    };
    Ok(Call::post("/api/tickets/book", &request)?.keyed())
}

/// An answer that must be a success, outside a measurement.
pub fn fine(answer: Result<Answer, Fault>) -> Result<Answer> {
    let Fault(kind) = match answer.and_then(Answer::well) {
        Ok(answer) => return Ok(answer),
        Err(fault) => fault,
    };
    bail!("refused: {kind}")
}
