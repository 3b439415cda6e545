//! A request that is under way for as long as the test likes: its body is kept back.

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use uuid::Uuid;
use xtask::services::Service;

use super::load::Caller;

const BODY: &[u8] = b"{}";

/// Its head was sent, and the service waits for its body.
pub struct Held(TcpStream);

impl Held {
    /// Begins a request at a replica itself.
    pub async fn begin(service: Service, port: u16, caller: &Caller) -> Result<Self> {
        let path = match service {
            Service::Auth => "/api/auth/login",
            Service::Event => "/api/events",
            Service::Ticket => "/api/tickets/book",
            Service::Payment => "/api/payment/process",
        };
        let (origin, cookie) = (&caller.origin, &caller.cookie);
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\norigin: {origin}\r\ncookie: {cookie}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nidempotency-key: {}\r\n\
             expect: 100-continue\r\n\r\n",
            BODY.len(),
            Uuid::new_v4(),
        );
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(head.as_bytes()).await?;
        // Said when the body is asked for: from then on the request is under way.
        let expected = b"HTTP/1.1 100 Continue\r\n\r\n";
        let mut said = vec![0; expected.len()];
        stream.read_exact(&mut said).await?;
        ensure!(said == expected, "{} did not wait: {}", service.name(), String::from_utf8_lossy(&said));
        Ok(Self(stream))
    }

    /// Sends the body and reads the whole answer, which says what is wrong with it.
    pub async fn finish(mut self) -> Result<()> {
        self.0.write_all(BODY).await?;
        let mut answer = String::new();
        self.0.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").with_context(|| format!("half an answer: {answer}"))?;
        ensure!(head.starts_with("HTTP/1.1 4") && body.ends_with('}'), "{answer}");
        Ok(())
    }
}
