//! Time as a part that is handed in, so that tests can move it.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// What time it is.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// `None` is the system's clock.
    set: Option<Arc<Mutex<Timestamp>>>,
}

impl Clock {
    /// The system's clock.
    pub const fn system() -> Self {
        Self { set: None }
    }

    /// A clock that stands still at `now` until it is moved; its clones move with it.
    pub fn fixed(now: Timestamp) -> Self {
        Self { set: Some(Arc::new(Mutex::new(now))) }
    }

    /// The time now, in whole milliseconds: what MongoDB stores, so that a time read back equals the one written.
    pub fn now(&self) -> Timestamp {
        let now = match &self.set {
            Some(set) => *set.lock().unwrap_or_else(PoisonError::into_inner),
            None => Timestamp::now(),
        };
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Moves a fixed clock; the system's clock does not move.
    pub fn advance(&self, by: SignedDuration) {
        if let Some(set) = &self.set {
            let mut now = set.lock().unwrap_or_else(PoisonError::into_inner);
            *now = now.saturating_add(by).unwrap_or(*now);
        }
    }
}
