//! What a buyer wants: parsed once, and right from then on.

use std::collections::HashSet;

use shared::{Money, ticket::BookTickets};

/// Why a request is no cart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    /// Nothing is in it.
    #[error("the cart is empty")]
    Empty,
    /// A line asks for no ticket at all.
    #[error("line {0} asks for nothing")]
    Nothing(usize),
    /// Two lines name one ticket type.
    #[error("line {0} names a type twice")]
    Twice(usize),
}

/// One line of a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartLine {
    /// As the event names it.
    pub name: String,
    /// One or more.
    pub quantity: u32,
}

/// Distinct ticket types, at least one of each, and the total that the buyer saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cart {
    lines: Vec<CartLine>,
    total: Money,
}

impl Cart {
    /// The cart that a request describes.
    pub fn parse(request: &BookTickets) -> Result<Self, CartError> {
        let mut names = HashSet::new();
        for (index, line) in request.tickets.iter().enumerate() {
            if line.quantity == 0 {
                return Err(CartError::Nothing(index));
            }
            if !names.insert(line.ticket_type_name.as_str()) {
                return Err(CartError::Twice(index));
            }
        }
        if names.is_empty() {
            return Err(CartError::Empty);
        }
        let line = |line: &shared::ticket::TicketLine| CartLine {
            name: line.ticket_type_name.clone(),
            quantity: line.quantity,
        };
        Ok(Self { lines: request.tickets.iter().map(line).collect(), total: request.total_amount })
    }

    /// Its lines, in the request's order.
    pub fn lines(&self) -> &[CartLine] {
        &self.lines
    }

    /// The total that the buyer saw.
    pub const fn total(&self) -> Money {
        self.total
    }

    /// How many tickets it asks for.
    pub fn quantity(&self) -> u64 {
        self.lines.iter().map(|line| u64::from(line.quantity)).sum()
    }
}

#[cfg(test)]
mod tests {
    use shared::{
        Currency, EventId,
        ticket::{CustomerInfo, TicketLine},
    };

    use super::*;

    fn parse(lines: &[(&str, u32)]) -> Result<Cart, CartError> {
        let line =
            |(name, quantity): &(&str, u32)| TicketLine { ticket_type_name: (*name).into(), quantity: *quantity };
        Cart::parse(&BookTickets {
            event_id: EventId::new(),
            tickets: lines.iter().map(line).collect(),
            customer_info: CustomerInfo::default(),
            total_amount: Money::new(0, Currency::USD),
        })
    }

    #[test]
    fn a_cart_has_something_of_each_type_once() {
        assert_eq!(parse(&[]), Err(CartError::Empty));
        assert_eq!(parse(&[("A", 1), ("B", 0)]), Err(CartError::Nothing(1)));
        assert_eq!(parse(&[("A", 1), ("A", 2)]), Err(CartError::Twice(1)));
        assert_eq!(parse(&[("A", 1), ("B", 2)]).map(|cart| cart.quantity()), Ok(3));
    }
}
