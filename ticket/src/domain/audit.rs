//! The inventory equation: what is counted as taken is what orders hold.

use std::{collections::BTreeMap, fmt};

use shared::{EventId, OrderId};

use super::inventory::Stock;

/// What one event's documents said at one instant.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// As the inventory counts; none where there is no inventory.
    pub types: Vec<Stock>,
    /// By ticket type: the seats of orders that hold seats.
    pub held: BTreeMap<String, u64>,
    /// Confirmed orders that have more or fewer tickets than seats.
    pub uneven: Vec<Uneven>,
}

/// A confirmed order with more or fewer tickets than seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uneven {
    /// Which order.
    pub order: OrderId,
    /// How many seats it has.
    pub seats: u64,
    /// How many tickets were issued for it.
    pub issued: u64,
}

/// Where the equation does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// More or fewer seats are counted than orders hold.
    Taken {
        /// Of which event.
        event: EventId,
        /// Of which ticket type.
        name: String,
        /// Counted by the inventory.
        taken: u64,
        /// Held by orders.
        held: u64,
    },
    /// Money without a ticket, or a ticket without money.
    Tickets(Uneven),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken { event, name, taken, held } => {
                write!(f, "event {event}, {name:?}: {taken} taken, {held} held by orders")
            }
            Self::Tickets(Uneven { order, seats, issued }) => {
                write!(f, "order {order}: {issued} tickets for {seats} seats")
            }
        }
    }
}

/// Every difference in a picture of `event`.
pub fn differences(event: EventId, picture: Picture) -> Vec<Difference> {
    let Picture { types, mut held, uneven } = picture;
    let counted = types.into_iter().map(|stock| (stock.name, u64::from(stock.taken)));
    let mut both: Vec<(String, u64, u64)> = counted
        .map(|(name, taken)| (held.remove(&name).unwrap_or(0), name, taken))
        .map(|(h, n, t)| (n, t, h))
        .collect();
    both.extend(held.into_iter().map(|(name, held)| (name, 0, held)));
    let taken = both.into_iter().filter(|(_, taken, held)| taken != held);
    let taken = taken.map(|(name, taken, held)| Difference::Taken { event, name, taken, held });
    taken.chain(uneven.into_iter().map(Difference::Tickets)).collect()
}

#[cfg(test)]
mod tests {
    use shared::{Currency, Money};

    use super::*;

    #[test]
    fn each_type_that_does_not_add_up_is_told() {
        let stock =
            |name: &str, taken| Stock { name: name.into(), price: Money::new(0, Currency::EUR), capacity: 1, taken };
        let held = [("Floor", 3), ("Box", 2), ("Gone", 1)].map(|(name, held)| (name.to_owned(), held));
        let types = vec![stock("Floor", 3), stock("Box", 1), stock("Empty", 0), stock("Ghost", 1)];
        let event = EventId::new();
        let uneven = Uneven { order: OrderId::new(), seats: 2, issued: 0 };
        let picture = Picture { types, held: held.into(), uneven: vec![uneven] };
        let found = differences(event, picture);
        let taken = |name: &str, taken, held| Difference::Taken { event, name: name.into(), taken, held };
        let expected = [taken("Box", 1, 2), taken("Ghost", 1, 0), taken("Gone", 0, 1), Difference::Tickets(uneven)];
        assert_eq!(found, expected);
        assert_eq!(found[0].to_string(), format!("event {event}, \"Box\": 1 taken, 2 held by orders"));
    }
}
