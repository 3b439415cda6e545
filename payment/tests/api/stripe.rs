//! Paying by Stripe, against a stub that speaks its wire format.

use jiff::SignedDuration;
use payment::{
    IntentStatus, PaymentSource,
    provider::{AttemptKey, PaymentProvider, ProviderError, Stripe, signature},
};
use serde_json::{Value, json};
use shared::{
    Currency, Money, OrderId, Timestamp, UserId,
    payment::{Payment, PaymentStatus, Processed},
    server::Clock,
    testing::Answer,
    ticket::OrderStatus,
};

use crate::support::{
    Buyer, SUCCEEDS, TestApp, by_card,
    stripe::{Fault, StripeStub},
    ticket::Trouble,
    until,
};

async fn start() -> (TestApp, StripeStub) {
    let stub = StripeStub::start().await;
    (TestApp::start_with_stripe(Clock::system(), stub.config()).await, stub)
}

pub fn by_token(order: OrderId, token: &str) -> Value {
    json!({ "orderId": order, "paymentMethod": "credit_card", "paymentMethodToken": token })
}

async fn pay(buyer: &Buyer, order: OrderId, token: &str) -> Answer {
    buyer.client.post("/api/payment/process", &by_token(order, token)).await
}

#[tokio::test]
async fn a_token_pays_by_an_intent_that_is_confirmed_afterwards() {
    let (app, stub) = start().await;
    let (buyer, order) = app.buyer_with_order();
    let answer = pay(&buyer, order, "pm_card_visa").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let processed: Processed = answer.parse();
    assert_eq!(processed.transaction_id.as_deref(), Some("ch_0001"));
    assert_eq!(app.ticket.order(order).status, OrderStatus::Confirmed);

    let calls = stub.calls("");
    let [create, confirm] = calls.as_slice() else { panic!("two calls, not {calls:?}") };
    assert_eq!(
        (create.path.as_str(), create.key.as_deref()),
        ("payment_intents", Some(format!("{order}:1:create").as_str()))
    );
    assert_eq!((create.form["amount"].as_str(), create.form["currency"].as_str()), ("9000", "usd"));
    assert!(!create.form.contains_key("confirm") && !create.form.contains_key("payment_method"));
    assert_eq!(create.form["metadata[orderId]"], order.to_string());
    assert_eq!(
        (confirm.path.as_str(), confirm.key.as_deref()),
        ("payment_intents/pi_0001/confirm", Some(format!("{order}:1:confirm").as_str()))
    );
    assert_eq!(confirm.form["payment_method"], "pm_card_visa");
    assert_eq!(confirm.form["return_url"], format!("https://tickets.example/orders/{order}"));
}

#[tokio::test]
async fn a_declined_token_is_told_and_its_intent_is_cancelled() {
    let (app, stub) = start().await;
    let (buyer, order) = app.buyer_with_order();
    let declined = pay(&buyer, order, "pm_card_chargeDeclined").await;
    assert_eq!((declined.status, &declined.body["detail"]), (402, &json!("Your card was declined.")));
    assert_eq!(stub.intents()[0]["status"], "canceled");
    assert_eq!(app.ticket.order(order).status, OrderStatus::Held);
    let unknown = pay(&buyer, order, "pm_nonsense").await;
    assert_eq!(unknown.status, 402, "{}", unknown.body);
    assert_eq!(pay(&buyer, order, "pm_card_visa").await.status, 200);
    assert_eq!(stub.holds(), 9000);
}

#[tokio::test]
async fn each_provider_takes_what_is_its_own() {
    let (app, stub) = start().await;
    let (buyer, order) = app.buyer_with_order();
    for (request, pointer) in [
        (by_card(order, SUCCEEDS), "/card"),
        (json!({ "orderId": order, "paymentMethod": "credit_card" }), "/paymentMethodToken"),
        (by_token(order, ""), "/paymentMethodToken"),
        (by_token(order, "pm/../../refunds"), "/paymentMethodToken"),
    ] {
        let answer = buyer.client.post("/api/payment/process", &request).await;
        assert_eq!((answer.status, answer.bad_fields()), (422, vec![pointer]), "{}", answer.body);
    }
    assert!(stub.calls("").is_empty());

    let simulated = TestApp::start().await;
    let (buyer, order) = simulated.buyer_with_order();
    let answer = pay(&buyer, order, "pm_card_visa").await;
    assert_eq!((answer.status, answer.bad_fields()), (422, vec!["/paymentMethodToken"]));
}

