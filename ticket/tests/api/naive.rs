//! The booking that this service is not: it reads what is left, and then writes what it makes of it. For the negative
//! control of the race, on the same collections.

use std::sync::Arc;

use axum::{Router, extract::State, http::StatusCode, routing::post};
use bson::{Bson, Document, doc};
use mongodb::Database;
use serde_json::{Value, json};
use shared::{
    EventId, OrderId,
    server::{mongo, run::RunError},
    testing::TestService,
};
use tokio::sync::Barrier;

/// So many buyers have read before the first of them writes, as they would on a busy day.
const TOGETHER: usize = 40;

#[derive(Clone)]
struct Naive {
    database: Database,
    together: Arc<Barrier>,
}

/// Serves `POST /api/tickets/book` without the guard.
pub async fn start(uri: &str) -> TestService {
    let database = mongo::connect(uri, "naive").await.expect("a database");
    let router = Router::new()
        .route("/api/tickets/book", post(book))
        .with_state(Naive { database, together: Arc::new(Barrier::new(TOGETHER)) });
    TestService::start(|listener, stop| async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
        served.map_err(RunError::from)
    })
    .await
}

async fn book(State(naive): State<Naive>, body: axum::Json<Value>) -> (StatusCode, axum::Json<Value>) {
    let event: EventId = body["eventId"].as_str().and_then(|id| id.parse().ok()).expect("an event");
    let quantity = body["tickets"][0]["quantity"].as_i64().expect("a quantity");
    let inventories = naive.database.collection::<Document>("inventory");
    let inventory = inventories.find_one(doc! { "_id": event }).await.expect("read").expect("an inventory");
    let stock = inventory.get_array("types").expect("types")[0].as_document().expect("a type");
    let number = |key| stock.get(key).and_then(|n| n.as_i64().or(n.as_i32().map(i64::from))).expect("a number");
    let (capacity, taken) = (number("capacity"), number("taken"));
    naive.together.wait().await;
    if taken + quantity > capacity {
        return (StatusCode::CONFLICT, axum::Json(json!({ "type": "/problems/sold-out" })));
    }
    let order = OrderId::new();
    let document = doc! {
        "_id": Bson::from(order),
        "eventId": event,
        "bookingReference": order.to_string(),
        "status": "held",
        "tickets": [{ "ticketType": { "name": stock.get_str("name").expect("a name") }, "quantity": quantity }],
    };
    naive.database.collection::<Document>("orders").insert_one(document).await.expect("written");
    let counted = doc! { "$set": { "types.0.taken": taken + quantity } };
    inventories.update_one(doc! { "_id": event }, counted).await.expect("written");
    (StatusCode::CREATED, axum::Json(json!({ "id": order })))
}
