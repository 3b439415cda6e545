//! The few commands that xtask itself sends. The driver would take a minute to build before the
//! first line is printed; one unauthenticated command is one `OP_MSG` each way.

use std::{io::Cursor, net::Ipv4Addr, time::Duration};

use anyhow::{Context, Result, bail};
use bson::{Document, doc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::wait;

const OP_MSG: i32 = 2013;
const HEADER: usize = 16;
/// The flags and the kind of the one section.
const PREFIX: usize = 5;
const LIMIT: usize = 48 * 1024 * 1024;

const NOT_YET_INITIALIZED: i32 = 94;
const INVALID_CONFIG: i32 = 93;

/// Runs a command on the server at this port; an answer that is not `ok` is an answer, too.
pub async fn command(port: u16, body: &Document) -> Result<Document> {
    timeout(Duration::from_secs(10), exchange(port, body)).await.context("MongoDB does not answer")?
}

async fn exchange(port: u16, body: &Document) -> Result<Document> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(&encode(body)?).await?;

    let length = stream.read_i32_le().await?;
    let rest = usize::try_from(length)?.checked_sub(4).filter(|rest| *rest < LIMIT);
    let mut answer = vec![0; rest.context("an answer of an impossible size")?];
    stream.read_exact(&mut answer).await?;
    let document = answer.get(HEADER - 4 + PREFIX..).context("an answer that is too short")?;
    Ok(Document::from_reader(Cursor::new(document))?)
}

fn encode(body: &Document) -> Result<Vec<u8>> {
    let body = body.to_vec()?;
    let length = i32::try_from(HEADER + PREFIX + body.len())?;
    let mut message = Vec::with_capacity(HEADER + PREFIX + body.len());
    for field in [length, 1, 0, OP_MSG, 0] {
        message.extend(field.to_le_bytes());
    }
    message.push(0);
    message.extend(body);
    Ok(message)
}

/// Makes the server at this port the primary of a replica set of its own, as soon as it answers.
pub async fn become_primary(port: u16) -> Result<()> {
    wait::until(async || command(port, &doc! { "ping": 1, "$db": "admin" }).await.ok()).await;
    ensure_replica_set(port).await?;
    wait::until(async || {
        let hello = command(port, &doc! { "hello": 1, "$db": "admin" }).await.ok()?;
        hello.get_bool("isWritablePrimary").ok().filter(|primary| *primary)
    })
    .await;
    Ok(())
}

async fn ensure_replica_set(port: u16) -> Result<()> {
    let status = command(port, &doc! { "replSetGetStatus": 1, "$db": "admin" }).await?;
    let members = doc! { "_id": 0, "host": format!("127.0.0.1:{port}") };
    let answer = match status.get_i32("code") {
        Ok(NOT_YET_INITIALIZED) => {
            let config = doc! { "_id": "rs0", "members": [members] };
            command(port, &doc! { "replSetInitiate": config, "$db": "admin" }).await?
        }
        // Data that were served on another port name that port as their only member.
        Ok(INVALID_CONFIG) => {
            let config = doc! { "_id": "rs0", "version": 1, "members": [members] };
            command(port, &doc! { "replSetReconfig": config, "force": true, "$db": "admin" }).await?
        }
        _ => return Ok(()),
    };
    if let Ok(reason) = answer.get_str("errmsg") {
        bail!("MongoDB refuses its replica set: {reason}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_its_own_length() -> Result<()> {
        let message = encode(&doc! { "ping": 1 })?;
        assert_eq!(message[..4], i32::try_from(message.len())?.to_le_bytes());
        assert_eq!(message[12..16], OP_MSG.to_le_bytes());
        Ok(())
    }
}
