//! Group commit: what arrives while one batch commits is the next batch.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures::future::try_join;
use jiff::SignedDuration;
use mongodb::Database;
use rand::Rng;
use shared::{
    EventId, OrderId, UserId,
    server::{Clock, Groups, trace::BatchSpan},
};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};

use super::{
    Shelf,
    decide::{Books, Command, Plan, Terms, decide},
    keys::Keys,
    measure::measure,
    queue::Queued,
};
use crate::{
    Error,
    domain::inventory::Inventory,
    store::{
        Inventories, Ledger, Made, Orders,
        ledger::{Fault, Transaction},
    },
};

/// The most commands in a batch: what fits one transaction well.
const BATCH: usize = 512;
/// How long a batch is tried again after conflicts, before its callers are told to come back.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// How long a batch may take in all: a database that says nothing must not hold up the batcher for good.
const LONGEST: Duration = Duration::from_secs(5);
/// How many inventories a batcher remembers.
const REMEMBERED: usize = 256;
/// How long a batch waits for others to join it. A transaction costs much the same for ten bookings as for a hundred.
const GATHERING: Duration = Duration::from_millis(20);

/// Inventories as they were committed last. One that is out of date is found out by its revision.
type Remembered = HashMap<EventId, Inventory>;

/// Decides and commits batches.
#[derive(Debug)]
pub struct Batcher {
    inventories: Inventories,
    orders: Orders,
    ledger: Ledger,
    shelf: Shelf,
    clock: Clock,
    hold_for: SignedDuration,
    /// Makes ids of orders.
    pub(super) id: fn() -> OrderId,
}

impl Batcher {
    /// One over `database`, holding seats for `hold_for`, and telling the `shelf` what is left.
    pub fn new(database: &Database, shelf: Shelf, clock: Clock, hold_for: SignedDuration) -> Self {
        Self {
            inventories: Inventories::of(database),
            orders: Orders::of(database),
            ledger: Ledger::of(database),
            shelf,
            clock,
            hold_for,
            id: OrderId::new,
        }
    }

    /// Works until nobody can send any more and all that waits is done.
    pub async fn work(self: Arc<Self>, queue: mpsc::Receiver<Queued>) {
        let mut remembered = Remembered::new();
        let mut groups = Groups::new(queue, BATCH, GATHERING);
        while let Some(mut batch) = groups.next().await {
            // Who went away while waiting gets no seats.
            batch.retain(|queued| !queued.reply.is_closed());
            if batch.is_empty() {
                continue;
            }
            #[expect(clippy::cast_precision_loss, reason = "at most 512")]
            metrics::histogram!("booking_batch_size").record(batch.len() as f64);
            // A task of its own: if it panics its callers learn it, and the next batch begins with nothing remembered.
            let batcher = self.clone();
            let span = BatchSpan::start("commit batch", batch.iter().map(|queued| &queued.origin));
            let settled = tokio::spawn(async move {
                span.around(batcher.settle(batch, &mut remembered)).await;
                remembered
            });
            remembered = settled.await.unwrap_or_default();
        }
    }

    async fn settle(&self, batch: Vec<Queued>, remembered: &mut Remembered) {
        let (commands, replies): (Vec<_>, Vec<_>) = batch.into_iter().map(|q| (q.command, q.reply)).unzip();
        let verdicts = match timeout(LONGEST, self.try_until_committed(&commands, remembered)).await {
            Ok(Ok(plan)) => plan.verdicts,
            Ok(Err(fault)) => commands.iter().map(|_| Err(told(&fault))).collect(),
            // Nobody knows how far it came: not even what is remembered.
            Err(_) => {
                remembered.clear();
                commands.iter().map(|_| Err(Error::Interrupted)).collect()
            }
        };
        for (reply, verdict) in replies.into_iter().zip(verdicts) {
            measure(&verdict);
            // Who went away meanwhile finds the order in the list, or again by its key.
            let _ = reply.send(verdict);
        }
    }

    async fn try_until_committed(&self, commands: &[Command], remembered: &mut Remembered) -> Result<Plan, Fault> {
        let deadline = Instant::now() + PATIENCE;
        let (mut keys, mut longest_pause) = (Keys::default(), 2);
        loop {
            let fault = match self.attempt(commands, remembered, &mut keys).await {
                Ok(plan) => return Ok(plan),
                Err(fault) => fault,
            };
            if matches!(fault, Fault::Duplicate(_)) {
                keys.doubt();
            }
            for command in commands {
                remembered.remove(&command.event());
            }
            if matches!(fault, Fault::Store(_)) || Instant::now() >= deadline {
                return Err(fault);
            }
            tracing::debug!(error = %fault, "a batch is decided again");
            let pause = rand::rng().random_range(1..=longest_pause);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            longest_pause = (longest_pause * 2).min(32);
        }
    }

