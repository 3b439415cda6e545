//! Cards that are declined.

use bson::doc;
use serde_json::json;
use shared::{
    payment::{Payment, PaymentStatus},
    ticket::OrderStatus,
};

use crate::support::{DECLINED, SUCCEEDS, TestApp};

#[tokio::test]
async fn after_a_declined_card_another_one_can_be_tried() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();

    let declined = buyer.pay(order, DECLINED).await;
    assert_eq!((declined.status, &declined.body["type"]), (402, &json!("/problems/payment-declined")));
    assert_eq!(declined.body["detail"], "Your card was declined.");
    let held = app.ticket.order(order);
    assert_eq!((held.status, held.attempt), (OrderStatus::Held, 1));
    let failed: Payment = buyer.status(order).await.parse();
    assert_eq!((failed.status, failed.attempt), (PaymentStatus::Failed, 1));
    assert_eq!(failed.failure_reason.as_deref(), Some("Your card was declined."));
    assert_eq!(failed.transaction_id, None);
    let intent = app.intents().await.find_one(doc! {}).await.expect("a query").expect("an intent");
    assert_eq!(intent.get_str("status").ok(), Some("cancelled"), "a declined intent would still take another card");

    let paid = buyer.pay(order, SUCCEEDS).await;
    assert_eq!((paid.status, &paid.body["payment"]["attempt"]), (200, &json!(2)));
    assert_eq!(app.ticket.order(order).status, OrderStatus::Confirmed);
    assert_eq!(app.states(order).await, ["voided", "completed"]);
    assert_eq!(app.charges().await, 1);
}

#[tokio::test]
async fn each_test_card_has_its_outcome() {
    let app = TestApp::start().await;
    for (number, reason) in [
        ("4000 0000 0000 0002", "Your card was declined."),
        ("4000 0000 0000 9995", "Your card has insufficient funds."),
        ("4000 0000 0000 0069", "Your card has expired."),
        ("6011 1111 1111 1117", "Unknown test card."),
    ] {
        let (buyer, order) = app.buyer_with_order();
        let answer = buyer.pay(order, number).await;
        assert_eq!((answer.status, &answer.body["detail"]), (402, &json!(reason)));
    }
    assert_eq!(app.charges().await, 0);
}
