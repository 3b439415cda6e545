//! A provider that moves no money: the number of the card decides the outcome, always the same.
//!
//! Its store stands for the provider's own: it outlives the service, and whether an intent is confirmed or cancelled is
//! decided in it, once, by a compare-and-set on the intent's status.

mod cards;
mod webhooks;

use std::sync::Arc;

use async_trait::async_trait;
use bson::{Bson, DateTime, doc};
use cards::Outcome;
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use mongodb::{Collection, Database, IndexModel, error::Error};
use quick_cache::sync::Cache;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use shared::{
    Money, OrderId,
    server::{Clock, GroupCommit, Written, mongo},
};
use webhooks::Outbox;
pub use webhooks::{Mischief, Sender, Switch, WebhookConfig};

use super::{AttemptKey, BadSignature, Intent, PaymentProvider, ProviderError, ProviderEvent, Refund, signature};
use crate::domain::{attempt::IntentStatus, ledger::Balance, request::PaymentSource};

/// How long a slow card takes.
const SLOW: SignedDuration = SignedDuration::from_secs(4);
/// How many intents one page of the books has.
const PAGE: i64 = 200;
/// How many new intents are remembered.
const RECENT: usize = 4096;

/// The provider's record of an intent. Nothing of a card is in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntentDocument {
    /// Made from the attempt's key: that is what makes creating it twice the same intent.
    #[serde(rename = "_id")]
    id: String,
    amount: Money,
    status: IntentStatus,
    decline_reason: Option<String>,
    transaction_id: Option<String>,
    #[serde(default)]
    next_action: Option<String>,
    /// When a slow card's money moves.
    #[serde(default)]
    captures_at: Option<DateTime>,
    refunded: Option<Money>,
    created_at: DateTime,
    updated_at: DateTime,
    /// Counts the changes.
    revision: i64,
}

impl IntentDocument {
    fn key(&self) -> &str {
        self.id.trim_start_matches("sim_")
    }
}

impl From<IntentDocument> for Intent {
    fn from(document: IntentDocument) -> Self {
        let captured = if document.status == IntentStatus::Succeeded { document.amount.amount } else { 0 };
        let balance = Balance { captured, refunded: document.refunded.map_or(0, |money| money.amount) };
        let IntentDocument { id, status, decline_reason, transaction_id, next_action, .. } = document;
        let next_action = next_action.filter(|_| status == IntentStatus::RequiresAction);
        Self { id, status, decline_reason, transaction_id, next_action, balance }
    }
}

impl From<Error> for ProviderError {
    /// A write may have happened though its answer is an error.
    fn from(error: Error) -> Self {
        Self::Unknown(error.to_string())
    }
}

/// The simulated provider.
#[derive(Clone, Debug)]
pub struct Simulated {
    intents: Collection<IntentDocument>,
    writes: GroupCommit<IntentDocument>,
    /// New intents, until they are changed: most are confirmed as soon as they are made, and need not be read before.
    recent: Arc<Cache<String, IntentDocument>>,
    clock: Clock,
    outbox: Option<Outbox>,
    /// What its webhooks are signed with; without it none is believed.
    secret: Option<SecretString>,
}

fn missing(intent: &str) -> ProviderError {
    ProviderError::Permanent(format!("there is no intent {intent}"))
}

impl Simulated {
    /// With its store in `database`. It sends no webhooks.
    pub fn of(database: &Database, clock: Clock) -> Self {
        let intents = database.collection("provider_intents");
        let recent = Arc::new(Cache::new(RECENT));
        Self { writes: GroupCommit::start(database, &intents), intents, recent, clock, outbox: None, secret: None }
    }

    /// The same with webhooks.
    #[must_use]
    pub fn with_webhooks(mut self, database: &Database, config: &WebhookConfig) -> Self {
        self.secret.clone_from(&config.secret);
        self.outbox = config.send.map(|mischief| Outbox::of(database, mischief, self.clock.clone()));
        self
    }

    /// Makes the indexes of its store.
    pub async fn ensure_indexes(database: &Database) -> Result<(), Error> {
        let intents = database.collection::<IntentDocument>("provider_intents");
        intents.create_index(IndexModel::builder().keys(doc! { "createdAt": 1 }).build()).await.map(drop)
    }

