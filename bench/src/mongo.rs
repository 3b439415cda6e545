//! What MongoDB counts: its operations and transactions since it started.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use bson::{Bson, Document, doc};
use mongodb::Database;

/// Counters by their name.
pub type Counters = BTreeMap<String, f64>;

/// The round trips: every message that came over the network.
pub const REQUESTS: &str = "requests";

/// Parts of the status that are many and not looked at.
const UNUSED: [&str; 9] = [
    "metrics",
    "wiredTiger",
    "tcmalloc",
    "repl",
    "locks",
    "logicalSessionRecordCache",
    "mirroredReads",
    "tenantMigrations",
    "electionMetrics",
];

async fn status(admin: &Database) -> Result<Document> {
    let mut command = doc! { "serverStatus": 1 };
    command.extend(UNUSED.map(|part| (part.to_owned(), Bson::Int32(0))));
    Ok(admin.run_command(command).await?)
}

/// Writes what is in memory alone to the data files, as the server does by itself once a minute.
pub async fn checkpoint(admin: &Database) -> Result<()> {
    admin.run_command(doc! { "fsync": 1 }).await?;
    Ok(())
}

/// The counters now.
pub async fn counters(admin: &Database) -> Result<Counters> {
    Ok(counted(&status(admin).await?))
}

/// The server's version and its process, if it runs on this machine.
pub async fn identity(admin: &Database) -> Result<(String, u32)> {
    let status = status(admin).await?;
    let pid = status.get("pid").and_then(number).context("the server has no process id")?;
    let version = status.get_str("version").unwrap_or("?").to_owned();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a process id is small and positive")]
    Ok((version, pid as u32))
}

fn counted(status: &Document) -> Counters {
    let parts = [
        ("opcounters", "insert", "insert"),
        ("opcounters", "query", "query"),
        ("opcounters", "update", "update"),
        ("opcounters", "delete", "delete"),
        ("opcounters", "getmore", "getmore"),
        ("opcounters", "command", "command"),
        ("transactions", "totalCommitted", "transactions"),
        ("transactions", "totalAborted", "aborted"),
        ("network", "numRequests", REQUESTS),
    ];
    let value = |part: &str, field: &str| number(status.get_document(part).ok()?.get(field)?);
    parts.into_iter().filter_map(|(part, field, name)| Some((name.to_owned(), value(part, field)?))).collect()
}

fn number(value: &Bson) -> Option<f64> {
    match value {
        Bson::Int32(number) => Some((*number).into()),
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        Bson::Int64(number) => Some(*number as f64),
        Bson::Double(number) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_any_width_are_read() {
        let status = doc! { "opcounters": { "insert": 3_i64, "query": 2_i32 }, "network": { "numRequests": 7.0 } };
        let counters = counted(&status);
        assert_eq!(counters.get("insert"), Some(&3.0));
        assert_eq!(counters.get("query"), Some(&2.0));
        assert_eq!(counters.get(REQUESTS), Some(&7.0));
        assert_eq!(counters.get("transactions"), None);
    }
}