#[tokio::test]
async fn a_bank_that_asks_is_waited_for_and_its_webhook_is_heard() {
    let (stub, clock) = (StripeStub::start().await, Clock::fixed(Timestamp::now()));
    let app = TestApp::start_with_stripe(clock, stub.config()).await;
    let (buyer, order) = app.buyer_with_order();
    let answer = pay(&buyer, order, "pm_card_authenticationRequired").await;
    assert_eq!((answer.status, &answer.body["nextAction"]["url"]), (202, &json!("https://bank.example/pi_0001")));
    let payment: Processed = answer.parse();
    let path = format!("/api/payment/challenge/{}", payment.payment_id);
    let ours = buyer.client.post(&path, &json!({ "approve": true })).await;
    assert_eq!(ours.status, 409, "the bank asks on a page of its own");

    stub.succeed("pi_0001");
    let object = json!({ "id": "pi_0001", "object": "payment_intent", "status": "succeeded" });
    let body = json!({ "id": "evt_1", "type": "payment_intent.succeeded", "data": { "object": object } }).to_string();
    let send = async |header: String| {
        let client = app.client();
        let request = client.request("POST".parse().expect("a method"), "/api/payment/webhooks/stripe");
        let request = request.header("stripe-signature", header).header("content-type", "application/json");
        client.send(request.body(body.clone())).await.status
    };
    assert_eq!(send(signature::sign(&"forged".into(), app.clock.now(), body.as_bytes())).await, 400);
    assert_eq!(send(signature::sign(&"whsec_test".into(), app.clock.now(), body.as_bytes())).await, 200);
    buyer.until_status(order, PaymentStatus::Completed).await;
}

#[tokio::test]
async fn nothing_that_is_lost_or_put_off_charges_twice() {
    for path in ["payment_intents", "confirm"] {
        for fault in [Fault::LosesAnswer, Fault::TooMany] {
            let (app, stub) = start().await;
            let (buyer, order) = app.buyer_with_order();
            stub.fault(path, fault);
            let answer = pay(&buyer, order, "pm_card_visa").await;
            assert_eq!(answer.status, 200, "{path} {fault:?}: {}", answer.body);
            assert_eq!((stub.holds(), stub.intents().len()), (9000, 1), "{path} {fault:?}");
        }
    }
}

#[tokio::test]
async fn while_stripe_makes_no_intent_the_order_waits_and_then_is_free_again() {
    let (app, stub) = start().await;
    let (buyer, order) = app.buyer_with_order();
    (0..100).for_each(|_| stub.fault("payment_intents", Fault::TooMany));
    let answer = pay(&buyer, order, "pm_card_visa").await;
    assert_eq!((answer.status, &answer.body["payment"]["status"]), (202, &json!("pending")), "{}", answer.body);
    stub.recover();
    buyer.until_status(order, PaymentStatus::Failed).await;
    assert_eq!(app.ticket.order(order).status, OrderStatus::Held);
    assert_eq!(pay(&buyer, order, "pm_card_visa").await.status, 200);
    assert_eq!(stub.holds(), 9000);
}

#[tokio::test]
async fn money_goes_back_once_whatever_is_lost() {
    for fault in [None, Some(Fault::LosesAnswer), Some(Fault::TooMany), Some(Fault::ForgetsKey)] {
        let (app, stub) = start().await;
        let (buyer, order) = app.buyer_with_order();
        assert_eq!(pay(&buyer, order, "pm_card_visa").await.status, 200);
        if let Some(fault) = fault {
            stub.fault("refunds", fault);
        }
        app.ticket.wants_refund(order);
        buyer.until_status(order, PaymentStatus::Refunded).await;
        until("ticket knows", async || app.ticket.order(order).status == OrderStatus::Refunded).await;
        assert_eq!(
            (stub.holds(), stub.calls("refunds")[0].key.as_deref()),
            (0, Some(format!("{order}:1:refund").as_str()))
        );
    }
}

