//! The collection `payments`: one document an attempt. Every change is a compare-and-set.

use std::time::Duration;

use bson::{DateTime, Document, doc};
use futures::TryStreamExt;
use mongodb::{
    Collection, Database, IndexModel,
    error::Error,
    options::{IndexOptions, ReturnDocument},
};
use shared::{
    OrderId, Page, PaymentId, UserId,
    page::{DEFAULT_LIMIT, PageQuery},
    payment::Payment,
    server::{
        Clock, GroupCommit, Written, cursor,
        fail_point::{Side, reach},
    },
};

use super::PaymentDocument;
use crate::{domain::attempt::State, provider::AttemptKey};

/// How long whoever changed an attempt last may go on before the resolver takes it over. Longer than any single step
/// takes, so that two seldom work on one attempt; that they may is why every change is a compare-and-set.
const LEASE: Duration = Duration::from_secs(8);
/// How often a new attempt looks for a number that is free.
const NUMBERINGS: usize = 5;
/// Earlier than any attempt: those that are not settled, and no others, are to be taken up at some time after it.
const NEVER: DateTime = DateTime::from_millis(0);

/// Of the attempts that are not settled.
pub(super) fn unsettled() -> Document {
    doc! { "nextAttemptAt": { "$gt": NEVER } }
}

/// Of those that are, as the index over them knows them.
pub(super) fn settled() -> Document {
    doc! { "nextAttemptAt": null }
}

/// What became of a new attempt.
#[derive(Debug)]
pub enum Begun {
    /// It was written down.
    New(Box<PaymentDocument>),
    /// Its key was used before.
    Before(Box<PaymentDocument>),
    /// Another attempt is under way, or has paid.
    Other(Box<PaymentDocument>),
    /// Others came and went meanwhile, more often than is worth waiting for.
    Crowded,
}

/// The attempts.
#[derive(Clone, Debug)]
pub struct Payments {
    pub(super) collection: Collection<PaymentDocument>,
    writes: GroupCommit<PaymentDocument>,
    clock: Clock,
}

/// The attempts at a buyer's order have a number each, and the next one is made once the last has failed: ten payments at
/// once meet here, and those that got by at ticket, which lets one attempt pay. The buyer belongs to the key since only
/// ticket knows whose an order is: someone else's attempt at it must neither stand in the way nor tell. Every further index
/// makes each payment dearer.
pub async fn ensure_indexes(database: &Database) -> Result<(), Error> {
    let index = |keys, partial: Option<Document>, unique: bool| {
        let options = IndexOptions::builder().unique(unique).partial_filter_expression(partial).build();
        IndexModel::builder().keys(keys).options(options).build()
    };
    let keyed = doc! { "idempotencyKey": { "$type": "string" } };
    let by_intent = IndexOptions::builder().name("intent".to_owned());
    let by_intent = by_intent.partial_filter_expression(doc! { "providerIntent": { "$gt": "" } }).build();
    let audited = IndexOptions::builder().name("settled".to_owned()).partial_filter_expression(settled()).build();
    let indexes = [
        index(doc! { "orderId": 1, "userId": 1, "attempt": -1 }, None, true),
        index(doc! { "userId": 1, "idempotencyKey": 1 }, Some(keyed), true),
        index(doc! { "nextAttemptAt": 1 }, Some(unsettled()), false),
        index(doc! { "userId": 1, "_id": -1 }, None, false),
        IndexModel::builder().keys(doc! { "providerIntent": 1 }).options(by_intent).build(),
        IndexModel::builder().keys(doc! { "updatedAt": 1, "_id": 1 }).options(audited).build(),
    ];
    database.collection::<PaymentDocument>("payments").create_indexes(indexes).await.map(drop)
}

impl Payments {
    /// Those of `database`.
    pub fn of(database: &Database, clock: Clock) -> Self {
        let collection = database.collection("payments");
        Self { writes: GroupCommit::start(database, &collection), collection, clock }
    }

    fn lease(&self) -> DateTime {
        self.clock.now().saturating_add(LEASE).map_or(DateTime::MAX, DateTime::from)
    }

    /// Writes down a new attempt under the next free number, unless its order has one under way or is paid. The provider's
    /// name for it is written with it, where that is known beforehand.
    pub async fn begin(
        &self,
        mut payment: PaymentDocument,
        intent_name: impl Fn(AttemptKey) -> Option<String>,
    ) -> Result<Begun, Error> {
        // Hardly any order is paid in more than one attempt: the index refuses the number where it is taken.
        payment.number(1, &intent_name);
        for _ in 0..=NUMBERINGS {
            payment.next_attempt_at = Some(self.lease());
            reach(payment.state.as_str(), Side::BeforeWrite);
            if self.writes.insert(&payment).await? == Written::Done {
                reach(payment.state.as_str(), Side::AfterWrite);
                return Ok(Begun::New(Box::new(payment)));
            }
            // There is another one already; what it is tells this look.
            if let Some(before) = self.find_by_key(&payment).await? {
                return Ok(Begun::Before(Box::new(before)));
            }
            let order = doc! { "orderId": payment.order_id, "userId": payment.user_id };
            let last = self.collection.find_one(order).sort(doc! { "attempt": -1 }).await?;
            match last {
                Some(last) if last.state.is_active() => return Ok(Begun::Other(Box::new(last))),
                last => payment.number(last.map_or(1, |last| last.attempt.saturating_add(1)), &intent_name),
            }
        }
        Ok(Begun::Crowded)
    }

