//! What the auditor and the refunder look up among the attempts.

use std::ops::RangeInclusive;

use bson::{DateTime, doc};
use futures::TryStreamExt;
use jiff::Timestamp;
use mongodb::error::Error;
use shared::{PaymentId, ticket::RefundingOrder};

use super::{
    PaymentDocument, Payments,
    payments::{settled, unsettled},
};

/// How many attempts one page has.
const PAGE: i64 = 200;

/// How far a reader has come.
pub type Place = (DateTime, PaymentId);

impl Payments {
    /// The attempt that an order in refunding was paid by.
    pub async fn that_paid(&self, order: &RefundingOrder) -> Result<Option<PaymentDocument>, Error> {
        let mut wanted = doc! { "orderId": order.order_id, "attempt": order.attempt };
        match order.payment_id {
            Some(payment) => wanted.insert("_id", payment),
            // Not someone else's attempt at it, of which ticket has told nothing.
            None => wanted.insert("order", doc! { "$ne": null }),
        };
        self.collection.find_one(wanted).await
    }

    /// The attempts at this provider that are not settled and have changed since, in the order of their ids, each page after
    /// one.
    pub async fn unsettled(
        &self,
        provider: &str,
        since: Timestamp,
        after: Option<PaymentId>,
    ) -> Result<Vec<PaymentDocument>, Error> {
        let mut wanted = unsettled();
        wanted.extend(doc! { "provider": provider, "updatedAt": { "$gte": DateTime::from(since) } });
        if let Some(after) = after {
            wanted.insert("_id", doc! { "$gt": after });
        }
        self.collection.find(wanted).sort(doc! { "_id": 1 }).limit(PAGE).await?.try_collect().await
    }

    /// Those that are settled and have changed within that time, in the order of their changes, each page after a place.
    pub async fn settled(
        &self,
        provider: &str,
        changed: RangeInclusive<Timestamp>,
        after: Option<Place>,
    ) -> Result<Vec<PaymentDocument>, Error> {
        let (since, until) = (DateTime::from(*changed.start()), DateTime::from(*changed.end()));
        let mut wanted = settled();
        wanted.extend(doc! { "provider": provider, "updatedAt": { "$gte": since, "$lte": until } });
        if let Some((at, id)) = after {
            let later = doc! { "updatedAt": { "$gt": at } };
            wanted.insert("$or", [later, doc! { "updatedAt": at, "_id": { "$gt": id } }]);
        }
        let found = self.collection.find(wanted).sort(doc! { "updatedAt": 1, "_id": 1 }).limit(PAGE).await?;
        found.try_collect().await
    }

    /// The attempts that have one of these intents.
    pub async fn with_intents(&self, intents: impl Iterator<Item = &String>) -> Result<Vec<PaymentDocument>, Error> {
        let intents: Vec<&String> = intents.collect();
        if intents.is_empty() {
            return Ok(Vec::new());
        }
        self.collection.find(doc! { "providerIntent": { "$in": intents } }).await?.try_collect().await
    }

    /// The attempt that has this intent.
    pub async fn with_intent(&self, intent: &str) -> Result<Option<PaymentDocument>, Error> {
        self.collection.find_one(doc! { "providerIntent": intent }).await
    }
}
