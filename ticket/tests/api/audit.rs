//! The inventory equation, recomputed from the documents themselves; and the service's own auditor, which does so too.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};

use bson::{Document, doc};
use futures::{
    TryStreamExt,
    future::{join, join_all},
};
use mongodb::Database;
use shared::{
    server::{Env, mongo},
    ticket::Order,
};
use ticket::Config;

use crate::{World, advance, eventually, held, one, order_path, request};

/// What the database says, past the service.
#[derive(Debug, Default)]
pub struct Audit {
    /// Counted by the inventories.
    pub taken: i64,
    /// Summed over the orders that hold seats.
    pub held: i64,
    /// How many orders there are, in any state.
    pub orders: u64,
    /// Every way in which the two differ, and every type of which more is held than there is.
    pub faults: Vec<String>,
}

fn number(document: &Document, key: &str) -> i64 {
    document.get_i64(key).or_else(|_| document.get_i32(key).map(i64::from)).expect("a number")
}

impl Audit {
    pub async fn of(database: &Database) -> Self {
        let orders = database.collection::<Document>("orders");
        let held_by_type = orders.aggregate([
            doc! { "$match": { "status": { "$in": ["held", "paying", "confirmed", "refunding"] } } },
            doc! { "$unwind": "$tickets" },
            doc! { "$group": {
                "_id": { "event": "$eventId", "type": "$tickets.ticketType.name" },
                "held": { "$sum": "$tickets.quantity" },
            } },
        ]);
        let groups: Vec<Document> = held_by_type.await.expect("orders").try_collect().await.expect("orders");
        let mut held: BTreeMap<String, i64> = BTreeMap::new();
        for group in groups {
            let id = group.get_document("_id").expect("an id");
            held.insert(
                format!("{:?} {}", id.get("event"), id.get_str("type").expect("a name")),
                number(&group, "held"),
            );
        }

        let mut audit = Self { held: held.values().sum(), ..Self::default() };
        audit.orders = orders.count_documents(doc! {}).await.expect("a count");
        let inventories = database.collection::<Document>("inventory").find(doc! {}).await.expect("inventories");
        let inventories: Vec<Document> = inventories.try_collect().await.expect("inventories");
        for inventory in inventories {
            for stock in inventory.get_array("types").expect("types").iter().filter_map(|t| t.as_document()) {
                let name = format!("{:?} {}", inventory.get("_id"), stock.get_str("name").expect("a name"));
                let (taken, capacity) = (number(stock, "taken"), number(stock, "capacity"));
                let held = held.remove(&name).unwrap_or(0);
                audit.taken += taken;
                if taken != held {
                    audit.faults.push(format!("{name}: {taken} taken, {held} held"));
                }
                if held > capacity {
                    audit.faults.push(format!("{name}: {held} held of {capacity}"));
                }
            }
        }
        audit.faults.extend(held.into_iter().map(|(name, held)| format!("{name}: {held} held of nothing")));
        audit
    }

    /// The equation holds, and so many seats are held.
    #[track_caller]
    pub fn balances_at(&self, seats: i64) {
        assert!(self.faults.is_empty(), "{:?}", self.faults);
        assert_eq!((self.taken, self.held), (seats, seats));
    }
}

/// What `ticket audit` prints.
async fn reported(world: &World) -> Vec<String> {
    let config = Config::from_env(&Env::of(&[("MONGODB_URI", &world.uri)])).expect("a configuration");
    ticket::audit(config).await.expect("an audit")
}

#[tokio::test]
async fn the_auditor_finds_every_way_in_which_orders_and_inventory_differ() {
    let (world, service) = one().await;
    let events: Vec<_> = (0..4).map(|_| world.events.publish(&[("Seat", 4500, 10)])).collect();
    let ada = world.buyer(&service);
    let mut orders = Vec::new();
    for event in &events {
        orders.push(held(&ada, *event, &[("Seat", 2)], 9000).await.id);
    }
    crate::paying::paid(&service, orders[3]).await;
    assert_eq!(reported(&world).await, Vec::<String>::new());

    let database = mongo::connect(&world.uri, "test").await.expect("a database");
    let (all, inventory) = (database.collection::<Document>("orders"), database.collection::<Document>("inventory"));
    let counted = doc! { "$inc": { "types.0.taken": 1 } };
    inventory.update_one(doc! { "_id": events[0] }, counted).await.expect("written");
    all.delete_one(doc! { "_id": orders[1] }).await.expect("deleted");
    inventory.delete_one(doc! { "_id": events[2] }).await.expect("deleted");
    all.update_one(doc! { "_id": orders[3] }, doc! { "$pop": { "issued": 1 } }).await.expect("written");
    let mut expected = [
        format!("event {}, \"Seat\": 3 taken, 2 held by orders", events[0]),
        format!("event {}, \"Seat\": 2 taken, 0 held by orders", events[1]),
        format!("event {}, \"Seat\": 0 taken, 2 held by orders", events[2]),
        format!("order {}: 1 tickets for 2 seats", orders[3]),
    ];
    expected.sort();
    let mut found = reported(&world).await;
    found.sort();
    assert_eq!(found, expected);
}

/// Bookings, payments and cancellations run all the time; whoever counted the orders a moment after the inventory would
/// see differences all the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_auditor_gives_no_false_alarm_while_bookings_run() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 4500, 5000)]);
    let replicas = [world.replica().await, world.replica().await];
    crate::availability(&replicas[0], event).await;
    let (made, enough) = (AtomicU32::new(0), 100);
    let buyer = |n: usize| {
        let (ada, service, made) = (world.buyer(&replicas[n % 2]), &replicas[n % 2], &made);
        async move {
            while made.load(Ordering::Relaxed) < enough {
                let answer = ada.post("/api/tickets/book", &request(event, &[("Seat", 1)], 4500)).await;
                if answer.status == 503 {
                    continue;
                }
                assert_eq!(answer.status, 201, "{}", answer.body);
                let order: Order = answer.parse();
                if made.fetch_add(1, Ordering::Relaxed) % 2 == 0 {
                    let cancel = format!("{}/cancel", order_path(order.id));
                    // Two replicas sell the same seats: one may be told that it is busy.
                    eventually("the order is cancelled", async || ada.post_empty(&cancel).await.status == 200).await;
                } else {
                    advance(service, order.id, "paying", 1).await;
                    advance(service, order.id, "confirmed", 1).await;
                }
            }
        }
    };
    let audits = async {
        while made.load(Ordering::Relaxed) < enough {
            assert_eq!(reported(&world).await, Vec::<String>::new());
        }
    };
    join(join_all((0..8).map(buyer)), audits).await;
    world.audit().await.balances_at(i64::from(made.load(Ordering::Relaxed)) / 2);
}