    async fn find_by_key(&self, payment: &PaymentDocument) -> Result<Option<PaymentDocument>, Error> {
        match &payment.idempotency_key {
            Some(key) => self.collection.find_one(doc! { "userId": payment.user_id, "idempotencyKey": key }).await,
            // The key is in the id, if there was one.
            None => self.find(payment.id).await,
        }
    }

    /// Replaces `from` by `to`, unless `from` was changed meanwhile; then `None`.
    pub async fn advance(
        &self,
        from: &PaymentDocument,
        mut to: PaymentDocument,
    ) -> Result<Option<PaymentDocument>, Error> {
        to.active = to.state.is_active();
        to.next_attempt_at = if to.state.is_settled() { None } else { Some(self.lease()) };
        to.tries = 0;
        to.updated_at = self.clock.now().into();
        to.revision = from.revision + 1;
        reach(to.state.as_str(), Side::BeforeWrite);
        let written = self.writes.replace(from.revision, &to).await?;
        reach(to.state.as_str(), Side::AfterWrite);
        Ok((written == Written::Done).then_some(to))
    }

    /// Leaves an attempt to the resolver after `wait`, unless it was changed meanwhile.
    pub async fn postpone(&self, payment: &PaymentDocument, wait: Duration) -> Result<(), Error> {
        let at = self.clock.now().saturating_add(wait).map_or(DateTime::MAX, DateTime::from);
        let unchanged = doc! { "_id": payment.id, "revision": payment.revision };
        let later = doc! { "$set": { "nextAttemptAt": at }, "$inc": { "tries": 1, "revision": 1_i64 } };
        self.collection.update_one(unchanged, later).await.map(drop)
    }

    /// Takes over the attempt that has waited longest; no other replica gets it until the lease has run out.
    pub async fn take_due(&self) -> Result<Option<PaymentDocument>, Error> {
        let due = doc! { "nextAttemptAt": { "$gt": NEVER, "$lte": DateTime::from(self.clock.now()) } };
        self.collection
            .find_one_and_update(due, doc! { "$set": { "nextAttemptAt": self.lease() }, "$inc": { "revision": 1_i64 } })
            .sort(doc! { "nextAttemptAt": 1 })
            .return_document(ReturnDocument::After)
            .await
    }

    /// Lets the resolver look now at the attempt that the provider has told of, unless someone drives it already: one
    /// that was not tried in vain is in good hands, and a second driver would only get in the way of the first.
    pub async fn hint(&self, intent: &str) -> Result<(), Error> {
        let now = DateTime::from(self.clock.now());
        let idle = doc! { "providerIntent": intent, "nextAttemptAt": { "$gt": NEVER }, "tries": { "$gt": 0 } };
        self.collection.update_many(idle, doc! { "$min": { "nextAttemptAt": now } }).await.map(drop)
    }

    /// When the oldest attempt that is not settled began, but for those that wait for their buyer.
    pub async fn oldest_unsettled(&self) -> Result<Option<DateTime>, Error> {
        let mut open = unsettled();
        open.insert("state", doc! { "$ne": State::Acting.as_str() });
        let oldest = self.collection.find_one(open).sort(doc! { "createdAt": 1 });
        Ok(oldest.await?.map(|payment| payment.created_at))
    }

    /// The attempt.
    pub async fn find(&self, id: PaymentId) -> Result<Option<PaymentDocument>, Error> {
        self.collection.find_one(doc! { "_id": id }).await
    }

    /// The latest attempt of the buyer's order, as far as its order is known.
    pub async fn latest(&self, order: OrderId, user: UserId) -> Result<Option<Payment>, Error> {
        let known = doc! { "orderId": order, "userId": user, "order": { "$ne": null } };
        let latest = self.collection.find_one(known).sort(doc! { "attempt": -1 }).await?;
        Ok(latest.and_then(|payment| payment.shown()))
    }

    /// The buyer's attempts, newest first.
    pub async fn history(&self, user: UserId, query: &PageQuery) -> Result<Page<Payment>, crate::Error> {
        let mut theirs = doc! { "userId": user, "order": { "$ne": null } };
        if let Some(cursor) = &query.cursor {
            let after: PaymentId = cursor::decode(cursor)?;
            theirs.insert("_id", doc! { "$lt": after });
        }
        let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
        let found = self.collection.find(theirs).sort(doc! { "_id": -1 }).limit(i64::from(limit) + 1).await?;
        let mut items: Vec<Payment> = found.try_filter_map(async |payment| Ok(payment.shown())).try_collect().await?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(|last| cursor::encode(&last.id));
        Ok(Page { items, next })
    }
}