    /// What sends its webhooks, where it has any.
    pub fn sender(&self, config: &WebhookConfig) -> Result<Option<Sender>, reqwest::Error> {
        let parts = self.outbox.clone().zip(self.secret.clone());
        parts.map(|(outbox, secret)| Sender::new(self.clone(), outbox, secret, &config.url)).transpose()
    }

    async fn find(&self, intent: &str) -> Result<IntentDocument, ProviderError> {
        let found = self.intents.find_one(doc! { "_id": intent }).await?.ok_or_else(|| missing(intent))?;
        let due = found.captures_at.is_some_and(|at| at <= self.clock.now().into());
        if found.status != IntentStatus::Processing || !due {
            return Ok(found);
        }
        let done = self.change(intent, &[IntentStatus::Processing], Change::Succeed).await?;
        done.ok_or_else(|| ProviderError::Unknown(format!("{intent} has changed meanwhile")))
    }

    /// Lets slow cards come to their end; else they do so when they are looked at.
    async fn finish_slow(&self) -> Result<(), ProviderError> {
        let now = DateTime::from(self.clock.now());
        let due = doc! { "status": IntentStatus::Processing.as_str(), "capturesAt": { "$lte": now } };
        let due: Vec<IntentDocument> = self.intents.find(due).limit(PAGE).await?.try_collect().await?;
        for intent in due {
            self.find(&intent.id).await?;
        }
        Ok(())
    }

    /// Changes the intent if it is in one of the states `from`.
    async fn change(
        &self,
        intent: &str,
        from: &[IntentStatus],
        change: Change,
    ) -> Result<Option<IntentDocument>, ProviderError> {
        // What is remembered may be out of date: it is only changed where it stands as it was written.
        let mut remembered =
            self.recent.remove(intent).map(|(_, found)| found).filter(|found| from.contains(&found.status));
        loop {
            let found = match remembered.take() {
                Some(found) => Some(found),
                None => self.intents.find_one(doc! { "_id": intent }).await?,
            };
            let Some(mut document) = found.filter(|found| from.contains(&found.status)) else { return Ok(None) };
            let unchanged = doc! { "_id": intent, "revision": document.revision };
            change.apply(&mut document);
            document.updated_at = self.clock.now().into();
            document.revision += 1;
            if self.writes.replace(intent, unchanged, &document).await? != Written::Done {
                continue;
            }
            if let Some(outbox) = &self.outbox {
                outbox.put(&document.id, &format!("payment_intent.{}", event_word(document.status))).await?;
            }
            return Ok(Some(document));
        }
    }

    /// The same; says how the intent stands afterwards.
    async fn decide(&self, intent: &str, from: &[IntentStatus], change: Change) -> Result<Intent, ProviderError> {
        match self.change(intent, from, change).await? {
            Some(decided) => Ok(decided.into()),
            None => self.find(intent).await.map(Intent::from),
        }
    }
}