#[tokio::test]
async fn a_payment_older_than_its_deadline_is_cancelled_at_stripe_unless_it_was_paid() {
    for paid in [true, false] {
        let (stub, clock) = (StripeStub::start().await, Clock::fixed(Timestamp::now()));
        let app = TestApp::start_with_stripe(clock.clone(), stub.config()).await;
        let (buyer, order) = app.buyer_with_order();
        assert_eq!(pay(&buyer, order, "pm_card_authenticationRequired").await.status, 202);
        if paid {
            stub.succeed("pi_0001");
        }
        clock.advance(SignedDuration::from_secs(400));
        let ends = if paid { PaymentStatus::Completed } else { PaymentStatus::Failed };
        buyer.until_status(order, ends).await;
        let payment: Payment = buyer.status(order).await.parse();
        assert_eq!((payment.status, stub.holds()), (ends, if paid { 9000 } else { 0 }));
    }
}

#[tokio::test]
async fn stripe_decides_confirm_against_cancel() {
    let stub = StripeStub::start().await;
    let provider = Stripe::new(stub.config()).expect("TLS");
    let key = |attempt| AttemptKey { order_id: OrderId::new(), attempt, buyer: UserId::new() };
    let (first, second) = (key(1), key(2));
    let amount = Money::new(4500, Currency::EUR);
    let source = PaymentSource::Token("pm_card_visa".into());
    let paid = provider.create_intent(first, amount).await.expect("an intent");
    assert_eq!(paid.status, IntentStatus::RequiresConfirmation);
    assert_eq!(provider.create_intent(first, amount).await.expect("the same"), paid);
    provider.confirm(first, &paid.id, amount, &source).await.expect("paid");
    let late = provider.cancel(first, &paid.id).await.expect("an answer");
    assert_eq!((late.status, late.balance.captured), (IntentStatus::Succeeded, 4500));

    let cancelled = provider.create_intent(second, amount).await.expect("an intent").id;
    assert_eq!(provider.cancel(second, &cancelled).await.expect("an answer").status, IntentStatus::Cancelled);
    let late = provider.confirm(second, &cancelled, amount, &source).await.expect("an answer");
    assert_eq!(late.status, IntentStatus::Cancelled);
    assert!(matches!(provider.retrieve("pi_none").await, Err(ProviderError::Permanent(_))));

    let gone = Stripe::new(payment::provider::StripeConfig { api_base: "http://127.0.0.1:1".into(), ..stub.config() });
    let answer = gone.expect("TLS").create_intent(first, amount).await;
    assert!(matches!(answer, Err(ProviderError::Retryable(_))), "{answer:?}");
}

#[tokio::test]
async fn the_books_of_stripe_are_compared() {
    let (app, stub) = start().await;
    let mut orders = Vec::new();
    for token in ["pm_card_visa", "pm_card_chargeDeclined", "pm_card_visa", "pm_card_visa", "pm_card_visa"] {
        let (buyer, order) = app.buyer_with_order();
        pay(&buyer, order, token).await;
        orders.push((buyer, order));
    }
    app.ticket.wants_refund(orders[2].1);
    orders[2].0.until_status(orders[2].1, PaymentStatus::Refunded).await;
    let audit = async || payment::audit(app.config.clone(), app.clock.clone()).await.expect("an audit");
    assert_eq!(audit().await, Vec::<String>::new());
    stub.succeed("pi_0002");
    let theirs = app.payments().await.delete_one(bson::doc! { "orderId": orders[0].1 }).await;
    assert_eq!(theirs.expect("a deletion").deleted_count, 1);
    let found = audit().await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().any(|line| line.contains("is voided; the provider took 9000") && line.contains("pi_0002")));
    assert!(found.iter().any(|line| line.contains("no payment is known") && line.contains("pi_0001")));
}

#[tokio::test]
async fn a_paid_order_that_ticket_lost_is_paid_back_by_stripe() {
    let (app, stub) = start().await;
    let (buyer, order) = app.buyer_with_order();
    app.ticket.trouble_with(Trouble::Down, OrderStatus::Confirmed);
    assert_eq!(pay(&buyer, order, "pm_card_visa").await.status, 202);
    app.ticket.lose(order);
    app.ticket.recover();
    buyer.until_status(order, PaymentStatus::Refunded).await;
    assert_eq!(stub.holds(), 0);
}
