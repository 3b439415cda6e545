//! A service that died at any point, and is started again.

use bson::{Bson, DateTime, doc};
use shared::{OrderId, payment::PaymentStatus, ticket::OrderStatus};

use crate::support::{Buyer, SUCCEEDS, TestApp, first_intent, ticket::REFERENCE, until};

/// Where the service died, and what must become of it.
struct Crash {
    state: &'static str,
    /// What the provider knows, or that it has decided nothing of it; `None` where it has no name for it.
    intent: Option<&'static str>,
    /// Where ticket had the order.
    order: (OrderStatus, u32),
    ends: PaymentStatus,
}

const fn crash(
    state: &'static str,
    intent: Option<&'static str>,
    order: (OrderStatus, u32),
    ends: PaymentStatus,
) -> Crash {
    Crash { state, intent, order, ends }
}

const PAYING: (OrderStatus, u32) = (OrderStatus::Paying, 1);
const REFUNDING: (OrderStatus, u32) = (OrderStatus::Refunding, 1);

const CRASHES: &[Crash] = &[
    crash("created", None, (OrderStatus::Held, 0), PaymentStatus::Failed),
    crash("created", None, PAYING, PaymentStatus::Failed),
    crash("pinned", None, PAYING, PaymentStatus::Failed),
    // The intent's name was known from the beginning.
    crash("created", Some("undecided"), (OrderStatus::Held, 0), PaymentStatus::Failed),
    crash("created", Some("undecided"), PAYING, PaymentStatus::Failed),
    crash("created", Some("requires_payment_method"), PAYING, PaymentStatus::Failed),
    crash("created", Some("requires_action"), PAYING, PaymentStatus::Failed),
    crash("created", Some("cancelled"), PAYING, PaymentStatus::Failed),
    crash("created", Some("succeeded"), PAYING, PaymentStatus::Completed),
    crash("created", Some("succeeded"), (OrderStatus::Confirmed, 1), PaymentStatus::Completed),
    crash("created", Some("succeeded"), REFUNDING, PaymentStatus::Refunded),
    crash("created", Some("succeeded"), (OrderStatus::Expired, 0), PaymentStatus::Refunded),
    crash("pinned", Some("undecided"), PAYING, PaymentStatus::Failed),
    crash("pinned", Some("succeeded"), PAYING, PaymentStatus::Completed),
    // As releases before this one wrote it.
    crash("intent", Some("requires_confirmation"), PAYING, PaymentStatus::Failed),
    crash("confirming", Some("requires_confirmation"), PAYING, PaymentStatus::Failed),
    crash("confirming", Some("requires_payment_method"), PAYING, PaymentStatus::Failed),
    crash("confirming", Some("cancelled"), PAYING, PaymentStatus::Failed),
    crash("confirming", Some("succeeded"), PAYING, PaymentStatus::Completed),
    crash("confirming", Some("succeeded"), (OrderStatus::Confirmed, 1), PaymentStatus::Completed),
    crash("confirming", Some("succeeded"), REFUNDING, PaymentStatus::Refunded),
    crash("confirming", Some("succeeded"), (OrderStatus::Expired, 0), PaymentStatus::Refunded),
    crash("confirming", Some("requires_action"), PAYING, PaymentStatus::Failed),
    crash("acting", Some("requires_action"), PAYING, PaymentStatus::Failed),
    crash("acting", Some("requires_payment_method"), PAYING, PaymentStatus::Failed),
    crash("acting", Some("succeeded"), PAYING, PaymentStatus::Completed),
    crash("acting", Some("succeeded"), (OrderStatus::Confirmed, 1), PaymentStatus::Completed),
    crash("captured", Some("succeeded"), PAYING, PaymentStatus::Completed),
    crash("captured", Some("succeeded"), (OrderStatus::Confirmed, 1), PaymentStatus::Completed),
    crash("captured", Some("succeeded"), (OrderStatus::Expired, 0), PaymentStatus::Refunded),
    crash("completed", Some("succeeded"), REFUNDING, PaymentStatus::Refunded),
    crash("refunding", Some("succeeded"), REFUNDING, PaymentStatus::Refunded),
    crash("refunding", Some("refunded"), REFUNDING, PaymentStatus::Refunded),
    crash("returned", Some("refunded"), REFUNDING, PaymentStatus::Refunded),
    crash("returned", Some("refunded"), (OrderStatus::Refunded, 1), PaymentStatus::Refunded),
    crash("voiding", None, PAYING, PaymentStatus::Failed),
    crash("voiding", Some("requires_confirmation"), PAYING, PaymentStatus::Failed),
    crash("voiding", Some("requires_payment_method"), PAYING, PaymentStatus::Failed),
    crash("voiding", Some("cancelled"), PAYING, PaymentStatus::Failed),
    crash("voiding", Some("cancelled"), (OrderStatus::Held, 1), PaymentStatus::Failed),
    crash("voiding", Some("succeeded"), PAYING, PaymentStatus::Completed),
    crash("voiding", Some("succeeded"), (OrderStatus::Confirmed, 1), PaymentStatus::Completed),
];

