//! One connection on a link: what is asked goes one way, what is answered the other.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{Afterwards, Fault, Shared};

/// What the two directions of a connection know of each other.
struct Connection {
    shared: Arc<Shared>,
    /// Nothing passes any more.
    dead: AtomicBool,
    /// It ends when the fault does.
    ends: AtomicBool,
    /// A question has gone out whose answer has not begun.
    asked: AtomicBool,
}

/// Carries what a client and a target say to each other, as far as the link lets it.
pub(super) async fn carry(client: TcpStream, shared: Arc<Shared>) {
    let no = || AtomicBool::new(false);
    let connection = Connection { shared: shared.clone(), dead: no(), ends: no(), asked: no() };
    if connection.is_lost() {
        let (from, to) = client.into_split();
        let _held_open = to;
        let (swallowed, _nobody) = mpsc::unbounded_channel();
        tokio::select! {
            () = connection.questions(from, swallowed) => (),
            () = connection.cut() => (),
        }
        return;
    }
    let Ok(server) = shared.connect().await else { return };
    // Questions and answers are small, and nobody is to wait for more of them.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (late, waiting) = mpsc::unbounded_channel();
    let questions = async {
        // They go on until the last has arrived, though its asker may have gone long before.
        let ((), ()) = tokio::join!(connection.questions(from_client, late), deliver(waiting, to_server));
        if !connection.is_dead() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = questions => (),
        () = connection.answers(from_server, to_client) => (),
        () = connection.cut() => (),
    }
}

type Late = (Instant, Vec<u8>);

/// Writes what waits when its time has come, and then the end.
async fn deliver(mut waiting: mpsc::UnboundedReceiver<Late>, mut to: OwnedWriteHalf) {
    while let Some((at, bytes)) = waiting.recv().await {
        sleep_until(at).await;
        if to.write_all(&bytes).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

impl Connection {
    /// Ends when the link is refused, or was black-holed and such connections end with that.
    async fn cut(&self) {
        let mut fault = self.shared.fault.subscribe();
        loop {
            let now = *fault.borrow_and_update();
            let ends = self.is_dead() && self.ends.load(Ordering::Relaxed) && now == Fault::None;
            if ends || now == Fault::Refused {
                self.suffer();
                return;
            }
            if fault.changed().await.is_err() {
                return;
            }
        }
    }

    fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    fn suffer(&self) {
        self.shared.suffered.fetch_add(1, Ordering::Relaxed);
    }

    /// What is to become of bytes now.
    fn fault(&self) -> Fault {
        let fault = *self.shared.fault.borrow();
        if let Fault::BlackHole(afterwards) = fault {
            self.ends.store(afterwards == Afterwards::Closed, Ordering::Relaxed);
            self.dead.store(true, Ordering::Relaxed);
        }
        fault
    }

    /// Whether bytes are lost now.
    fn is_lost(&self) -> bool {
        self.fault();
        self.is_dead()
    }

    async fn questions(&self, mut from: OwnedReadHalf, late: mpsc::UnboundedSender<Late>) {
        let mut buffer = vec![0; 64 * 1024];
        let mut delay = Duration::ZERO;
        while let Ok(read @ 1..) = from.read(&mut buffer).await {
            if self.is_lost() {
                self.suffer();
                continue;
            }
            delay = match self.fault() {
                Fault::Slow(by) => {
                    self.suffer();
                    by
                }
                _ => Duration::ZERO,
            };
            self.asked.store(true, Ordering::Relaxed);
            let _ = late.send((Instant::now() + delay, buffer[..read].to_vec()));
        }
        if self.is_dead() {
            return;
        }
        // The end takes as long as what came before it.
        let _ = late.send((Instant::now() + delay, Vec::new()));
    }

    /// Ends when the connection is to end.
    async fn answers(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut buffer = vec![0; 64 * 1024];
        let mut is_heard = true;
        while let Ok(read @ 1..) = from.read(&mut buffer).await {
            let begins = self.asked.swap(false, Ordering::Relaxed);
            if self.is_lost() {
                self.suffer();
                continue;
            }
            if begins && self.fault() == Fault::AnswerLost && self.shared.loses() {
                self.suffer();
                return;
            }
            // Who went away does not hear it; what was asked is done all the same.
            is_heard = is_heard && to.write_all(&buffer[..read]).await.is_ok();
        }
        if self.is_lost() {
            // Not even the end comes through.
            std::future::pending::<()>().await;
        }
    }
}
