//! What is sent to the database for a group, and what its answer says of each.

use bson::{Bson, Document, RawArrayBuf, RawBson, RawDocumentBuf, raw::cstr, rawdoc};
use mongodb::error::Error;

use super::{Job, Written};

/// A unique index refused the write.
const DUPLICATE_KEY: i32 = 11000;

impl Job {
    /// The revision that is to be found; none where this is a new document.
    fn expected(&self) -> RawBson {
        self.revision.map_or(RawBson::Null, RawBson::Int64)
    }
}

/// How a group is put to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// New documents.
    Inserts,
    /// Replacements, all by one statement, which costs the database a fifth less than one for each. It ends at the first
    /// that is refused.
    Together,
    /// Replacements, each by its own statement.
    OneByOne,
}

impl Form {
    /// The command for a group.
    pub(super) fn request(self, collection: &str, jobs: &[Job]) -> RawDocumentBuf {
        let mut request = rawdoc! {};
        match self {
            Self::Inserts => {
                let documents: RawArrayBuf = jobs.iter().map(|job| &job.document).collect();
                request.append(cstr!("insert"), collection);
                request.append(cstr!("documents"), documents);
            }
            Self::OneByOne => {
                let statements: RawArrayBuf = jobs.iter().map(replace).collect();
                request.append(cstr!("update"), collection);
                request.append(cstr!("updates"), statements);
            }
            Self::Together => {
                let ids: RawArrayBuf = jobs.iter().map(|job| &job.id).collect();
                let changes: RawArrayBuf = jobs.iter().map(change).collect();
                request.append(cstr!("update"), collection);
                request.append(cstr!("updates"), [replace_all(&ids)].into_iter().collect::<RawArrayBuf>());
                // Not within the statement, where each of its levels would copy them.
                request
                    .append(cstr!("let"), rawdoc! { "ids": { "$literal": ids }, "changes": { "$literal": changes } });
            }
        }
        request.append(cstr!("ordered"), false);
        request.append(cstr!("writeConcern"), rawdoc! { "w": "majority" });
        request
    }
}

/// A document is found by its `_id` alone, and its revision compared where the new one is made: a filter of both would be
/// planned anew for each statement, which costs half as much as the write.
fn replace(job: &Job) -> RawDocumentBuf {
    let unchanged = rawdoc! { "$eq": ["$revision", job.expected()] };
    let new = rawdoc! { "$literal": job.document.clone() };
    let replaced = rawdoc! { "$replaceWith": { "$cond": [unchanged, new, "$$ROOT"] } };
    rawdoc! { "q": { "_id": job.id.clone() }, "u": [replaced] }
}

/// The same for all of these `ids`: each document is replaced by the change that stands where its `_id` does.
fn replace_all(ids: &RawArrayBuf) -> RawDocumentBuf {
    let change = rawdoc! { "$arrayElemAt": ["$$changes", { "$indexOfArray": ["$$ids", "$_id"] }] };
    let replaced = rawdoc! { "$cond": [{ "$eq": ["$revision", "$$change.from"] }, "$$change.to", "$$ROOT"] };
    let replaced = rawdoc! { "$replaceWith": { "$let": { "vars": { "change": change }, "in": replaced } } };
    rawdoc! { "q": { "_id": { "$in": ids.clone() } }, "u": [replaced], "multi": true }
}

fn change(job: &Job) -> RawDocumentBuf {
    let mut change = rawdoc! { "from": job.expected() };
    change.append(cstr!("to"), &job.document);
    change
}

/// What the database has said of a group.
pub(super) enum Answer {
    /// What became of each, as far as it says.
    Each {
        /// By what is said of each: what is not named an error was done, if it was `all`.
        outcomes: Vec<Written>,
        /// Whether each that met no error was done.
        all: bool,
    },
    /// One was refused, and nobody knows what became of its neighbours.
    Stopped,
}

/// What an answer to a group of so many says.
pub(super) fn read(answer: &Document, form: Form, jobs: usize) -> Result<Answer, Error> {
    if let Ok(error) = answer.get_document("writeConcernError") {
        return Err(Error::custom(format!("written, but not on a majority: {error}")));
    }
    let mut outcomes = vec![Written::Done; jobs];
    let errors = answer.get_array("writeErrors").map_or(&[][..], Vec::as_slice);
    if form == Form::Together && !errors.is_empty() {
        return Ok(Answer::Stopped);
    }
    for error in errors.iter().filter_map(Bson::as_document) {
        let place = error.get_i32("index").ok().and_then(|index| usize::try_from(index).ok());
        match place.and_then(|place| outcomes.get_mut(place)) {
            Some(outcome) if error.get_i32("code").is_ok_and(|code| code == DUPLICATE_KEY) => {
                *outcome = Written::Duplicate;
            }
            _ => return Err(Error::custom(format!("a write failed: {error}"))),
        }
    }
    // Of updates those that changed their document: who finds another revision writes what there is.
    let done = answer.get_i32("nModified").or_else(|_| answer.get_i32("n")).ok().and_then(|n| usize::try_from(n).ok());
    Ok(Answer::Each { all: done == Some(jobs - errors.len()), outcomes })
}