/// What becomes of an intent.
#[derive(Clone, Copy, Debug)]
enum Change {
    Succeed,
    Decline(&'static str),
    AskBuyer(OrderId),
    /// The money moves at this time.
    Process(DateTime),
    Cancel,
}

impl Change {
    fn apply(self, intent: &mut IntentDocument) {
        intent.status = match self {
            Self::Succeed => {
                intent.transaction_id = Some(format!("txn_{}", intent.key()));
                intent.decline_reason = None;
                IntentStatus::Succeeded
            }
            Self::Decline(reason) => {
                intent.decline_reason = Some(reason.to_owned());
                IntentStatus::RequiresPaymentMethod
            }
            Self::AskBuyer(order) => {
                intent.next_action = Some(format!("/orders/{order}/challenge"));
                IntentStatus::RequiresAction
            }
            Self::Process(captures_at) => {
                intent.captures_at = Some(captures_at);
                IntentStatus::Processing
            }
            Self::Cancel => IntentStatus::Cancelled,
        };
    }
}

const fn event_word(status: IntentStatus) -> &'static str {
    match status {
        IntentStatus::RequiresPaymentMethod => "payment_failed",
        IntentStatus::Cancelled => "canceled",
        other => other.as_str(),
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
            next_action: None,
            captures_at: None,
            refunded: None,
            created_at: now,
            updated_at: now,
            revision: 0,
        };
        if self.writes.insert(intent.id.as_str(), &intent).await? == Written::Done {
            self.recent.insert(intent.id.clone(), intent.clone());
            return Ok(intent.into());
        }
        let existing = self.find(&intent.id).await?;
        if existing.amount != amount {
            return Err(ProviderError::Permanent(format!("{key} was for another amount")));
        }
        Ok(existing.into())
    }

    async fn confirm(&self, key: AttemptKey, intent: &str, source: &PaymentSource) -> Result<Intent, ProviderError> {
        let outcome = cards::outcome(source);
        let change = match outcome {
            Outcome::Paid | Outcome::AnswerLost => Change::Succeed,
            Outcome::Declined(reason) => Change::Decline(reason),
            Outcome::AsksBuyer => Change::AskBuyer(key.order_id),
            Outcome::Slow => {
                Change::Process(self.clock.now().saturating_add(SLOW).map_or(DateTime::MAX, DateTime::from))
            }
        };
        let decided = self.decide(intent, &[IntentStatus::RequiresConfirmation], change).await?;
        match outcome {
            Outcome::AnswerLost => Err(ProviderError::Unknown("this card loses the answer".to_owned())),
            _ => Ok(decided),
        }
    }

    async fn cancel(&self, _: AttemptKey, intent: &str) -> Result<Intent, ProviderError> {
        let open =
            [IntentStatus::RequiresConfirmation, IntentStatus::RequiresAction, IntentStatus::RequiresPaymentMethod];
        self.decide(intent, &open, Change::Cancel).await
    }

    async fn retrieve(&self, intent: &str) -> Result<Intent, ProviderError> {
        self.find(intent).await.map(Intent::from)
    }

    async fn retrieve_all(&self, intents: &[String]) -> Result<Vec<Intent>, ProviderError> {
        let found = self.intents.find(doc! { "_id": { "$in": intents } }).await?;
        Ok(found.map_ok(Intent::from).try_collect().await?)
    }

    async fn refund(&self, key: AttemptKey, intent: &str, amount: Money) -> Result<Refund, ProviderError> {
        let captured = self.find(intent).await?;
        let fits = captured.amount.currency == amount.currency && (1..=captured.amount.amount).contains(&amount.amount);
        if captured.status != IntentStatus::Succeeded || !fits {
            return Err(ProviderError::Permanent(format!("{key} holds no such money")));
        }
        let once = doc! { "_id": intent, "refunded": null };
        let refunded = doc! { "$set": { "refunded": mongo::to_bson(&amount)? }, "$inc": { "revision": 1_i64 } };
        let done = self.intents.update_one(once, refunded).await?;
        if let Some(outbox) = self.outbox.as_ref().filter(|_| done.modified_count == 1) {
            outbox.put(intent, "charge.refunded").await?;
        }
        match self.find(intent).await?.refunded {
            Some(refunded) if refunded == amount => Ok(Refund { id: format!("re_{key}"), amount }),
            _ => Err(ProviderError::Permanent(format!("{key} was refunded another amount"))),
        }
    }

    async fn challenge(&self, intent: &str, approve: bool) -> Result<Intent, ProviderError> {
        let refused = Change::Decline("The bank was told not to approve the payment.");
        let change = if approve { Change::Succeed } else { refused };
        self.decide(intent, &[IntentStatus::RequiresAction], change).await
    }

    fn signature_header(&self) -> &'static str {
        "ticketer-signature"
    }

    fn verify_webhook(&self, header: &str, body: &[u8], now: Timestamp) -> Result<ProviderEvent, BadSignature> {
        let secret = self.secret.as_ref().ok_or(BadSignature::Forged)?;
        signature::verify(secret, header, body, now)?;
        ProviderEvent::parse(body)
    }

    async fn captured(&self, since: Timestamp, after: Option<&str>) -> Result<Vec<Intent>, ProviderError> {
        let mut filter = doc! {
            "status": IntentStatus::Succeeded.as_str(),
            "createdAt": { "$gte": Bson::from(DateTime::from(since)) },
        };
        if let Some(after) = after {
            filter.insert("_id", doc! { "$gt": after });
        }
        let found = self.intents.find(filter).sort(doc! { "_id": 1 }).limit(PAGE).await?;
        Ok(found.map_ok(Intent::from).try_collect().await?)
    }
}
