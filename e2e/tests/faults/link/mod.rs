//! A TCP link between two parts, on which a test decides what becomes of the bytes.
//!
//! One that has more than one target is a load balancer: a connection goes to the next target that takes it.

mod connection;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::sleep,
};
use xtask::ports;

use connection::carry;

/// What becomes of bytes on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// They pass.
    None,
    /// Nobody listens, and every connection is gone.
    Refused,
    /// Connections are taken and nothing is answered. What was said on them is lost.
    BlackHole(Afterwards),
    /// Questions arrive so much later, also those whose asker has gone meanwhile.
    Slow(Duration),
    /// Questions arrive and are answered; every other answer is thrown away with its connection.
    AnswerLost,
}

/// What becomes of connections that fell into a black hole once it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// They stay open, and nothing ever comes.
    Dead,
    /// They end, as when the other side is started anew.
    Closed,
}

/// A link that listens on a port of its own until it is dropped.
pub struct Link {
    port: u16,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

struct Shared {
    fault: watch::Sender<Fault>,
    targets: Mutex<Vec<SocketAddr>>,
    turn: AtomicUsize,
    suffered: AtomicU64,
    rng: Mutex<StdRng>,
}

impl Link {
    /// A link without a target yet; `seed` decides which answers are lost.
    pub async fn start(seed: u64) -> Result<Self> {
        let port = ports::free()?;
        let shared = Arc::new(Shared {
            fault: watch::Sender::new(Fault::None),
            targets: Mutex::default(),
            turn: AtomicUsize::new(0),
            suffered: AtomicU64::new(0),
            rng: Mutex::new(StdRng::seed_from_u64(seed)),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let listening = tokio::spawn(listen(port, listener, shared.clone()));
        Ok(Self { port, shared, listening })
    }

    /// The same, to this port of this machine.
    pub async fn to(port: u16, seed: u64) -> Result<Self> {
        let link = Self::start(seed).await?;
        link.lead_to(port);
        Ok(link)
    }

    /// Leads to this port of this machine, too.
    pub fn lead_to(&self, port: u16) {
        let target = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        self.shared.targets.lock().unwrap_or_else(PoisonError::into_inner).push(target);
    }

    /// Where it listens, on this machine.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its base URL, where HTTP is spoken on it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on the bytes fare so.
    pub fn set(&self, fault: Fault) {
        self.shared.fault.send_replace(fault);
    }

    /// How many connections, questions and answers have suffered from a fault.
    pub fn suffered(&self) -> u64 {
        self.shared.suffered.load(Ordering::Relaxed)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(port: u16, listener: TcpListener, shared: Arc<Shared>) {
    let mut fault = shared.fault.subscribe();
    let mut listener = Some(listener);
    loop {
        if *fault.borrow_and_update() == Fault::Refused {
            listener = None;
            if fault.changed().await.is_err() {
                return;
            }
            continue;
        }
        let Some(open) = &listener else {
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
                Ok(bound) => listener = Some(bound),
                // The last connections of before are not gone yet.
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
            continue;
        };
        tokio::select! {
            accepted = open.accept() => if let Ok((client, _)) = accepted {
                tokio::spawn(carry(client, shared.clone()));
            },
            changed = fault.changed() => if changed.is_err() { return },
        }
    }
}

impl Shared {
    fn loses(&self) -> bool {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).random_bool(0.5)
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut refused = io::Error::from(io::ErrorKind::NotConnected);
        for nth in 0..targets.len() {
            match TcpStream::connect(targets[(first + nth) % targets.len()]).await {
                Ok(stream) => return Ok(stream),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}
