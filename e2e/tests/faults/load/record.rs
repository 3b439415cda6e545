//! What people were told: each answer is a promise that is held against the books later.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use bson::Uuid;

use super::show::Show;

/// An order that its buyer knows of.
#[derive(Clone, Debug)]
pub struct Ordered {
    pub user: Uuid,
    pub event: Uuid,
    pub seats: u64,
    pub total: i64,
    pub key: String,
}

/// All that was asked for and answered.
#[derive(Debug, Default)]
pub struct Told {
    /// Events that are published.
    pub shows: HashMap<Uuid, Show>,
    /// Events of which the organizer knows that they are cancelled.
    pub called_off: HashSet<Uuid>,
    /// Orders whose making was answered.
    pub ordered: HashMap<Uuid, Ordered>,
    /// Orders that are paid, by which payment.
    pub paid: HashMap<Uuid, Uuid>,
    /// Payments of which it was said that nothing was charged.
    pub not_charged: HashSet<Uuid>,
    /// Orders that are cancelled.
    pub cancelled: HashSet<Uuid>,
    /// Orders whose money is on its way back.
    pub refunds: HashSet<Uuid>,
    /// Orders whose cancelling or refund was asked for, whatever the answer was.
    pub given_up: HashSet<Uuid>,
    /// Answers that nobody should get.
    pub wrong: Vec<String>,
    /// How often what was answered.
    pub counts: BTreeMap<&'static str, u64>,
}

/// What is told to all people of one act, and how much is being asked.
#[derive(Debug, Default)]
pub struct Record {
    told: Mutex<Told>,
    under_way: AtomicUsize,
}

impl Record {
    /// What was told so far.
    pub fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an answer.
    pub fn count(&self, what: &'static str) {
        *self.told().counts.entry(what).or_default() += 1;
    }

    /// An answer that nobody should get.
    pub fn wrong(&self, what: String) {
        self.told().wrong.push(what);
    }

    /// How many questions have no answer yet.
    pub fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// A question is under way until this is dropped.
    pub fn ask(&self) -> UnderWay<'_> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(self)
    }
}

/// A question without an answer yet.
pub struct UnderWay<'a>(&'a Record);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}
