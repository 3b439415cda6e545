//! A service's own MongoDB database.

use std::time::Duration;

use bson::{Bson, Document, doc};
use mongodb::{
    Client, Database,
    error::{Error, ErrorKind, WriteFailure},
    options::ClientOptions,
};

use serde::Serialize;

use super::{
    problem::unavailable,
    telemetry::{mongo_commands, mongo_pool},
};
use crate::{Problem, ProblemType};

/// How long a request waits for a server that can take it; requests are answered 503 within 3 s without one.
const SERVER_SELECTION: Duration = Duration::from_secs(2);
/// How many connections there are to each server at the most, unless the address says otherwise.
const CONNECTIONS: u32 = 32;

/// A client of the database that the address names; connects when it is first used.
pub async fn connect(uri: &str, service: &str) -> Result<Database, Error> {
    let mut options = ClientOptions::parse(uri).await?;
    options.app_name.get_or_insert_with(|| service.to_owned());
    options.server_selection_timeout.get_or_insert(SERVER_SELECTION);
    options.connect_timeout.get_or_insert(SERVER_SELECTION);
    let limit = *options.max_pool_size.get_or_insert(CONNECTIONS);
    options.cmap_event_handler = Some(mongo_pool::handler(limit));
    options.tracing = Some(mongo_commands::options());
    let client = Client::with_options(options)?;
    client.default_database().ok_or_else(|| Error::custom("MONGODB_URI names no database"))
}

/// Whether the database answers.
pub async fn ping(database: &Database) -> Result<(), Error> {
    database.run_command(doc! { "ping": 1 }).await.map(drop)
}

/// Whether a unique index refused the write.
pub fn is_duplicate_key(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(e)) => e.code == 11000,
        ErrorKind::InsertMany(e) => e.write_errors.iter().flatten().any(|e| e.code == 11000),
        ErrorKind::Command(e) => e.code == 11000,
        _ => false,
    }
}

/// What the client is told of a failed database call: 503 where it may work in a moment, else 500.
pub fn problem(error: &Error) -> Problem {
    let passing = matches!(
        error.kind.as_ref(),
        ErrorKind::ServerSelection { .. } | ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. }
    ) || ["RetryableWriteError", "TransientTransactionError", "UnknownTransactionCommitResult"]
        .iter()
        .any(|label| error.contains_label(label));
    if passing { unavailable() } else { Problem::new(ProblemType::Internal) }
}

/// A value as it stands in a document, for an update or a filter; an error where BSON cannot hold it.
pub fn to_bson<T: Serialize>(value: &T) -> Result<Bson, Error> {
    #[derive(Serialize)]
    struct Wrapper<'a, T> {
        value: &'a T,
    }
    // By way of a raw document: only there ids are written as MongoDB's UUIDs.
    let raw = bson::serialize_to_raw_document_buf(&Wrapper { value })?;
    let document = Document::try_from(&raw)?;
    Ok(document.get("value").cloned().unwrap_or(Bson::Null))
}
