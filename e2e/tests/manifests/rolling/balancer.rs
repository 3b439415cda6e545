//! A small load balancer: each connection goes to the next replica that is ready and is not about to go.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use xtask::wait;

/// So many answers in a row must fail before a replica that was ready is not, as in `k8s/base/probes.yaml`.
const FAILURES: u32 = 3;

/// A replica as the balancer sees it.
struct Backend {
    port: u16,
    ready: AtomicBool,
    going: AtomicBool,
    /// Connections on which nothing was answered yet.
    unanswered: AtomicUsize,
}

/// Stands before the replicas of one service.
pub struct Balancer {
    /// Where it listens.
    pub address: SocketAddr,
    backends: Arc<Vec<Backend>>,
    turned_away: Arc<AtomicUsize>,
}

impl Balancer {
    /// Listens on 127.0.0.1 and asks each replica's `path` whether it is ready.
    pub async fn start(ports: &[u16], path: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let backend = |port: &u16| Backend {
            port: *port,
            ready: AtomicBool::default(),
            going: AtomicBool::default(),
            unanswered: AtomicUsize::default(),
        };
        let backends: Arc<Vec<Backend>> = Arc::new(ports.iter().map(backend).collect());
        for index in 0..ports.len() {
            tokio::spawn(watch(Arc::clone(&backends), index, path.to_owned()));
        }
        let turned_away = Arc::default();
        tokio::spawn(accept(listener, Arc::clone(&backends), Arc::clone(&turned_away)));
        Ok(Self { address, backends, turned_away })
    }

    /// How many connections found no replica.
    pub fn turned_away(&self) -> usize {
        self.turned_away.load(Ordering::SeqCst)
    }

    /// Whatever was known of a replica is about one that has ended.
    pub fn forget(&self, index: usize) {
        self.backends[index].ready.store(false, Ordering::SeqCst);
    }

    /// New connections go elsewhere, and those that are new have had their answer, as when Kubernetes has waited before it
    /// sends SIGTERM; those that services keep open to each other stay.
    pub async fn take_out(&self, index: usize) {
        let backend = &self.backends[index];
        backend.going.store(true, Ordering::SeqCst);
        wait::until(async || (backend.unanswered.load(Ordering::SeqCst) == 0).then_some(())).await;
    }

    /// Waits until a replica is ready, and lets connections come to it again.
    pub async fn put_in(&self, index: usize) -> Result<()> {
        let backend = &self.backends[index];
        let ready = wait::until(async || backend.ready.load(Ordering::SeqCst).then_some(()));
        tokio::time::timeout(Duration::from_mins(1), ready).await.context("a replica was not ready within a minute")?;
        backend.going.store(false, Ordering::SeqCst);
        Ok(())
    }
}

async fn watch(backends: Arc<Vec<Backend>>, index: usize, path: String) {
    let backend = &backends[index];
    let Ok(client) = reqwest::Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(2)).build()
    else {
        return;
    };
    let url = format!("http://127.0.0.1:{}{path}", backend.port);
    let mut failures = 0;
    loop {
        if client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            failures = 0;
            backend.ready.store(true, Ordering::SeqCst);
        } else {
            failures += 1;
            if failures >= FAILURES {
                backend.ready.store(false, Ordering::SeqCst);
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn accept(listener: TcpListener, backends: Arc<Vec<Backend>>, turned_away: Arc<AtomicUsize>) {
    let next = Arc::new(AtomicUsize::new(0));
    while let Ok((client, _)) = listener.accept().await {
        let (backends, turned_away, next) = (Arc::clone(&backends), Arc::clone(&turned_away), Arc::clone(&next));
        tokio::spawn(async move {
            // A client may keep a connection in store without a word; it is led somewhere when it speaks.
            if client.peek(&mut [0]).await? == 0 {
                return Ok(());
            }
            let Some((port, unanswered)) = choose(&backends, next.fetch_add(1, Ordering::Relaxed)) else {
                // The connection ends, and whoever made it sees a failure.
                turned_away.fetch_add(1, Ordering::SeqCst);
                return Ok(());
            };
            lead(client, port, unanswered).await
        });
    }
}

/// The port of the next replica that takes connections.
fn choose(backends: &Arc<Vec<Backend>>, turn: usize) -> Option<(u16, Unanswered)> {
    let mut all = (0..backends.len()).map(|step| (turn + step) % backends.len());
    all.find_map(|index| {
        // Counted before it is looked at, so that whoever takes a replica out sees who is on the way to it.
        let (unanswered, backend) = (Unanswered::new(Arc::clone(backends), index), &backends[index]);
        let takes = backend.ready.load(Ordering::SeqCst) && !backend.going.load(Ordering::SeqCst);
        takes.then_some((backend.port, unanswered))
    })
}

async fn lead(mut client: TcpStream, port: u16, unanswered: Unanswered) -> io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    first_answer(&mut client, &mut server).await?;
    drop(unanswered);
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

/// Counts a connection until it is dropped.
struct Unanswered(Arc<Vec<Backend>>, usize);

impl Unanswered {
    fn new(backends: Arc<Vec<Backend>>, index: usize) -> Self {
        backends[index].unanswered.fetch_add(1, Ordering::SeqCst);
        Self(backends, index)
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        self.0[self.1].unanswered.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Passes on until the server has said something, or one of them has ended.
async fn first_answer(client: &mut TcpStream, server: &mut TcpStream) -> io::Result<()> {
    let (mut asked, mut answered) = (vec![0; 8192], vec![0; 8192]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => match read? {
                0 => return Ok(()),
                length => server.write_all(&asked[..length]).await?,
            },
            read = server.read(&mut answered) => {
                return client.write_all(&answered[..read?]).await;
            }
        }
    }
}
