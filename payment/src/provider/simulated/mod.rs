//! A provider that moves no money: the number of the card decides the outcome, always the same.
//!
//! Its store stands for the provider's own: it outlives the service, and whether an intent is confirmed or cancelled is
//! decided in it, once, by a compare-and-set on the intent's status.

use async_trait::async_trait;
use bson::{DateTime, Document, doc};
use mongodb::{Collection, Database, options::ReturnDocument};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use shared::{
    Money,
    server::{Clock, mongo},
};

use super::{AttemptKey, Intent, PaymentProvider, ProviderError, Refund};
use crate::domain::{attempt::IntentStatus, request::PaymentSource};

/// The provider's record of an intent. Nothing of a card is in it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntentDocument {
    /// Made from the attempt's key: that is what makes creating it twice the same intent.
    #[serde(rename = "_id")]
    id: String,
    amount: Money,
    status: IntentStatus,
    decline_reason: Option<String>,
    transaction_id: Option<String>,
    refunded: Option<Money>,
    created_at: DateTime,
    updated_at: DateTime,
}

impl From<IntentDocument> for Intent {
    fn from(document: IntentDocument) -> Self {
        let IntentDocument { id, status, decline_reason, transaction_id, .. } = document;
        Self { id, status, decline_reason, transaction_id }
    }
}

impl From<mongodb::error::Error> for ProviderError {
    /// A write may have happened though its answer is an error.
    fn from(error: mongodb::error::Error) -> Self {
        Self::Unknown(error.to_string())
    }
}

/// The simulated provider.
#[derive(Clone, Debug)]
pub struct Simulated {
    intents: Collection<IntentDocument>,
    clock: Clock,
}

/// Why the card is declined, if it is.
fn decline(source: &PaymentSource) -> Option<&'static str> {
    let PaymentSource::Card(card) = source else { return None };
    match card.number.expose_secret() {
        "4242424242424242" | "5555555555554444" | "378282246310005" => None,
        "4000000000000002" => Some("Your card was declined."),
        "4000000000009995" => Some("Your card has insufficient funds."),
        "4000000000000069" => Some("Your card has expired."),
        _ => Some("Unknown test card."),
    }
}

fn missing(intent: &str) -> ProviderError {
    ProviderError::Permanent(format!("there is no intent {intent}"))
}

impl Simulated {
    /// With its store in `database`.
    pub fn of(database: &Database, clock: Clock) -> Self {
        Self { intents: database.collection("provider_intents"), clock }
    }

    async fn find(&self, intent: &str) -> Result<IntentDocument, ProviderError> {
        self.intents.find_one(doc! { "_id": intent }).await?.ok_or_else(|| missing(intent))
    }

    /// Changes the intent if it is in one of the states `from`; says how it stands afterwards.
    async fn decide(&self, intent: &str, from: &[IntentStatus], mut change: Document) -> Result<Intent, ProviderError> {
        let from: Vec<_> = from.iter().map(|status| status.as_str()).collect();
        change.insert("updatedAt", DateTime::from(self.clock.now()));
        let decided = self
            .intents
            .find_one_and_update(doc! { "_id": intent, "status": { "$in": from } }, doc! { "$set": change })
            .return_document(ReturnDocument::After)
            .await?;
        match decided {
            Some(decided) => Ok(decided.into()),
            None => self.find(intent).await.map(Intent::from),
        }
    }
}

#[async_trait]
impl PaymentProvider for Simulated {
    fn name(&self) -> &'static str {
        "simulated"
    }

    async fn create_intent(&self, key: AttemptKey, amount: Money) -> Result<Intent, ProviderError> {
        let now = self.clock.now().into();
        let intent = IntentDocument {
            id: format!("sim_{key}"),
            amount,
            status: IntentStatus::RequiresConfirmation,
            decline_reason: None,
            transaction_id: None,
            refunded: None,
            created_at: now,
            updated_at: now,
        };
        match self.intents.insert_one(&intent).await {
            Ok(_) => Ok(intent.into()),
            Err(error) if mongo::is_duplicate_key(&error) => {
                let existing = self.find(&intent.id).await?;
                if existing.amount != amount {
                    return Err(ProviderError::Permanent(format!("{key} was for another amount")));
                }
                Ok(existing.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn confirm(&self, key: AttemptKey, intent: &str, source: &PaymentSource) -> Result<Intent, ProviderError> {
        let change = match decline(source) {
            None => doc! {
                "status": IntentStatus::Succeeded.as_str(),
                "transactionId": format!("txn_{key}"),
                "declineReason": null,
            },
            Some(reason) => doc! {
                "status": IntentStatus::RequiresPaymentMethod.as_str(),
                "declineReason": reason,
            },
        };
        self.decide(intent, &[IntentStatus::RequiresConfirmation], change).await
    }

    async fn cancel(&self, _: AttemptKey, intent: &str) -> Result<Intent, ProviderError> {
        let open = [IntentStatus::RequiresConfirmation, IntentStatus::RequiresPaymentMethod];
        self.decide(intent, &open, doc! { "status": IntentStatus::Cancelled.as_str() }).await
    }

    async fn retrieve(&self, intent: &str) -> Result<Intent, ProviderError> {
        self.find(intent).await.map(Intent::from)
    }

    async fn refund(&self, key: AttemptKey, intent: &str, amount: Money) -> Result<Refund, ProviderError> {
        let captured = self.find(intent).await?;
        let fits = captured.amount.currency == amount.currency && (1..=captured.amount.amount).contains(&amount.amount);
        if captured.status != IntentStatus::Succeeded || !fits {
            return Err(ProviderError::Permanent(format!("{key} holds no such money")));
        }
        let once = doc! { "_id": intent, "refunded": null };
        self.intents.update_one(once, doc! { "$set": { "refunded": mongo::to_bson(&amount)? } }).await?;
        match self.find(intent).await?.refunded {
            Some(refunded) if refunded == amount => Ok(Refund { id: format!("re_{key}"), amount }),
            _ => Err(ProviderError::Permanent(format!("{key} was refunded another amount"))),
        }
    }
}
