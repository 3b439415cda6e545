//! Group commit for single documents: what is to be written while one command is under way is the next command.
//!
//! A write costs MongoDB a command, a wait for the disk and a wait for the replicas; those that come together pay that
//! once. Each is decided for itself: one that is refused does not trouble its neighbours.

mod command;

use std::{
    collections::{HashMap, HashSet},
    marker::PhantomData,
    time::Duration,
};

use bson::{
    Bson, RawBson, RawDocumentBuf, doc,
    oid::ObjectId,
    raw::{CStr, cstr},
};
use futures::TryStreamExt;
use mongodb::{Collection, Database, error::Error};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use self::command::{Answer, Form, read};
use super::{
    Groups,
    groups::{Key, LONGEST, in_time},
    mongo,
    trace::{BatchSpan, Origin},
};

/// The most writes in a command: far below what a message may hold.
const GROUP: usize = 256;
/// How many writes wait for a command.
const WAITING: usize = 4096;
/// How long a group waits for others to join it: a command costs the database much the same for ten writes as for one.
const GATHERING: Duration = Duration::from_millis(8);
/// How often a command is sent again that got no answer, and how long is waited before.
const RETRIES: u32 = 2;
const PAUSE: Duration = Duration::from_millis(50);
/// The field that no two writes have alike: two who mean the same must not both be told that they did it.
const WRITE: &CStr = cstr!("writeId");

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is stored, on a majority.
    Done,
    /// The document does not stand as expected any more, as far as could be seen: look at it again.
    Changed,
    /// A unique index refused it.
    Duplicate,
}

/// Writes documents of one collection. Clones share their commands.
#[derive(Clone, Debug)]
pub struct GroupCommit<T> {
    queue: mpsc::Sender<Job>,
    of: PhantomData<fn(&T)>,
}

struct Job {
    id: RawBson,
    key: Key,
    /// Where there is one: only a document of this revision is replaced. Else this is a new document.
    revision: Option<i64>,
    document: RawDocumentBuf,
    reply: oneshot::Sender<Result<Written, Error>>,
    /// The request that it is written for.
    origin: Origin,
}

impl<T: Serialize> GroupCommit<T> {
    /// Writes to `collection`, until the last clone is dropped and all that waits is written.
    pub fn start<C: Send + Sync>(database: &Database, collection: &Collection<C>) -> Self {
        let (queue, jobs) = mpsc::channel(WAITING);
        let writer = Writer { database: database.clone(), documents: collection.clone_with_type() };
        tokio::spawn(writer.work(jobs));
        Self { queue, of: PhantomData }
    }

    /// Inserts a document.
    pub async fn insert(&self, document: &T) -> Result<Written, Error> {
        self.write(None, document).await
    }

    /// Replaces the document with the same `_id`, if its `revision` is this one still.
    pub async fn replace(&self, revision: i64, document: &T) -> Result<Written, Error> {
        self.write(Some(revision), document).await
    }

    async fn write(&self, revision: Option<i64>, document: &T) -> Result<Written, Error> {
        let (reply, written) = oneshot::channel();
        let mut document = bson::serialize_to_raw_document_buf(document)?;
        let id =
            document.get("_id").map_err(Error::custom)?.ok_or_else(|| Error::custom("a document without `_id`"))?;
        let (id, key) = (RawBson::from(id), Key::of(id));
        document.append(WRITE, ObjectId::new());
        let job = Job { id, key, revision, document, reply, origin: Origin::current() };
        let gone = || Error::custom("the writer is gone");
        self.queue.send(job).await.map_err(|_| gone())?;
        written.await.map_err(|_| gone())?
    }
}

/// One command of each kind at a time: several side by side would each carry less, and cost the database as much.
struct Writer {
    database: Database,
    documents: Collection<RawDocumentBuf>,
}

impl Writer {
    async fn work(self, queue: mpsc::Receiver<Job>) {
        let mut groups = Groups::new(queue, GROUP, GATHERING);
        while let Some(mut waiting) = groups.next().await {
            while !waiting.is_empty() {
                let (group, later) = one_each(std::mem::take(&mut waiting));
                waiting = later;
                let (inserts, replacements): (Vec<_>, Vec<_>) =
                    group.into_iter().partition(|job| job.revision.is_none());
                let replacing = if replacements.len() > 1 { Form::Together } else { Form::OneByOne };
                futures::join!(self.commit(Form::Inserts, inserts), self.commit(replacing, replacements));
            }
        }
    }

