//! Lists of orders for others than their buyers.

use bson::{DateTime, doc};
use futures::TryStreamExt;
use jiff::Timestamp;
use mongodb::{error::Error, options::Hint};
use serde::{Deserialize, Serialize};
use shared::{
    EventId, Money, OrderId, Page, PaymentId,
    ticket::{OrderStatus, RefundingOrder},
};

use super::orders::{OrderDocument, Orders, page, refunding_index, word, words};
use crate::fail_point::{Side, reach};

/// An order of a cancelled event that is still to be undone.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Undone {
    /// Which order.
    #[serde(rename = "_id")]
    pub id: OrderId,
    /// Held or confirmed.
    pub status: OrderStatus,
    /// The latest attempt to pay.
    pub attempt: u32,
    /// What it cost.
    pub total_amount: Money,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refunding {
    #[serde(rename = "_id")]
    id: OrderId,
    attempt: u32,
    payment_id: Option<PaymentId>,
    total_amount: Money,
}

impl Orders {
    /// An event's orders, newest first, from after `before`.
    pub async fn page_of_event(
        &self,
        event: EventId,
        before: Option<OrderId>,
        limit: u32,
    ) -> Result<Page<OrderDocument>, Error> {
        // Every state by its name: so the one index of an event's orders gives them in the order of their ids.
        let mut filter = doc! { "eventId": event, "status": { "$in": words(|_| true)? } };
        if let Some(before) = before {
            filter.insert("_id", doc! { "$lt": before });
        }
        page(self.collection.find(filter), limit).await
    }

    /// Orders whose money is to be given back, in the order of their ids, from after `after`.
    pub async fn refunding(&self, after: Option<OrderId>, limit: u32) -> Result<Vec<RefundingOrder>, Error> {
        let mut filter = doc! { "status": word(OrderStatus::Refunding)? };
        if let Some(after) = after {
            filter.insert("_id", doc! { "$gt": after });
        }
        let orders = self.collection.clone_with_type::<Refunding>();
        let found = orders.find(filter).sort(doc! { "_id": 1 }).limit(limit.into());
        let found = found.projection(doc! { "attempt": 1, "paymentId": 1, "totalAmount": 1 });
        let found = found.hint(Hint::Keys(refunding_index())).await?;
        let order = |Refunding { id, attempt, payment_id, total_amount }| RefundingOrder {
            order_id: id,
            attempt,
            payment_id,
            total_amount,
        };
        found.map_ok(order).try_collect().await
    }

    /// Orders of a cancelled event that are held or confirmed.
    pub async fn undone(&self, event: EventId, limit: i64) -> Result<Vec<Undone>, Error> {
        let undone = words(|status| matches!(status, OrderStatus::Held | OrderStatus::Confirmed))?;
        let orders = self.collection.clone_with_type::<Undone>();
        let found = orders.find(doc! { "eventId": event, "status": { "$in": undone } }).limit(limit);
        found.projection(doc! { "status": 1, "attempt": 1, "totalAmount": 1 }).await?.try_collect().await
    }

    /// Lets the money of these orders go back, of those that are confirmed.
    pub async fn begin_refunds(&self, ids: &[OrderId], now: Timestamp) -> Result<u64, Error> {
        if ids.is_empty() {
            return Ok(0);
        }
        let confirmed = doc! { "_id": { "$in": ids.to_vec() }, "status": word(OrderStatus::Confirmed)? };
        let refunding = doc! {
            "$set": { "status": word(OrderStatus::Refunding)?, "updatedAt": DateTime::from(now) },
            "$inc": { "revision": 1 },
        };
        reach("call-off", Side::BeforeWrite);
        let begun = self.collection.update_many(confirmed, refunding).await?.modified_count;
        reach("call-off", Side::AfterWrite);
        Ok(begun)
    }
}
