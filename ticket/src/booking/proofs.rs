//! What a batcher does when things go wrong that nothing outside can bring about.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use jiff::SignedDuration;
use mongodb::Database;
use shared::{
    Currency, EventId, Money, OrderId, UserId,
    server::{Clock, Fingerprint, mongo},
    testing::database_uri,
    ticket::{BookTickets, CustomerInfo, TicketLine},
};
use tokio_util::task::TaskTracker;

use super::{
    Batcher, Draft, Queues, Shelf,
    decide::{Command, Done},
    laws::event,
};
use crate::{
    Error,
    domain::{cart::Cart, inventory::Inventory},
    store::{self, Inventories, Orders},
};

/// Queues over a database of their own, in which one event has seats.
async fn queues(new_id: fn() -> OrderId) -> (Queues, Database, EventId) {
    let database = mongo::connect(&database_uri(), "proofs").await.expect("a database");
    store::ensure_indexes(&database).await.expect("indexes");
    let id = EventId::new();
    let inventory = Inventory::of(&event(id)).expect("not a draft");
    Inventories::of(&database).insert(&inventory).await.expect("inserted");
    let clock = Clock::fixed(super::laws::NOW);
    let mut batcher = Batcher::new(&database, Shelf::default(), clock, SignedDuration::from_mins(10));
    batcher.id = new_id;
    (Queues::start(&Arc::new(batcher), &TaskTracker::new()), database, id)
}

fn hold(event: EventId) -> Command {
    let request = BookTickets {
        event_id: event,
        tickets: vec![TicketLine { ticket_type_name: "Floor".into(), quantity: 1 }],
        customer_info: CustomerInfo::default(),
        total_amount: Money::new(super::laws::PRICES[0], Currency::EUR),
    };
    Command::Hold(Arc::new(Draft {
        event_id: event,
        user_id: UserId::new(),
        cart: Cart::parse(&request).expect("a cart"),
        customer_info: CustomerInfo::default(),
        idempotency_key: None,
        fingerprint: Fingerprint::of(&request),
    }))
}

fn numbered(number: u32) -> OrderId {
    OrderId(uuid::Uuid::from_u128(number.into()))
}

async fn taken(database: &Database, event: EventId) -> u32 {
    let inventory = Inventories::of(database).find(event).await.expect("read").expect("an inventory");
    inventory.types.iter().map(|stock| stock.taken).sum()
}

#[tokio::test]
async fn an_id_that_exists_is_made_anew() {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let (queues, database, event) = queues(|| match MADE.fetch_add(1, Ordering::Relaxed) {
        0..3 => numbered(0),
        n => numbered(n),
    })
    .await;
    for expected in [0, 3] {
        let Ok(Done::Placed(order)) = queues.offer(hold(event)).await else { panic!("not placed") };
        assert_eq!(order.id, numbered(expected));
        assert!(Orders::of(&database).find(order.id, None).await.expect("read").is_some());
    }
    assert_eq!(taken(&database, event).await, 2);
}

#[tokio::test]
async fn a_batch_that_panics_fails_its_own_callers_only() {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let (queues, database, event) = queues(|| match MADE.fetch_add(1, Ordering::Relaxed) {
        1 => panic!("by this test"),
        n => numbered(n),
    })
    .await;
    let placed = async || matches!(queues.offer(hold(event)).await, Ok(Done::Placed(_)));
    assert!(placed().await);
    let failed = queues.offer(hold(event)).await.expect_err("it panics");
    assert!(matches!(failed, Error::Interrupted), "{failed:?}");
    assert!(placed().await && placed().await, "the next batch knows nothing of it");
    assert_eq!(taken(&database, event).await, 3);
}
