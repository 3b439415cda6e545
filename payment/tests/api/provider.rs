//! The simulated provider keeps what every provider must: each attempt once, and confirm against cancel decided once.

use payment::{
    IntentStatus, PaymentSource,
    provider::{AttemptKey, PaymentProvider, ProviderError, Simulated},
};
use shared::{Currency, Money, OrderId, server::Clock, testing::database_uri};

const AMOUNT: Money = Money::new(4500, Currency::USD);

async fn provider() -> Simulated {
    let client = mongodb::Client::with_uri_str(database_uri()).await.expect("a client");
    Simulated::of(&client.default_database().expect("a database"), Clock::system())
}

fn key() -> AttemptKey {
    AttemptKey { order_id: OrderId::new(), attempt: 1 }
}

#[tokio::test]
async fn an_intent_is_created_once_for_an_attempt() {
    let (provider, key) = (provider().await, key());
    let first = provider.create_intent(key, AMOUNT).await.expect("an intent");
    assert_eq!(first.status, IntentStatus::RequiresConfirmation);
    assert_eq!(provider.create_intent(key, AMOUNT).await.expect("an intent"), first);
    let other_amount = provider.create_intent(key, Money::new(1, Currency::USD)).await;
    assert!(matches!(other_amount, Err(ProviderError::Permanent(_))));
    let next = AttemptKey { attempt: 2, ..key };
    assert_ne!(provider.create_intent(next, AMOUNT).await.expect("an intent").id, first.id);
}

#[tokio::test]
async fn confirm_against_cancel_is_decided_once() {
    let provider = provider().await;
    for _ in 0..50 {
        let key = key();
        let intent = provider.create_intent(key, AMOUNT).await.expect("an intent").id;
        let (confirmed, cancelled) =
            tokio::join!(provider.confirm(key, &intent, &PaymentSource::Paypal), provider.cancel(key, &intent));
        let (confirmed, cancelled) = (confirmed.expect("an answer"), cancelled.expect("an answer"));
        assert_eq!(confirmed, cancelled);
        assert!(matches!(confirmed.status, IntentStatus::Succeeded | IntentStatus::Cancelled));
        assert_eq!(provider.retrieve(&intent).await.expect("an answer"), confirmed);
        let again = provider.confirm(key, &intent, &PaymentSource::Paypal).await.expect("an answer");
        assert_eq!(again, confirmed);
    }
}

#[tokio::test]
async fn only_money_that_was_taken_is_given_back_and_once() {
    let (provider, key) = (provider().await, key());
    let intent = provider.create_intent(key, AMOUNT).await.expect("an intent").id;
    let early = provider.refund(key, &intent, AMOUNT).await;
    assert!(matches!(early, Err(ProviderError::Permanent(_))));
    provider.confirm(key, &intent, &PaymentSource::BankTransfer).await.expect("an answer");
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
}
