//! What is known of the keys in a batch.
//!
//! Hardly any key is ever sent twice, and the unique index refuses one that was: so the keys are looked up only after it
//! has, and those of what would be refused, since who asks again for an order gets it though no seats are left.

use std::collections::HashSet;

use shared::UserId;

use crate::store::Made;

/// The orders made before under the keys of a batch, as far as they were looked up.
#[derive(Debug, Default)]
pub struct Keys {
    made: Made,
    known: HashSet<(UserId, String)>,
    doubted: bool,
}

impl Keys {
    /// Orders that were made before.
    pub const fn made(&self) -> &Made {
        &self.made
    }

    /// Whether it was looked up what was made under this key.
    pub fn knows(&self, &(user, key): &(UserId, &str)) -> bool {
        self.known.contains(&(user, key.to_owned()))
    }

    /// One of the keys was used before, or has been meanwhile: all are to be looked up.
    pub fn doubt(&mut self) {
        *self = Self { doubted: true, ..Self::default() };
    }

    /// Whether the keys are to be looked up before anything is decided.
    pub const fn are_doubted(&self) -> bool {
        self.doubted
    }

    /// These orders, and no others, exist under the keys that were `asked` for.
    pub fn learn(&mut self, asked: &[(UserId, &str)], made: Made) {
        self.known.extend(asked.iter().map(|&(user, key)| (user, key.to_owned())));
        self.made.extend(made);
    }
}
