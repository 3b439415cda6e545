//! The ceiling for reads: an axum handler that does nothing but return a fixed body, in a process of its own.

use std::{
    env,
    io::{self, BufRead, BufReader, Read},
    net::{Ipv4Addr, SocketAddr},
    process::{Child, Command, Stdio},
    thread,
};

use anyhow::{Context, Result};
use axum::{Router, http::header, routing::get};
use hyper::body::Bytes;
use tokio::net::TcpListener;

use crate::say;

/// Serves bodies of these sizes until the standard input ends, which it does when the parent dies.
pub async fn serve(sizes: &[usize]) -> Result<()> {
    let mut router = Router::new();
    for (index, size) in sizes.iter().enumerate() {
        let body = Bytes::from(vec![b' '; *size]);
        let handler = async move || ([(header::CONTENT_TYPE, "application/json")], body.clone());
        router = router.route(&format!("/{index}"), get(handler));
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    say::line(listener.local_addr()?.port());
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        drop(end);
    });
    tokio::select! {
        served = axum::serve(listener, router) => served?,
        _ = ended => {}
    }
    Ok(())
}

/// The process that serves the bodies; it ends with this.
pub struct Ceiling {
    child: Child,
    /// Where it answers.
    pub address: SocketAddr,
}

impl Ceiling {
    /// Starts it.
    pub fn start(sizes: &[usize]) -> Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .arg("ceiling")
            .args(sizes.iter().map(ToString::to_string))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let port: u16 = line.trim().parse().context("the ceiling has not said its port")?;
        Ok(Self { child, address: (Ipv4Addr::LOCALHOST, port).into() })
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Ceiling {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