    async fn commit(&self, form: Form, jobs: Vec<Job>) {
        if jobs.is_empty() {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 256")]
        metrics::histogram!("group_commit_size", "collection" => self.documents.name().to_owned())
            .record(jobs.len() as f64);
        let span = BatchSpan::start("commit group", jobs.iter().map(|job| &job.origin));
        let outcomes = span.around(in_time(LONGEST, self.outcomes(form, &jobs))).await;
        for (place, job) in jobs.into_iter().enumerate() {
            let outcome = match &outcomes {
                Ok(outcomes) => Ok(outcomes.get(place).copied().unwrap_or(Written::Changed)),
                Err(error) => Err(error.clone()),
            };
            // Who went away meanwhile looks at the document when it comes back.
            let _ = job.reply.send(outcome);
        }
    }

    async fn outcomes(&self, mut form: Form, jobs: &[Job]) -> Result<Vec<Written>, Error> {
        let mut request = form.request(self.documents.name(), jobs);
        let mut tries = 0;
        loop {
            let answer = self.database.run_raw_command(request.clone()).await;
            match answer.and_then(|answer| read(&answer, form, jobs.len())) {
                // What it says of each is the truth, unless an earlier command did it that got no answer.
                Ok(Answer::Each { outcomes, all: true }) if tries == 0 || !outcomes.contains(&Written::Duplicate) => {
                    return Ok(outcomes);
                }
                Ok(Answer::Each { outcomes, .. }) => return self.look(jobs, outcomes).await,
                Ok(Answer::Stopped) => {
                    form = Form::OneByOne;
                    request = form.request(self.documents.name(), jobs);
                }
                Err(error) if tries < RETRIES && mongo::problem(&error).status == 503 => {
                    tracing::warn!(%error, collection = self.documents.name(), "a group of writes is sent again");
                    tries += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// MongoDB says how many documents were replaced, not which; and a command that is sent again may meet its own
    /// work. So those that now stand as they were to be written are taken for written.
    async fn look(&self, jobs: &[Job], outcomes: Vec<Written>) -> Result<Vec<Written>, Error> {
        let ids: Vec<Bson> = jobs.iter().map(|job| job.id.clone().try_into()).collect::<Result<_, _>>()?;
        let found = self.documents.find(doc! { "_id": { "$in": ids } }).await?;
        let found: Vec<RawDocumentBuf> = found.try_collect().await?;
        let stored: HashMap<Key, &RawDocumentBuf> =
            found.iter().filter_map(|d| Some((Key::of_document(d)?, d))).collect();
        let outcome = |(job, outcome): (&Job, Written)| match stored.get(&job.key) {
            Some(stored) if **stored == job.document => Written::Done,
            _ if outcome == Written::Duplicate => Written::Duplicate,
            _ => Written::Changed,
        };
        Ok(jobs.iter().zip(outcomes).map(outcome).collect())
    }
}

/// The first write of each document, and those that have to wait for them.
fn one_each(jobs: Vec<Job>) -> (Vec<Job>, Vec<Job>) {
    let mut seen = HashSet::new();
    jobs.into_iter().partition(|job| seen.insert(job.key.clone()))
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use futures::future::join_all;
    use serde::Deserialize;

    use super::*;
    use crate::testing::database_uri;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Thing {
        #[serde(rename = "_id")]
        id: i64,
        name: String,
        revision: i64,
    }

    fn thing(id: i64, revision: i64) -> Thing {
        Thing { id, name: format!("{id}.{revision}"), revision }
    }

    async fn things() -> (GroupCommit<Thing>, Collection<Thing>) {
        let database = mongo::connect(&database_uri(), "test").await.expect("a database");
        let things = database.collection("things");
        let unique = mongodb::options::IndexOptions::builder().unique(true).build();
        let index = mongodb::IndexModel::builder().keys(doc! { "name": 1 }).options(unique).build();
        things.create_index(index).await.expect("an index");
        (GroupCommit::start(&database, &things), things)
    }

    async fn replace(things: &GroupCommit<Thing>, to: &Thing) -> Written {
        things.replace(to.revision - 1, to).await.expect("an answer")
    }

    #[tokio::test]
    async fn each_of_many_writes_at_once_learns_what_became_of_it() {
        let (writes, things) = things().await;
        let first: Vec<Thing> = (0..300).map(|id| thing(id, 0)).collect();
        let inserted = join_all(first.iter().map(|new| writes.insert(new))).await;
        assert!(inserted.into_iter().all(|written| written.expect("an answer") == Written::Done));

        // Every third expects a version that there is not, every seventh takes another's name.
        let next = |id| match id {
            id if id % 3 == 0 => thing(id, 2),
            id if id % 7 == 0 => Thing { name: "1.0".into(), ..thing(id, 1) },
            id => thing(id, 1),
        };
        let changes: Vec<Thing> = (0..300).filter(|id| *id != 1).map(next).collect();
        let written = join_all(changes.iter().map(|to| replace(&writes, to))).await;
        for (to, written) in changes.iter().zip(written) {
            let (expected, stands) = match to.id {
                id if id % 3 == 0 => (Written::Changed, thing(id, 0)),
                id if id % 7 == 0 => (Written::Duplicate, thing(id, 0)),
                _ => (Written::Done, to.clone()),
            };
            assert_eq!(written, expected, "{to:?}");
            assert_eq!(things.find_one(doc! { "_id": to.id }).await.expect("read"), Some(stands));
        }
    }

    #[tokio::test]
    async fn of_many_changes_of_one_document_one_is_done() {
        let (writes, things) = things().await;
        assert_eq!(writes.insert(&thing(1, 0)).await.expect("an answer"), Written::Done);
        let rivals: Vec<Thing> = (0..20).map(|n| Thing { name: format!("rival {n}"), ..thing(1, 1) }).collect();
        let written = join_all(rivals.iter().map(|to| replace(&writes, to))).await;
        let done: Vec<usize> = (0..20).filter(|n| written[*n] == Written::Done).collect();
        assert_eq!(done.len(), 1);
        assert_eq!(things.find_one(doc! {}).await.expect("read").as_ref(), Some(&rivals[done[0]]));
    }

    /// Two replicas that take over the same thing in the same millisecond write the same.
    #[tokio::test]
    async fn of_many_changes_that_are_alike_one_is_done() {
        let (writes, things) = things().await;
        let other = GroupCommit::start(&things.client().default_database().expect("a database"), &things);
        assert_eq!(writes.insert(&thing(1, 0)).await.expect("an answer"), Written::Done);
        let next = thing(1, 1);
        let rivals = (0..20).map(|n| replace(if n % 2 == 0 { &writes } else { &other }, &next));
        let done = join_all(rivals).await.into_iter().filter(|written| *written == Written::Done).count();
        assert_eq!(done, 1);
        assert_eq!(things.find_one(doc! {}).await.expect("read"), Some(next));
    }

    /// Two replicas that change the same documents, whole groups at once.
    #[tokio::test]
    async fn of_rival_groups_each_document_is_changed_by_one() {
        let (writes, things) = things().await;
        let other = GroupCommit::start(&things.client().default_database().expect("a database"), &things);
        let ids = 0..200_i64;
        things.insert_many(ids.clone().map(|id| thing(id, 0))).await.expect("inserted");
        let by = |writes: &GroupCommit<Thing>, name: &str| {
            let (writes, name) = (writes.clone(), name.to_owned());
            let changes = ids.clone().map(move |id| Thing { name: format!("{name} {id}"), ..thing(id, 1) });
            join_all(changes.map(move |to| {
                let writes = writes.clone();
                async move { replace(&writes, &to).await == Written::Done }
            }))
        };
        let (ours, theirs) = futures::join!(by(&writes, "ours"), by(&other, "theirs"));
        for (id, (ours, theirs)) in ids.zip(ours.into_iter().zip(theirs)) {
            assert!(ours != theirs, "{id}: {ours} {theirs}");
            let name = format!("{} {id}", if ours { "ours" } else { "theirs" });
            let stands = things.find_one(doc! { "_id": id }).await.expect("read");
            assert_eq!(stands, Some(Thing { name, ..thing(id, 1) }));
        }
    }

    /// What a command that is sent again finds: its own work, done by the one that got no answer.
    #[tokio::test]
    async fn a_write_that_stands_already_is_taken_for_done() {
        let (_, things) = things().await;
        things.insert_many([thing(1, 0), thing(2, 5)]).await.expect("inserted");
        let writer = Writer {
            database: things.client().default_database().expect("a database"),
            documents: things.clone_with_type(),
        };
        let job = |id: i64, revision, to: &Thing| Job {
            id: id.into(),
            key: Key::of(id),
            revision,
            document: bson::serialize_to_raw_document_buf(to).expect("a document"),
            reply: oneshot::channel().0,
            origin: Origin::default(),
        };
        let jobs = [job(1, None, &thing(1, 0)), job(2, Some(3), &thing(2, 4)), job(3, None, &thing(3, 0))];
        let said = vec![Written::Duplicate, Written::Done, Written::Duplicate];
        let seen = writer.look(&jobs, said).await.expect("read");
        assert_eq!(seen, [Written::Done, Written::Changed, Written::Duplicate]);
    }
}
