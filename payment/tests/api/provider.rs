//! The simulated provider keeps what every provider must: each attempt once, and confirm against cancel decided once.

use payment::{
    IntentStatus, PaymentSource,
    provider::{AttemptKey, PaymentProvider, ProviderError, Simulated},
};
use shared::{Currency, Money, OrderId, UserId, server::Clock, testing::database_uri};

const AMOUNT: Money = Money::new(4500, Currency::USD);

async fn provider() -> Simulated {
    let client = mongodb::Client::with_uri_str(database_uri()).await.expect("a client");
    Simulated::of(&client.default_database().expect("a database"), Clock::system())
}

fn key() -> AttemptKey {
    AttemptKey { order_id: OrderId::new(), attempt: 1, buyer: UserId::new() }
}

#[tokio::test]
async fn an_attempt_has_one_intent_whose_name_its_key_tells() {
    let (provider, key) = (provider().await, key());
    let first = provider.create_intent(key, AMOUNT).await.expect("an intent");
    assert_eq!(first.status, IntentStatus::RequiresConfirmation);
    assert_eq!(provider.create_intent(key, AMOUNT).await.expect("an intent"), first);
    assert_eq!(provider.intent_name(key).as_ref(), Some(&first.id));
    assert_eq!(provider.retrieve(&first.id).await.expect("an intent"), first);
    let next = AttemptKey { attempt: 2, ..key };
    assert_ne!(provider.create_intent(next, AMOUNT).await.expect("an intent").id, first.id);
    let strangers = AttemptKey { buyer: UserId::new(), ..key };
    assert_ne!(provider.create_intent(strangers, AMOUNT).await.expect("an intent").id, first.id);

    let paid = provider.confirm(key, &first.id, AMOUNT, &PaymentSource::Paypal).await.expect("an answer");
    assert_eq!(provider.retrieve(&first.id).await.expect("an intent"), paid);
    let other_amount = provider.confirm(key, &first.id, Money::new(1, Currency::USD), &PaymentSource::Paypal).await;
    assert!(matches!(other_amount, Err(ProviderError::Permanent(_))));
}

#[tokio::test]
async fn what_is_cancelled_before_it_is_confirmed_takes_no_money_any_more() {
    let (provider, key) = (provider().await, key());
    let intent = provider.intent_name(key).expect("a name");
    let cancelled = provider.cancel(key, &intent).await.expect("an answer");
    assert_eq!(cancelled.status, IntentStatus::Cancelled);
    let late = provider.confirm(key, &intent, AMOUNT, &PaymentSource::Paypal).await.expect("an answer");
    assert_eq!(late, cancelled);
}

/// As releases before stored it, an intent that nobody has decided is a document.
#[tokio::test]
async fn an_intent_that_was_stored_before_it_was_decided_is_decided_once() {
    let client = mongodb::Client::with_uri_str(database_uri()).await.expect("a client");
    let database = client.default_database().expect("a database");
    let (provider, intents) = (Simulated::of(&database, Clock::system()), database.collection("provider_intents"));
    for confirmed in [true, false] {
        let key = key();
        let intent = provider.intent_name(key).expect("a name");
        let stored = bson::doc! {
            "_id": &intent, "amount": { "amount": 4500_i64, "currency": "USD" }, "status": "requires_confirmation",
            "declineReason": null, "transactionId": null, "refunded": null, "createdAt": bson::DateTime::now(),
            "updatedAt": bson::DateTime::now(), "revision": 0_i64,
        };
        intents.insert_one(stored).await.expect("inserted");
        let confirm = || provider.confirm(key, &intent, AMOUNT, &PaymentSource::Paypal);
        let first = if confirmed { confirm().await } else { provider.cancel(key, &intent).await };
        let expected = if confirmed { IntentStatus::Succeeded } else { IntentStatus::Cancelled };
        assert_eq!(first.as_ref().map(|intent| intent.status).ok(), Some(expected));
        assert_eq!(confirm().await.expect("an answer"), first.expect("an answer"));
    }
}

#[tokio::test]
async fn confirm_against_cancel_is_decided_once() {
    let provider = provider().await;
    for _ in 0..50 {
        let key = key();
        let intent = provider.create_intent(key, AMOUNT).await.expect("an intent").id;
        let (confirmed, cancelled) =
            tokio::join!(provider.confirm(key, &intent, AMOUNT, &PaymentSource::Paypal), provider.cancel(key, &intent));
        let (confirmed, cancelled) = (confirmed.expect("an answer"), cancelled.expect("an answer"));
        assert_eq!(confirmed, cancelled);
        assert!(matches!(confirmed.status, IntentStatus::Succeeded | IntentStatus::Cancelled));
        assert_eq!(provider.retrieve(&intent).await.expect("an answer"), confirmed);
        let again = provider.confirm(key, &intent, AMOUNT, &PaymentSource::Paypal).await.expect("an answer");
        assert_eq!(again, confirmed);
    }
}

#[tokio::test]
async fn only_money_that_was_taken_is_given_back_and_once() {
    let (provider, key) = (provider().await, key());
    let intent = provider.create_intent(key, AMOUNT).await.expect("an intent").id;
    let early = provider.refund(key, &intent, AMOUNT).await;
    assert!(matches!(early, Err(ProviderError::Permanent(_))));
    provider.confirm(key, &intent, AMOUNT, &PaymentSource::BankTransfer).await.expect("an answer");
    let too_much = provider.refund(key, &intent, Money::new(4501, Currency::USD)).await;
    assert!(matches!(too_much, Err(ProviderError::Permanent(_))));
    let refund = provider.refund(key, &intent, AMOUNT).await.expect("a refund");
    assert_eq!(provider.refund(key, &intent, AMOUNT).await.expect("the same refund"), refund);
    let more = provider.refund(key, &intent, Money::new(1, Currency::USD)).await;
    assert!(matches!(more, Err(ProviderError::Permanent(_))));
}

#[tokio::test]
async fn an_intent_that_does_not_exist_is_not_made_up() {
    let provider = provider().await;
    assert!(matches!(provider.retrieve("sim_nothing").await, Err(ProviderError::Permanent(_))));
    assert!(matches!(provider.cancel(key(), "sim_nothing").await, Err(ProviderError::Permanent(_))));
    let other_spelling = provider.intent_name(key()).expect("a name").replace(":1:", ":01:");
    assert!(matches!(provider.retrieve(&other_spelling).await, Err(ProviderError::Permanent(_))));
}
