//! The same request again.

use futures::future::join_all;
use serde_json::json;
use shared::ticket::OrderStatus;

use crate::support::{DECLINED, SUCCEEDS, TestApp, by_card, ticket::Trouble};

#[tokio::test]
async fn a_key_sent_again_is_answered_as_the_first_time() {
    let app = TestApp::start().await;
    // Any word, and a UUIDv7, which goes into the payment's id.
    for (key, charges) in [("first", 1), ("019a9f6e-2c00-7abc-8def-0123456789ab", 2)] {
        let (buyer, order) = app.buyer_with_order();
        let client = buyer.client.clone().with("idempotency-key", key);
        let first = client.post("/api/payment/process", &by_card(order, SUCCEEDS)).await;
        let again = client.post("/api/payment/process", &by_card(order, SUCCEEDS)).await;
        assert_eq!((first.status, again.status), (200, 200));
        assert_eq!(first.body, again.body);
        assert_eq!(app.charges().await, charges);
    }
}

#[tokio::test]
async fn a_refusal_is_answered_again_too() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    let client = buyer.client.clone().with("idempotency-key", "declined");
    let declined = client.post("/api/payment/process", &by_card(order, DECLINED)).await;
    let again = client.post("/api/payment/process", &by_card(order, DECLINED)).await;
    assert_eq!((declined.status, again.status), (402, 402));
    assert_eq!(declined.body, again.body);
    assert_eq!(app.states(order).await, ["voided"]);

    let lapsed = app.ticket.hold(buyer.user.id);
    app.ticket.set(lapsed, OrderStatus::Expired, 0);
    let client = buyer.client.with("idempotency-key", "lapsed");
    let refused = client.post("/api/payment/process", &by_card(lapsed, SUCCEEDS)).await;
    let again = client.post("/api/payment/process", &by_card(lapsed, SUCCEEDS)).await;
    assert_eq!((refused.status, again.status), (409, 409));
    assert_eq!(refused.body, again.body);
}

#[tokio::test]
async fn a_key_is_for_one_request_of_one_user() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    for key in ["a-key", "019a9f6e-2c00-7abc-8def-0123456789ab"] {
        let client = buyer.client.clone().with("idempotency-key", key);
        assert_eq!(client.post("/api/payment/process", &by_card(order, DECLINED)).await.status, 402);
        let another_card = client.post("/api/payment/process", &by_card(order, SUCCEEDS)).await;
        assert_eq!((another_card.status, &another_card.body["type"]), (422, &json!("/problems/key-reused")));
        let another_order =
            client.post("/api/payment/process", &by_card(app.ticket.hold(buyer.user.id), DECLINED)).await;
        assert_eq!((another_order.status, &another_order.body["type"]), (422, &json!("/problems/key-reused")));

        let (other, others) = app.buyer_with_order();
        let client = other.client.with("idempotency-key", key);
        assert_eq!(client.post("/api/payment/process", &by_card(others, SUCCEEDS)).await.status, 200);
    }
}

#[tokio::test]
async fn a_payment_under_way_is_not_begun_again() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    app.ticket.trouble_with(Trouble::Down, OrderStatus::Confirmed);
    let keyed = buyer.client.clone().with("idempotency-key", "a-key");
    let first = keyed.post("/api/payment/process", &by_card(order, SUCCEEDS)).await;
    assert_eq!((first.status, &first.body["success"]), (202, &json!(false)));
    assert_eq!(first.body["payment"]["status"], "processing");

    let again = keyed.post("/api/payment/process", &by_card(order, SUCCEEDS)).await;
    assert_eq!((again.status, &again.body["paymentId"]), (202, &first.body["paymentId"]));
    let other = buyer.pay(order, SUCCEEDS).await;
    assert_eq!((other.status, &other.body["type"]), (409, &json!("/problems/still-running")));
    assert_eq!(app.charges().await, 1);
}

#[tokio::test]
async fn ten_requests_at_once_with_one_key_charge_once() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    let client = buyer.client.clone().with("idempotency-key", "a-key");
    let request = by_card(order, SUCCEEDS);
    let answers = join_all((0..10).map(|_| client.post("/api/payment/process", &request))).await;
    for answer in &answers {
        assert!(matches!(answer.status, 200 | 202 | 409), "{}", answer.body);
        assert_ne!(answer.body["type"], "/problems/wrong-state");
    }
    assert_eq!(client.post("/api/payment/process", &request).await.status, 200);
    assert_eq!(app.states(order).await, ["completed"]);
    assert_eq!(app.charges().await, 1);
}
