//! Orders by the keys under which they were made.

use std::{collections::HashMap, sync::Arc};

use bson::{Bson, Document, doc};
use futures::{
    TryStreamExt,
    future::{OptionFuture, join},
};
use mongodb::{error::Error, options::Hint};
use shared::{OrderId, UserId, server::id_under};

use super::orders::{OrderDocument, Orders, key_index};

/// Orders by their users and the keys under which those made them.
pub type Made = HashMap<(UserId, String), Arc<OrderDocument>>;

impl Orders {
    /// The orders that exist under these keys of these users.
    pub async fn made_under(&self, keys: &[(UserId, &str)]) -> Result<Made, Error> {
        let (mut telling, mut opaque) = (HashMap::new(), Vec::new());
        for &(user, key) in keys {
            match id_under(user, key) {
                Some(id) => drop(telling.insert(OrderId(id), (user, key))),
                None => opaque.push((user, key)),
            }
        }
        let ids: Vec<Bson> = telling.keys().map(|id| (*id).into()).collect();
        let by_id = (!ids.is_empty()).then(|| self.found(doc! { "_id": { "$in": ids } }, doc! { "_id": 1 }));
        let by_key = (!opaque.is_empty()).then(|| self.found(made_under(&opaque), key_index()));
        let (by_id, by_key) = join(OptionFuture::from(by_id), OptionFuture::from(by_key)).await;
        let (by_id, by_key) = (by_id.transpose()?.unwrap_or_default(), by_key.transpose()?.unwrap_or_default());

        let by_id = by_id.into_iter().filter_map(|order| Some((*telling.get(&order.id)?, order)));
        let mut made: Made = by_id.map(|((user, key), order)| ((user, key.to_owned()), Arc::new(order))).collect();
        made.extend(
            by_key.into_iter().filter_map(|o| o.idempotency_key.clone().map(|key| ((o.user_id, key), Arc::new(o)))),
        );
        Ok(made)
    }

    async fn found(&self, filter: Document, index: Document) -> Result<Vec<OrderDocument>, Error> {
        // Left to itself the planner may read all orders of each user instead.
        self.collection.find(filter).hint(Hint::Keys(index)).await?.try_collect().await
    }
}

/// Each user with each key finds too much in theory and next to nothing more in fact, by one index scan.
fn made_under(keys: &[(UserId, &str)]) -> Document {
    let users: Vec<Bson> = keys.iter().map(|(user, _)| (*user).into()).collect();
    let words: Vec<&str> = keys.iter().map(|(_, key)| *key).collect();
    doc! { "userId": { "$in": users }, "idempotencyKey": { "$in": words } }
}
