//! Paying, and looking at what was paid.

use bson::{Document, doc};
use futures::TryStreamExt;
use serde_json::json;
use shared::{
    Currency, Money, OrderId, Page,
    payment::{Payment, PaymentMethod, PaymentStatus, Processed},
    ticket::OrderStatus,
};

use crate::support::{DECLINED, SUCCEEDS, TestApp, ticket::Trouble, until};

#[tokio::test]
async fn a_paid_order_is_confirmed_and_shows_in_status_and_history() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();

    let answer = buyer.pay(order, SUCCEEDS).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let processed: Processed = answer.parse();
    assert!(processed.success);
    assert!(processed.transaction_id.is_some());
    let payment = processed.payment;
    assert_eq!(payment.id, processed.payment_id);
    assert_eq!(payment.transaction_id, processed.transaction_id);
    assert_eq!((payment.order_id, payment.user_id, payment.attempt), (order, buyer.user.id, 1));
    assert_eq!((payment.status, payment.payment_method), (PaymentStatus::Completed, PaymentMethod::CreditCard));
    assert_eq!(payment.amount, Money::new(9000, Currency::USD));
    assert_eq!(payment.event_title, "Night of the Żubr");
    assert_eq!(payment.booking_reference, "BK7Q2M9XWA");
    assert_eq!(payment.payment_details.card_last4.as_deref(), Some("4242"));
    assert_eq!(payment.payment_details.card_brand.as_deref(), Some("visa"));

    let confirmed = app.ticket.order(order);
    assert_eq!((confirmed.status, confirmed.attempt), (OrderStatus::Confirmed, 1));
    assert_eq!(confirmed.payment_id, Some(payment.id));
    assert_eq!(buyer.status(order).await.parse::<Payment>(), payment);
    let history = buyer.client.get("/api/payment/history").await;
    assert_eq!(history.parse::<Page<Payment>>(), Page { items: vec![payment], next: None });
}

#[tokio::test]
async fn every_way_to_pay_works() {
    let app = TestApp::start().await;
    for number in ["5555 5555 5555 4444", "3782-822463-10005"] {
        let (buyer, order) = app.buyer_with_order();
        assert_eq!(buyer.pay(order, number).await.status, 200, "{number}");
    }
    for method in ["paypal", "bank_transfer"] {
        let (buyer, order) = app.buyer_with_order();
        let request = json!({ "orderId": order, "paymentMethod": method });
        let answer = buyer.client.post("/api/payment/process", &request).await;
        assert_eq!(answer.status, 200, "{method}: {}", answer.body);
        assert_eq!(answer.body["payment"]["paymentDetails"], json!({ "cardLast4": null, "cardBrand": null }));
    }
}

#[tokio::test]
async fn a_paid_order_cannot_be_paid_again() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    assert_eq!(buyer.pay(order, SUCCEEDS).await.status, 200);
    let again = buyer.pay(order, SUCCEEDS).await;
    assert_eq!((again.status, &again.body["type"]), (409, &json!("/problems/wrong-state")));
    assert_eq!(again.body["state"], "confirmed");
    assert_eq!(app.charges().await, 1);
}

#[tokio::test]
async fn an_order_that_cannot_be_paid_says_its_state() {
    let app = TestApp::start().await;
    for status in [OrderStatus::Expired, OrderStatus::Cancelled, OrderStatus::Confirmed] {
        let (buyer, order) = app.buyer_with_order();
        app.ticket.set(order, status, 0);
        let answer = buyer.pay(order, SUCCEEDS).await;
        assert_eq!((answer.status, &answer.body["type"]), (409, &json!("/problems/wrong-state")));
        assert_eq!(answer.body["state"], json!(status));
        assert_eq!(app.states(order).await, ["refused"]);
        assert_eq!(buyer.status(order).await.status, 404);
    }
    assert_eq!(app.charges().await, 0);
}

#[tokio::test]
async fn anothers_order_is_not_found_and_its_buyer_is_not_hindered() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    let stranger = app.buyer();
    assert_eq!(stranger.pay(order, SUCCEEDS).await.status, 404);
    assert_eq!(stranger.pay(OrderId::new(), SUCCEEDS).await.status, 404);

    let paid = buyer.pay(order, SUCCEEDS).await;
    assert_eq!((paid.status, &paid.body["payment"]["attempt"]), (200, &json!(1)));
    assert_eq!(stranger.pay(order, SUCCEEDS).await.status, 404, "paid or not is not told");
    assert_eq!(stranger.status(order).await.status, 404);
    assert_eq!(stranger.client.get("/api/payment/history").await.body["items"], json!([]));
    assert_eq!(app.charges().await, 1);
    let differences = payment::audit(app.config.clone(), app.clock.clone()).await.expect("an audit");
    assert_eq!(differences, Vec::<String>::new());
}

