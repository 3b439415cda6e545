//! A provider that moves no money: the number of the card decides the outcome, always the same.
//!
//! Its store stands for the provider's own: it outlives the service, and whether an intent is confirmed or cancelled is
//! decided in it, once. An intent's name is made from the attempt's key, so it says all that there is to say of an intent
//! that nobody has confirmed or cancelled, and only what was decided is stored: the first decision is the one that is
//! inserted, and each later one a compare-and-set.

mod cards;
mod intent;
mod webhooks;

use std::ops::RangeInclusive;

use async_trait::async_trait;
use bson::{DateTime, doc};
use cards::Outcome;
use futures::TryStreamExt;
use intent::{Change, IntentDocument, event_word, is_name, name};
use jiff::{SignedDuration, Timestamp};
use mongodb::{Collection, Database, IndexModel, error::Error, options::IndexOptions};
use secrecy::SecretString;
use shared::{
    Money,
    server::{Clock, GroupCommit, Written, mongo},
};
use webhooks::Outbox;
pub use webhooks::{Mischief, Sender, Switch, WebhookConfig};

use super::{AttemptKey, BadSignature, Intent, PaymentProvider, ProviderError, ProviderEvent, Refund, signature};
use crate::domain::{attempt::IntentStatus, request::PaymentSource};

