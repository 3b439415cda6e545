//! The events of an act.

use bson::Uuid;
use serde_json::{Value, json};

/// What is special about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Fewer seats than buyers want.
    Hot,
    /// Two types, one of them scarce.
    Roomy,
    /// So many tickets for each buyer and no more.
    Limited,
    /// Costs nothing.
    Free,
    /// Is called off in the middle of the act.
    Doomed,
}

impl Kind {
    /// One of each is there from the beginning.
    pub const ALL: [Self; 5] = [Self::Hot, Self::Roomy, Self::Limited, Self::Free, Self::Doomed];

    /// Name, price and number of each ticket type.
    fn types(self) -> Vec<(&'static str, i64, u64)> {
        match self {
            Self::Hot => vec![("Floor", 2500, 25)],
            Self::Roomy => vec![("Floor", 2500, 100_000), ("Box", 9900, 40)],
            Self::Limited => vec![("Floor", 1500, 100_000)],
            Self::Free => vec![("Floor", 0, 100_000)],
            Self::Doomed => vec![("Floor", 3300, 100_000)],
        }
    }

    /// The request that publishes one.
    pub fn announcement(self) -> Value {
        let types = self.types().into_iter().map(|(name, amount, quantity)| {
            json!({ "name": name, "price": { "amount": amount, "currency": "USD" }, "quantity": quantity })
        });
        let mut event = json!({
            "title": format!("{self:?}"),
            "category": "concert",
            "venue": { "name": "Town Hall", "address": "1 Main Street", "city": "Springfield" },
            "startsAt": "2035-06-01T18:00:00Z",
            "endsAt": "2035-06-01T21:00:00Z",
            "timeZone": "America/Chicago",
            "ticketTypes": types.collect::<Vec<_>>(),
            "refundHours": 1,
            "status": "published",
        });
        if let Some(most) = self.max_per_buyer() {
            event["maxPerBuyer"] = most.into();
        }
        event
    }

    /// How many tickets one buyer may have.
    pub const fn max_per_buyer(self) -> Option<u64> {
        match self {
            Self::Limited => Some(4),
            Self::Hot | Self::Roomy | Self::Free | Self::Doomed => None,
        }
    }
}

/// A published event.
#[derive(Clone, Copy, Debug)]
pub struct Show {
    /// Which event.
    pub id: Uuid,
    /// What is special about it.
    pub kind: Kind,
}

impl Show {
    /// How many tickets of this type there are to sell.
    pub fn capacity(self, name: &str) -> u64 {
        self.kind.types().iter().find(|(known, ..)| *known == name).map_or(0, |(.., quantity)| *quantity)
    }

    /// Name and price of its ticket types.
    pub fn prices(self) -> Vec<(&'static str, i64)> {
        self.kind.types().into_iter().map(|(name, price, _)| (name, price)).collect()
    }
}
