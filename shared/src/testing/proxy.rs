//! A link between two parts that a test can cut.

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// What becomes of bytes on the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// They pass.
    Up,
    /// Connections are closed, new ones at once.
    Cut,
    /// Nothing comes through and nothing is closed.
    Silent,
}

/// A TCP proxy on a free port.
pub struct Proxy {
    /// Where it listens, `host:port`.
    pub address: String,
    link: watch::Sender<Link>,
}

impl Proxy {
    /// A link to `target`, a `host:port`; ends with the test's runtime.
    pub async fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let (link, changes) = watch::channel(Link::Up);
        tokio::spawn(accept(listener, target.to_owned(), changes));
        Self { address, link }
    }

    /// Closes every connection, and each new one at once.
    pub fn cut(&self) {
        self.link.send_replace(Link::Cut);
    }

    /// Lets nothing through any more, without closing anything.
    pub fn silence(&self) {
        self.link.send_replace(Link::Silent);
    }

    /// Lets new connections through again.
    pub fn mend(&self) {
        self.link.send_replace(Link::Up);
    }
}

async fn accept(listener: TcpListener, target: String, changes: watch::Receiver<Link>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(carry(client, target.clone(), changes.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn carry(mut client: TcpStream, target: String, mut link: watch::Receiver<Link>) {
    let mut server = None;
    loop {
        let state = *link.borrow_and_update();
        match state {
            Link::Cut => return,
            // A connection that was silenced stays dead: its bytes are lost.
            Link::Up if server.is_none() => {
                let Ok(connected) = TcpStream::connect(&target).await else { return };
                tokio::select! {
                    _ = copy_bidirectional(&mut client, server.insert(connected)) => return,
                    changed = link.changed() => if changed.is_err() { return },
                }
            }
            Link::Up | Link::Silent => {
                if link.changed().await.is_err() {
                    return;
                }
            }
        }
    }
}
