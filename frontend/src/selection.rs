//! Which tickets a buyer has picked. It lives in the URL's query as `Name=quantity`, so that reload, back and a
//! shared link keep it.

use shared::{
    Money,
    event::Event,
    ticket::{Availability, EventSnapshot, OrderLine, PricedType, TicketLine},
};

use crate::query::Pairs;

/// How many of the ticket type called `name` are picked.
pub fn picked(pairs: &Pairs, name: &str) -> u32 {
    pairs.iter().find(|(n, _)| n == name).and_then(|(_, quantity)| quantity.parse().ok()).unwrap_or(0)
}

/// The most tickets that one order, and one buyer, may have.
pub fn limit(left: &Availability) -> u32 {
    left.max_per_buyer.map_or(left.max_per_order, |most| most.min(left.max_per_order))
}

/// What is picked, at the prices now, in the event's order.
pub fn lines(pairs: &Pairs, left: &Availability) -> Vec<OrderLine> {
    left.ticket_types
        .iter()
        .filter_map(|kind| {
            let quantity = picked(pairs, &kind.name).min(limit(left));
            let subtotal = kind.price.times(quantity)?;
            let ticket_type = PricedType { name: kind.name.clone(), price: kind.price };
            (quantity > 0).then_some(OrderLine { ticket_type, quantity, subtotal })
        })
        .collect()
}

/// The sum of the lines; nothing where there are none.
pub fn total(lines: &[OrderLine]) -> Option<Money> {
    let (first, rest) = lines.split_first()?;
    rest.iter().try_fold(first.subtotal, |sum, line| sum.plus(line.subtotal))
}

/// How many tickets the lines hold together.
pub fn count(lines: &[OrderLine]) -> u32 {
    lines.iter().map(|line| line.quantity).sum()
}

/// The lines as a booking asks for them.
pub fn wanted(lines: &[OrderLine]) -> Vec<TicketLine> {
    let line = |l: &OrderLine| TicketLine { ticket_type_name: l.ticket_type.name.clone(), quantity: l.quantity };
    lines.iter().map(line).collect()
}

/// The most of one type that can be picked now: what is left of it, and what the order still has room for.
pub fn most(pairs: &Pairs, left: &Availability, name: &str) -> u32 {
    let others = count(&lines(pairs, left)).saturating_sub(picked(pairs, name));
    let remaining = left.ticket_types.iter().find(|t| t.name == name).map_or(0, |t| t.remaining);
    remaining.min(limit(left).saturating_sub(others))
}

/// The event as an order would remember it.
pub fn snapshot(event: &Event) -> EventSnapshot {
    EventSnapshot {
        title: event.title.clone(),
        category: Some(event.category),
        venue: event.venue.clone(),
        starts_at: event.starts_at,
        ends_at: event.ends_at,
        time_zone: event.time_zone.clone(),
        image: event.image.clone(),
        refund_hours: event.refund_hours,
    }
}

#[cfg(test)]
mod tests {
    use shared::{
        Currency, EventId, Timestamp,
        ticket::{SaleStatus, TypeAvailability},
    };

    use super::*;

    fn kind(name: &str, cents: i64, remaining: u32) -> TypeAvailability {
        TypeAvailability { name: name.into(), price: Money::new(cents, Currency::USD), capacity: 100, remaining }
    }

    fn left() -> Availability {
        Availability {
            event_id: EventId(uuid::Uuid::nil()),
            sale: SaleStatus::OnSale,
            sales_start: None,
            sales_end: Timestamp::UNIX_EPOCH,
            max_per_order: 6,
            max_per_buyer: None,
            ticket_types: vec![kind("Standing & dancing", 4500, 50), kind("Seat", 8000, 2)],
            remaining: 52,
        }
    }

    fn pick(pairs: &[(&str, &str)]) -> Pairs {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn the_total_is_the_sum_of_what_is_picked() {
        let lines = lines(&pick(&[("Seat", "1"), ("Standing & dancing", "2"), ("utm_source", "mail")]), &left());
        assert_eq!(total(&lines), Some(Money::new(17_000, Currency::USD)));
        assert_eq!(count(&lines), 3);
    }

    #[test]
    fn nothing_picked_has_no_total() {
        for pairs in [pick(&[]), pick(&[("Seat", "0")]), pick(&[("Seat", "-1")]), pick(&[("Balcony", "2")])] {
            assert_eq!(total(&lines(&pairs, &left())), None);
        }
    }

    #[test]
    fn no_more_can_be_picked_than_are_left_or_fit_the_order() {
        assert_eq!(most(&pick(&[]), &left(), "Seat"), 2);
        assert_eq!(most(&pick(&[("Standing & dancing", "5")]), &left(), "Seat"), 1);
        assert_eq!(most(&pick(&[("Seat", "2")]), &left(), "Standing & dancing"), 4);
    }

    #[test]
    fn no_more_can_be_picked_than_one_buyer_may_have() {
        let left = Availability { max_per_buyer: Some(2), ..left() };
        assert_eq!(most(&pick(&[]), &left, "Standing & dancing"), 2);
        assert_eq!(most(&pick(&[("Seat", "1")]), &left, "Standing & dancing"), 1);
        assert_eq!(limit(&Availability { max_per_buyer: Some(50), ..left }), 6);
    }

    #[test]
    fn a_quantity_in_the_url_is_never_more_than_an_order_takes() {
        assert_eq!(count(&lines(&pick(&[("Seat", "1000000000")]), &left())), 6);
    }
}
