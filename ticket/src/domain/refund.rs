//! Who may have an order's money back, and which way it goes.

use jiff::{SignedDuration, Timestamp};
use shared::{Money, ticket::EventSnapshot};

use super::order::Transition;

/// The organizer's policy gives this buyer nothing back now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not refundable")]
pub struct NotRefundable {
    /// Until when it did; `None` where it never does.
    pub until: Option<Timestamp>,
}

/// Whether a buyer may have the money back without asking anybody, by the policy at the time of the booking.
pub fn allowed(event: &EventSnapshot, now: Timestamp) -> Result<(), NotRefundable> {
    let until = event.refund_hours.map(|hours| {
        let hours = SignedDuration::from_hours(hours.into());
        event.starts_at.saturating_sub(hours).unwrap_or(Timestamp::MIN)
    });
    match until {
        Some(until) if now <= until => Ok(()),
        until => Err(NotRefundable { until }),
    }
}

/// Where a refund leads: by way of the payment service where anything was paid.
pub const fn arrow(paid: Money, attempt: u32) -> Transition {
    if paid.is_zero() { Transition::RefundFree { attempt } } else { Transition::Refund { attempt } }
}

#[cfg(test)]
mod tests {
    use shared::{Currency, event::Venue};

    use super::*;

    const START: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn event(refund_hours: Option<u32>) -> EventSnapshot {
        EventSnapshot {
            title: String::new(),
            category: None,
            venue: Venue::default(),
            starts_at: START,
            ends_at: START,
            time_zone: "UTC".into(),
            image: None,
            refund_hours,
        }
    }

    #[test]
    fn without_a_policy_nothing_is_refundable() {
        let long_before = START - SignedDuration::from_hours(10_000);
        assert_eq!(allowed(&event(None), long_before), Err(NotRefundable { until: None }));
    }

    #[test]
    fn the_policy_ends_so_many_hours_before_the_start() {
        let until = START - SignedDuration::from_hours(48);
        assert_eq!(allowed(&event(Some(48)), until), Ok(()));
        let late = until + SignedDuration::from_millis(1);
        assert_eq!(allowed(&event(Some(48)), late), Err(NotRefundable { until: Some(until) }));
        assert_eq!(allowed(&event(Some(0)), START), Ok(()));
    }

    #[test]
    fn what_cost_nothing_does_not_wait_for_money() {
        let euros = |amount| Money::new(amount, Currency::EUR);
        assert_eq!(arrow(euros(0), 0), Transition::RefundFree { attempt: 0 });
        assert_eq!(arrow(euros(1), 2), Transition::Refund { attempt: 2 });
    }
}
