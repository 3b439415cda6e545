//! Reading single documents by their `_id`, many to a query: what is asked for while one query is under way is the next
//! query. Each question is answered from a query that was sent after it.

use std::{collections::HashMap, marker::PhantomData, time::Duration};

use bson::{Bson, RawBson, RawDocumentBuf, doc};
use futures::TryStreamExt;
use mongodb::{Collection, error::Error};
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot};

use super::{
    Groups,
    groups::{Key, LONGEST, in_time},
    trace::{BatchSpan, Origin},
};

/// The most documents in a query.
const GROUP: usize = 256;
/// How many questions wait for the query before theirs to end.
const WAITING: usize = 4096;
/// How long a query waits for others to join it.
const GATHERING: Duration = Duration::from_millis(2);

/// Reads documents of one collection. Clones share their queries.
#[derive(Clone, Debug)]
pub struct GroupRead<T> {
    questions: mpsc::Sender<Question>,
    of: PhantomData<fn() -> T>,
}

struct Question {
    id: Bson,
    key: Key,
    reply: oneshot::Sender<Result<Option<RawDocumentBuf>, Error>>,
    /// The request that it is read for.
    origin: Origin,
}

impl<T: DeserializeOwned> GroupRead<T> {
    /// Reads `collection`, until the last clone is dropped.
    pub fn start<C: Send + Sync>(collection: &Collection<C>) -> Self {
        let (questions, queue) = mpsc::channel(WAITING);
        tokio::spawn(work(collection.clone_with_type(), queue));
        Self { questions, of: PhantomData }
    }

    /// The document with this `_id`, if there is one.
    pub async fn find(&self, id: impl Into<Bson>) -> Result<Option<T>, Error> {
        let (reply, found) = oneshot::channel();
        let gone = || Error::custom("the reader is gone");
        let id = id.into();
        let key = Key::of(&RawBson::try_from(id.clone())?);
        let question = Question { id, key, reply, origin: Origin::current() };
        self.questions.send(question).await.map_err(|_| gone())?;
        let found = found.await.map_err(|_| gone())??;
        // Here and not where it was read, so that many are taken apart side by side.
        Ok(found.map(|document| bson::deserialize_from_slice(document.as_bytes())).transpose()?)
    }
}

async fn work(documents: Collection<RawDocumentBuf>, queue: mpsc::Receiver<Question>) {
    let mut groups = Groups::new(queue, GROUP, GATHERING);
    while let Some(mut group) = groups.next().await {
        // Who went away meanwhile needs no answer.
        group.retain(|question| !question.reply.is_closed());
        let span = BatchSpan::start("read group", group.iter().map(|question| &question.origin));
        match span.around(in_time(LONGEST, read(&documents, &group))).await {
            Ok(found) => {
                for Question { key, reply, .. } in group {
                    let _ = reply.send(Ok(found.get(&key).cloned()));
                }
            }
            Err(error) => {
                for question in group {
                    let _ = question.reply.send(Err(error.clone()));
                }
            }
        }
    }
}

/// The documents by their `_id` in a form that can be compared.
async fn read(
    documents: &Collection<RawDocumentBuf>,
    group: &[Question],
) -> Result<HashMap<Key, RawDocumentBuf>, Error> {
    let found: Vec<RawDocumentBuf> = match group {
        [] => Vec::new(),
        [one] => documents.find_one(doc! { "_id": one.id.clone() }).await?.into_iter().collect(),
        many => {
            let ids: Vec<Bson> = many.iter().map(|question| question.id.clone()).collect();
            // One more than there can be: the first answer is the last, which else only a second one would tell.
            let size = u32::try_from(ids.len() + 1).unwrap_or(u32::MAX);
            documents.find(doc! { "_id": { "$in": ids } }).batch_size(size).await?.try_collect().await?
        }
    };
    Ok(found.into_iter().filter_map(|document| Some((Key::of_document(&document)?, document))).collect())
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use futures::future::join_all;
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::{server::mongo, testing::database_uri};

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Thing {
        #[serde(rename = "_id")]
        id: i64,
        name: String,
    }

    #[tokio::test]
    async fn each_of_many_questions_at_once_gets_its_own_document() {
        let database = mongo::connect(&database_uri(), "test").await.expect("a database");
        let things = database.collection::<Thing>("things");
        let even: Vec<Thing> = (0..600).step_by(2).map(|id| Thing { id, name: format!("thing {id}") }).collect();
        things.insert_many(&even).await.expect("inserted");
        let reads = GroupRead::<Thing>::start(&things);
        let found = join_all((0..600_i64).map(|id| reads.find(id))).await;
        for (id, found) in (0..).zip(found) {
            let expected = (id % 2 == 0).then(|| Thing { id, name: format!("thing {id}") });
            assert_eq!(found.expect("an answer"), expected);
        }
        assert_eq!(reads.find(1_i64).await.expect("an answer"), None);
    }

    #[tokio::test]
    async fn a_question_is_answered_by_what_was_written_before_it() {
        let database = mongo::connect(&database_uri(), "test").await.expect("a database");
        let things = database.collection::<Thing>("things");
        let reads = GroupRead::<Thing>::start(&things);
        for id in 0..20_i64 {
            assert_eq!(reads.find(id).await.expect("an answer"), None);
            things.insert_one(Thing { id, name: "new".into() }).await.expect("inserted");
            let again = join_all((0..10).map(|_| reads.find(id))).await;
            assert!(again.into_iter().all(|found| found.expect("an answer").is_some()));
        }
    }
}