/// How long a slow card takes.
const SLOW: SignedDuration = SignedDuration::from_secs(4);
/// How many intents one page of the books has.
const PAGE: i64 = 200;
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
        Self { writes: GroupCommit::start(database, &intents), intents, clock, outbox: None, secret: None }
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
        let slow = IndexOptions::builder()
            .partial_filter_expression(doc! { "status": IntentStatus::Processing.as_str() })
            .build();
        let indexes = [
            IndexModel::builder().keys(doc! { "createdAt": 1 }).build(),
            IndexModel::builder().keys(doc! { "capturesAt": 1 }).options(slow).build(),
        ];
        intents.create_indexes(indexes).await.map(drop)
    }

    /// What sends its webhooks, where it has any.
    pub fn sender(&self, config: &WebhookConfig) -> Result<Option<Sender>, reqwest::Error> {
        let parts = self.outbox.clone().zip(self.secret.clone());
        parts.map(|(outbox, secret)| Sender::new(self.clone(), outbox, secret, &config.url)).transpose()
    }

    /// The intent, where something of it was decided.
    async fn decided(&self, intent: &str) -> Result<Option<IntentDocument>, ProviderError> {
        let Some(found) = self.intents.find_one(doc! { "_id": intent }).await? else { return Ok(None) };
        let due = found.captures_at.is_some_and(|at| at <= self.clock.now().into());
        if found.status != IntentStatus::Processing || !due {
            return Ok(Some(found));
        }
        let done = self.change(intent, &[IntentStatus::Processing], Change::Succeed).await?;
        done.ok_or_else(|| ProviderError::Unknown(format!("{intent} has changed meanwhile"))).map(Some)
    }

    /// The intent as it stands.
    async fn find(&self, intent: &str) -> Result<IntentDocument, ProviderError> {
        match self.decided(intent).await? {
            Some(decided) => Ok(decided),
            None => self.undecided(intent, None),
        }
    }

    /// The intent that nobody has decided, if it is one by its name.
    fn undecided(&self, intent: &str, amount: Option<Money>) -> Result<IntentDocument, ProviderError> {
        if !is_name(intent) {
            return Err(missing(intent));
        }
        Ok(IntentDocument::undecided(intent, amount, self.clock.now().into()))
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
        loop {
            let found = self.intents.find_one(doc! { "_id": intent }).await?;
            let Some(mut document) = found.filter(|found| from.contains(&found.status)) else { return Ok(None) };
            let revision = document.revision;
            change.apply(&mut document);
            document.updated_at = self.clock.now().into();
            document.revision += 1;
            if self.writes.replace(revision, &document).await? == Written::Done {
                self.tell(&document).await?;
                return Ok(Some(document));
            }
        }
    }

    /// Lets a webhook tell of it.
    async fn tell(&self, changed: &IntentDocument) -> Result<(), ProviderError> {
        if let Some(outbox) = &self.outbox {
            outbox.put(&changed.id, &format!("payment_intent.{}", event_word(changed.status))).await?;
        }
        Ok(())
    }

    /// Decides an intent that nobody has decided; says how it stands afterwards. Older releases stored intents before they
    /// were decided, so one that is stored may be `open` still.
    async fn decide_first(
        &self,
        mut intent: IntentDocument,
        open: &[IntentStatus],
        change: Change,
    ) -> Result<Intent, ProviderError> {
        change.apply(&mut intent);
        if self.writes.insert(&intent).await? != Written::Done {
            let asked = intent.amount;
            let decided = self.decided(&intent.id).await?.and_then(|decided| decided.amount);
            if asked.zip(decided).is_some_and(|(asked, decided)| asked != decided) {
                return Err(ProviderError::Permanent(format!("{} is over another amount", intent.id)));
            }
            return self.decide(&intent.id, open, change).await;
        }
        self.tell(&intent).await?;
        Ok(intent.into())
    }

    /// Changes the intent if it is in one of the states `from`; says how it stands afterwards.
    async fn decide(&self, intent: &str, from: &[IntentStatus], change: Change) -> Result<Intent, ProviderError> {
        match self.change(intent, from, change).await? {
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

    fn intent_name(&self, key: AttemptKey) -> Option<String> {
        Some(name(key))
    }

    async fn create_intent(&self, key: AttemptKey, _: Money) -> Result<Intent, ProviderError> {
        self.undecided(&name(key), None).map(Intent::from)
    }

    async fn confirm(
        &self,
        key: AttemptKey,
        intent: &str,
        amount: Money,
        source: &PaymentSource,
    ) -> Result<Intent, ProviderError> {
        let outcome = cards::outcome(source);
        let change = match outcome {
            Outcome::Paid | Outcome::AnswerLost => Change::Succeed,
            Outcome::Declined(reason) => Change::Decline(reason),
            Outcome::AsksBuyer => Change::AskBuyer(key.order_id),
            Outcome::Slow => {
                Change::Process(self.clock.now().saturating_add(SLOW).map_or(DateTime::MAX, DateTime::from))
            }
        };
        let asked = self.undecided(intent, Some(amount))?;
        let decided = self.decide_first(asked, &[IntentStatus::RequiresConfirmation], change).await?;
        match outcome {
            Outcome::AnswerLost => Err(ProviderError::Unknown("this card loses the answer".to_owned())),
            _ => Ok(decided),
        }
    }

    async fn cancel(&self, _: AttemptKey, intent: &str) -> Result<Intent, ProviderError> {
        let open =
            [IntentStatus::RequiresConfirmation, IntentStatus::RequiresAction, IntentStatus::RequiresPaymentMethod];
        match self.intents.find_one(doc! { "_id": intent }).await? {
            Some(_) => self.decide(intent, &open, Change::Cancel).await,
            None => self.decide_first(self.undecided(intent, None)?, &open, Change::Cancel).await,
        }
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
        let fits = captured.amount.is_some_and(|captured| {
            captured.currency == amount.currency && (1..=captured.amount).contains(&amount.amount)
        });
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
        let asked = self.decided(intent).await?.ok_or_else(|| missing(intent))?;
        self.decide(&asked.id, &[IntentStatus::RequiresAction], change).await
    }

    fn signature_header(&self) -> &'static str {
        "ticketer-signature"
    }

    fn verify_webhook(&self, header: &str, body: &[u8], now: Timestamp) -> Result<ProviderEvent, BadSignature> {
        let secret = self.secret.as_ref().ok_or(BadSignature::Forged)?;
        signature::verify(secret, header, body, now)?;
        ProviderEvent::parse(body)
    }

    async fn captured(
        &self,
        made: RangeInclusive<Timestamp>,
        after: Option<&str>,
    ) -> Result<Vec<Intent>, ProviderError> {
        let (since, until) = (DateTime::from(*made.start()), DateTime::from(*made.end()));
        let made = doc! { "$gte": since, "$lte": until };
        let mut filter = doc! { "status": IntentStatus::Succeeded.as_str(), "createdAt": made };
        if let Some(after) = after {
            filter.insert("_id", doc! { "$gt": after });
        }
        let found = self.intents.find(filter).sort(doc! { "_id": 1 }).limit(PAGE).await?;
        Ok(found.map_ok(Intent::from).try_collect().await?)
    }
}
