//! Bad input.

use serde_json::{Value, json};
use shared::OrderId;

use crate::support::{SUCCEEDS, TestApp, by_card};

/// A good request with one change.
fn with(pointer: &str, value: Value) -> Value {
    let mut request = by_card(OrderId::new(), SUCCEEDS);
    *request.pointer_mut(pointer).expect("a field") = value;
    request
}

#[tokio::test]
async fn no_one_pays_or_looks_without_signing_in() {
    let app = TestApp::start().await;
    let client = app.client();
    let order = OrderId::new();
    assert_eq!(client.post("/api/payment/process", &by_card(order, SUCCEEDS)).await.status, 401);
    assert_eq!(client.get(&format!("/api/payment/status/{order}")).await.status, 401);
    assert_eq!(client.get("/api/payment/history").await.status, 401);
    let forged = client.cookie("ticketer_session=forged");
    assert_eq!(forged.post("/api/payment/process", &by_card(order, SUCCEEDS)).await.status, 401);
}

#[tokio::test]
async fn every_bad_field_is_named() {
    let app = TestApp::start().await;
    let buyer = app.buyer();
    let mut cases = vec![
        (with("/card/number", json!("4242 4242 4242 4241")), "/card/number"),
        (with("/card/number", json!("4242\u{0}424242424242")), "/card/number"),
        (with("/card/number", json!("")), "/card/number"),
        (with("/card/number", json!("4".repeat(300))), "/card/number"),
        (with("/card/cvc", json!("12")), "/card/cvc"),
        (with("/card/cvc", json!("12x")), "/card/cvc"),
        (with("/card/expiryMonth", json!(0)), "/card/expiryMonth"),
        (with("/card/expiryMonth", json!(13)), "/card/expiryMonth"),
        (with("/card/expiryMonth", json!(-1)), "/card/expiryMonth"),
        (with("/card/expiryMonth", json!(1.5)), "/card/expiryMonth"),
        (with("/card/expiryYear", json!(1999)), "/card/expiryYear"),
        (with("/card/expiryYear", json!(2025)), "/card/expiryMonth"),
        (with("/card/expiryYear", json!(1_000_000_000)), "/card/expiryYear"),
        (with("/card", Value::Null), "/card"),
        (with("/paymentMethod", json!("paypal")), "/card"),
        (with("/paymentMethod", json!("cash")), "/paymentMethod"),
        (with("/orderId", json!("not-an-id")), "/orderId"),
        (with("/orderId", json!(7)), "/orderId"),
    ];
    for (field, value) in [("amount", json!({ "amount": 1, "currency": "USD" })), ("currency", json!("USD"))] {
        let mut request = by_card(OrderId::new(), SUCCEEDS);
        request[field] = value;
        cases.push((request, if field == "amount" { "/amount" } else { "/currency" }));
    }
    for (request, pointer) in cases {
        let answer = buyer.client.post("/api/payment/process", &request).await;
        assert_eq!(answer.status, 422, "{request}: {}", answer.body);
        assert_eq!(answer.bad_fields(), [pointer], "{request}: {}", answer.body);
    }
    let several = json!({
        "orderId": OrderId::new(),
        "paymentMethod": "debit_card",
        "card": { "number": "1", "expiryMonth": 13, "expiryYear": 1999, "cvc": "" },
    });
    let answer = buyer.client.post("/api/payment/process", &several).await;
    assert_eq!(answer.bad_fields(), ["/card/cvc", "/card/expiryMonth", "/card/expiryYear", "/card/number"]);
    assert_eq!(app.payments().await.estimated_document_count().await.expect("a count"), 0);
}

#[tokio::test]
async fn what_is_not_a_request_is_refused() {
    let app = TestApp::start().await;
    let buyer = app.buyer();
    let client = &buyer.client;
    let process = || client.request("POST".parse().expect("a method"), "/api/payment/process");
    let send =
        async |kind: &str, body: String| client.send(process().header("content-type", kind).body(body)).await.status;
    assert_eq!(send("application/json", "{".into()).await, 400);
    assert_eq!(send("application/json", String::new()).await, 400);
    assert_eq!(send("application/json", "[]".into()).await, 422);
    assert_eq!(send("application/json", "null".into()).await, 422);
    assert_eq!(send("text/plain", by_card(OrderId::new(), SUCCEEDS).to_string()).await, 415);
    assert_eq!(send("application/json", " ".repeat(10 * 1024 * 1024)).await, 413);

    let long = client.clone().with("idempotency-key", &"k".repeat(300));
    let answer = long.post("/api/payment/process", &by_card(OrderId::new(), SUCCEEDS)).await;
    assert_eq!((answer.status, answer.bad_fields()), (422, vec!["Idempotency-Key"]));
    assert_eq!(client.get("/api/payment/status/not-an-id").await.status, 404);
    assert_eq!(client.get(&format!("/api/payment/status/{}", OrderId::new())).await.status, 404);
    for (query, pointer) in [("limit=0", "?limit"), ("limit=101", "?limit"), ("cursor=%00", "?cursor")] {
        let answer = client.get(&format!("/api/payment/history?{query}")).await;
        assert_eq!((answer.status, answer.bad_fields()), (422, vec![pointer]), "{query}");
    }
    assert_eq!(client.get("/api/payment/history?limit=many").await.status, 422);
    assert_eq!(client.get("/api/payment/history?offset=3").await.status, 422);
}