/// Turns a completed payment into what a crash an hour ago would have left.
async fn leave_behind(app: &TestApp, order: OrderId, crash: &Crash) {
    let (payments, intents) = (app.payments().await, app.intents().await);
    let ago = DateTime::from_millis(DateTime::now().timestamp_millis() - 3_600_000);
    let payment = payments.find_one(doc! { "orderId": order }).await.expect("a query").expect("a payment");
    let intent = payment.get_str("providerIntent").expect("an intent");
    let mut change = doc! { "state": crash.state, "createdAt": ago, "nextAttemptAt": ago, "transactionId": null };
    if crash.intent == Some("undecided") {
        intents.delete_one(doc! { "_id": intent }).await.expect("a deletion");
    } else if let Some(status) = crash.intent {
        let change = match status {
            "refunded" => doc! { "refunded": { "amount": 9000_i64, "currency": "USD" } },
            status => doc! { "status": status },
        };
        intents.update_one(doc! { "_id": intent }, doc! { "$set": change }).await.expect("an update");
    } else {
        change.insert("providerIntent", Bson::Null);
        intents.delete_one(doc! { "_id": intent }).await.expect("a deletion");
    }
    if matches!(crash.state, "refunding" | "returned") {
        change.insert("givenBack", doc! { "asked": true, "refund": null });
    }
    if crash.state == "created" {
        change.insert("order", Bson::Null);
    }
    payments.update_one(doc! { "orderId": order }, doc! { "$set": change }).await.expect("an update");
    app.ticket.set(order, crash.order.0, crash.order.1);
}

async fn settles(app: &TestApp, buyer: &Buyer, order: OrderId, crash: &Crash) {
    let Crash { state, intent, .. } = crash;
    let what = format!("the payment that was {state} with {intent:?} is {:?}", crash.ends);
    let client = app.client().cookie(buyer.cookie());
    let path = format!("/api/payment/status/{order}");
    until(&what, async || {
        let answer = client.get(&path).await;
        answer.status == 200 && answer.body["status"] == serde_json::json!(crash.ends)
    })
    .await;
    if crash.ends == PaymentStatus::Completed {
        assert_eq!(client.get(&path).await.body["bookingReference"], REFERENCE, "{what}");
    }
    let expected = match (crash.ends, crash.order.0) {
        // Gone before it could be confirmed: only the money is left to settle.
        (_, OrderStatus::Expired) => crash.order,
        (PaymentStatus::Completed, _) => (OrderStatus::Confirmed, 1),
        (PaymentStatus::Refunded, _) => (OrderStatus::Refunded, 1),
        _ => (OrderStatus::Held, 1),
    };
    until(&what, async || {
        let found = app.ticket.order(order);
        (found.status, found.attempt) == expected
    })
    .await;
    if crash.ends == PaymentStatus::Refunded {
        assert_eq!(app.refunded(order).await, Some(9000), "{what}");
    }
    let mut open = first_intent(order);
    open.insert("status", doc! { "$nin": ["succeeded", "cancelled"] });
    let open = app.intents().await.count_documents(open).await.expect("a count");
    assert_eq!(open, 0, "{what}, but the provider could still take money");
}

#[tokio::test]
async fn wherever_the_service_died_each_payment_settles_after_the_next_start() {
    let mut app = TestApp::start().await;
    let mut left = Vec::new();
    for crash in CRASHES {
        let (buyer, order) = app.buyer_with_order();
        assert_eq!(buyer.pay(order, SUCCEEDS).await.status, 200);
        left.push((buyer, order, crash));
    }
    app.stop().await;
    for (_, order, crash) in &left {
        leave_behind(&app, *order, crash).await;
    }
    app.resume().await;
    // Two look for what is left at the same time.
    let _second = app.replica().await;
    for (buyer, order, crash) in &left {
        settles(&app, buyer, *order, crash).await;
    }
    let paid = CRASHES.iter().filter(|crash| crash.ends != PaymentStatus::Failed).count() as u64;
    assert_eq!(app.charges().await, paid);
    assert!(payment::audit(app.config.clone(), app.clock.clone()).await.expect("an audit").is_empty());
}

#[tokio::test]
async fn what_the_buyer_was_not_told_before_a_crash_is_told_under_the_same_key() {
    let mut app = TestApp::start().await;
    let (buyer, order) = app.buyer_with_order();
    let request = crate::support::by_card(order, SUCCEEDS);
    let keyed = buyer.client.clone().with("idempotency-key", "a-key");
    assert_eq!(keyed.post("/api/payment/process", &request).await.status, 200);
    app.stop().await;
    let crash = crash("confirming", Some("succeeded"), PAYING, PaymentStatus::Completed);
    leave_behind(&app, order, &crash).await;
    app.resume().await;
    settles(&app, &buyer, order, &crash).await;
    let keyed = app.client().cookie(buyer.cookie()).with("idempotency-key", "a-key");
    assert_eq!(keyed.post("/api/payment/process", &request).await.status, 200);
    assert_eq!(app.charges().await, 1);
}