    /// Reads, decides, commits. Ids and codes are made anew each time, so that one that exists is not met again.
    async fn attempt(&self, commands: &[Command], remembered: &mut Remembered, keys: &mut Keys) -> Result<Plan, Fault> {
        let events: HashSet<EventId> = commands.iter().map(Command::event).collect();
        if remembered.len() > REMEMBERED {
            remembered.retain(|event, _| events.contains(event));
        }
        let mut read: HashSet<EventId> =
            events.iter().filter(|event| !remembered.contains_key(event)).copied().collect();
        let doubted = if keys.are_doubted() { commands.iter().filter_map(key).collect() } else { Vec::new() };
        let ((), made) = try_join(self.remember(&read, remembered), self.made_under(&doubted)).await?;
        keys.learn(&doubted, made);
        loop {
            let (inventories, made_under) = (of(&events, remembered), keys.made().clone());
            let mut books = Books { inventories, made_under, ..Books::default() };
            let transaction = self.begin(commands, &mut books).await?;
            let plan = decide(commands.iter(), books, self.terms());

            // What is written is checked by its revision. A refusal writes nothing: one on a remembered inventory may
            // be out of date, as another replica may have released what it misses.
            let written: HashSet<EventId> = plan.changes.inventories.iter().map(|i| i.event_id).collect();
            let doubtful: HashSet<EventId> = plan
                .refused
                .iter()
                .filter(|event| !written.contains(event) && !read.contains(event))
                .copied()
                .collect();
            // Nor is one that was made before to be refused now: whoever asks again gets the order.
            let refused = plan.verdicts.iter().zip(commands).filter(|(verdict, _)| verdict.is_err());
            let unknown: Vec<_> = refused.filter_map(|(_, command)| key(command)).filter(|k| !keys.knows(k)).collect();
            if !doubtful.is_empty() || !unknown.is_empty() {
                drop(transaction);
                let (read_again, made) = (self.remember(&doubtful, remembered), self.made_under(&unknown));
                let ((), made) = try_join(read_again, made).await?;
                keys.learn(&unknown, made);
                read.extend(doubtful);
                continue;
            }
            if !plan.changes.is_empty() {
                let transaction = match transaction {
                    Some(begun) => begun,
                    None => self.ledger.begin().await?,
                };
                transaction.commit(&plan.changes).await?;
                for inventory in &plan.changes.inventories {
                    let inventory = Inventory { revision: inventory.revision + 1, ..inventory.clone() };
                    self.shelf.committed(&inventory);
                    remembered.insert(inventory.event_id, inventory);
                }
            }
            return Ok(plan);
        }
    }

    /// Reads what is to be decided on as it stands when the transaction begins, where there is such a thing. Whoever
    /// changes an order before this commits makes it a conflict; and whoever gives a buyer another seat changes the
    /// inventory, which is compared with the revision that is decided on.
    async fn begin(&self, commands: &[Command], books: &mut Books) -> Result<Option<Transaction>, Fault> {
        let released: Vec<OrderId> = commands.iter().filter_map(released).collect();
        let limited: Vec<_> = commands.iter().filter_map(|command| limited(command, books)).collect();
        if released.is_empty() && limited.is_empty() {
            return Ok(None);
        }
        let mut transaction = self.ledger.begin().await?;
        let orders = transaction.orders(&released).await?;
        books.orders = orders.into_iter().map(|order| (order.id, order)).collect();
        books.seats = transaction.seats(&limited).await?;
        Ok(Some(transaction))
    }

    fn terms(&self) -> Terms {
        Terms { now: self.clock.now(), hold_for: self.hold_for, id: self.id }
    }

    async fn remember(&self, events: &HashSet<EventId>, remembered: &mut Remembered) -> Result<(), Fault> {
        let events: Vec<EventId> = events.iter().copied().collect();
        let found = self.inventories.find_all(&events).await.map_err(Fault::Store)?;
        remembered.extend(found.into_iter().map(|inventory| (inventory.event_id, inventory)));
        Ok(())
    }

    /// The orders that exist under these keys.
    async fn made_under(&self, keys: &[(UserId, &str)]) -> Result<Made, Fault> {
        self.orders.made_under(keys).await.map_err(Fault::Store)
    }
}

fn of(events: &HashSet<EventId>, remembered: &Remembered) -> HashMap<EventId, Inventory> {
    events.iter().filter_map(|event| Some((*event, remembered.get(event)?.clone()))).collect()
}

fn released(command: &Command) -> Option<OrderId> {
    match command {
        Command::Release { order, .. } => Some(*order),
        Command::Hold(_) | Command::Apply(_) => None,
    }
}

/// Whose seats of which event are to be counted, if its event limits them.
fn limited(command: &Command, books: &Books) -> Option<(EventId, UserId)> {
    let Command::Hold(draft) = command else { return None };
    let inventory = books.inventories.get(&draft.event_id)?;
    inventory.max_per_buyer.map(|_| (draft.event_id, draft.user_id))
}

fn key(command: &Command) -> Option<(UserId, &str)> {
    match command {
        Command::Hold(draft) => Some((draft.user_id, draft.idempotency_key.as_deref()?)),
        Command::Release { .. } | Command::Apply(_) => None,
    }
}

/// What each caller of a batch that failed is told.
fn told(fault: &Fault) -> Error {
    match fault {
        Fault::Conflict(error) | Fault::Duplicate(error) => Error::Contended(error.clone()),
        Fault::Store(error) => Error::Store(error.clone()),
    }
}