/// What a stranger's attempt is given up with is the stranger's own.
#[tokio::test]
async fn a_strangers_attempt_that_nobody_drove_to_its_end_costs_the_buyer_nothing() {
    let app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    let stranger = app.buyer();
    app.ticket.trouble(Trouble::Down);
    assert_eq!(stranger.pay(order, SUCCEEDS).await.status, 503);
    let strangers = bson::doc! { "userId": stranger.user.id };
    let payments = app.payments().await;
    // It is taken up only once the buyer has paid.
    let later = bson::doc! { "$set": { "nextAttemptAt": bson::DateTime::MAX }, "$inc": { "revision": 1_i64 } };
    payments.update_one(strangers.clone(), later).await.expect("an update");
    app.ticket.recover();
    assert_eq!(buyer.pay(order, SUCCEEDS).await.status, 200);
    let now = bson::doc! { "$set": { "nextAttemptAt": bson::DateTime::now() } };
    payments.update_one(strangers.clone(), now).await.expect("an update");
    until("the stranger's attempt is over", async || {
        let found = payments.find_one(strangers.clone()).await.expect("a query").expect("an attempt");
        found.get_str("state").expect("a state") == "voided"
    })
    .await;
    assert_eq!((app.charges().await, app.refunded(order).await), (1, None));
    assert_eq!(app.ticket.order(order).status, OrderStatus::Confirmed);
    assert_eq!(buyer.status(order).await.body["status"], "completed");
    let differences = payment::audit(app.config.clone(), app.clock.clone()).await.expect("an audit");
    assert_eq!(differences, Vec::<String>::new());
}

#[tokio::test]
async fn history_comes_in_pages_newest_first() {
    let app = TestApp::start().await;
    let buyer = app.buyer();
    let mut orders = Vec::new();
    for _ in 0..5 {
        let order = app.ticket.hold(buyer.user.id);
        assert_eq!(buyer.pay(order, SUCCEEDS).await.status, 200);
        orders.insert(0, order);
    }
    let (mut seen, mut path) = (Vec::new(), "/api/payment/history?limit=2".to_owned());
    loop {
        let page: Page<Payment> = buyer.client.get(&path).await.parse();
        assert!(page.items.len() <= 2);
        seen.extend(page.items.iter().map(|payment| payment.order_id));
        let Some(next) = page.next else { break };
        path = format!("/api/payment/history?limit=2&cursor={next}");
    }
    assert_eq!(seen, orders);
}

#[tokio::test]
async fn the_service_describes_itself() {
    let app = TestApp::start().await;
    let api = app.client().get("/openapi.json").await.body;
    for path in ["/api/payment/process", "/api/payment/status/{orderId}", "/api/payment/history"] {
        assert!(api["paths"][path].is_object(), "{path} in {api}");
    }
    assert_eq!(api["paths"]["/api/payment/status/{orderId}"]["get"]["parameters"][0]["required"], true);
    assert_eq!(app.client().get("/ready").await.status, 200);
}

#[tokio::test]
async fn what_is_known_of_a_card_is_nowhere_in_the_database() {
    let app = TestApp::start().await;
    for number in [SUCCEEDS, DECLINED, "6011 1111 1111 1117"] {
        let (buyer, order) = app.buyer_with_order();
        let client = buyer.client.with("idempotency-key", "a-key");
        client.post("/api/payment/process", &crate::support::by_card(order, number)).await;
    }
    let (database, mut documents) = (app.database().await, 0);
    for name in database.list_collection_names().await.expect("names") {
        let found = database.collection::<Document>(&name).find(doc! {}).await.expect("a query");
        let found: Vec<Document> = found.try_collect().await.expect("documents");
        for document in found {
            let text = document.to_string();
            for secret in ["42424242", "40000000000", "60111111", "4242 4242", "\"cvc\"", "\"expiryYear\""] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
            documents += 1;
        }
    }
    assert_eq!(documents, 6, "three payments and three intents");
}
