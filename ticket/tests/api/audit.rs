//! The inventory equation, recomputed from the documents themselves.

use std::collections::BTreeMap;

use bson::{Document, doc};
use futures::TryStreamExt;
use mongodb::Database;

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
