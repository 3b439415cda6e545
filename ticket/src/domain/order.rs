//! The life of an order: every arrow, decided by one pure function.
//!
//! A message may come twice, late or in another order. So each names the attempt to pay that it speaks of, and one that
//! has been done, or whose time has passed, changes nothing.

use jiff::{SignedDuration, Timestamp};
use shared::{PaymentId, ticket::OrderStatus};

/// How long a buyer has at least to try another card after an attempt was voided.
const TIME_TO_RETRY: SignedDuration = SignedDuration::from_mins(2);

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub status: OrderStatus,
    /// The latest attempt to pay; 0 before the first.
    pub attempt: u32,
    /// The payment of that attempt.
    pub payment_id: Option<PaymentId>,
    /// Until when it keeps its seats while it is held.
    pub expires_at: Timestamp,
}

/// An arrow that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// held → paying: pins the hold.
    Pay {
        /// One more than the latest.
        attempt: u32,
        /// The attempt's payment.
        payment_id: Option<PaymentId>,
    },
    /// paying → confirmed: the money is there.
    Confirm {
        /// The one that was paid.
        attempt: u32,
        /// The attempt's payment.
        payment_id: Option<PaymentId>,
    },
    /// paying → held: no money has moved, and none will.
    Void {
        /// The one that is void.
        attempt: u32,
    },
    /// confirmed → refunding: the money is to go back.
    Refund {
        /// The one that was paid.
        attempt: u32,
    },
    /// refunding → refunded: the money is back.
    Refunded {
        /// The one that was paid.
        attempt: u32,
    },
    /// confirmed → refunded: nothing was paid, so nothing is on its way.
    RefundFree {
        /// The one that was confirmed.
        attempt: u32,
    },
    /// held → cancelled: the buyer gives up.
    Cancel,
    /// held → expired: the time is over.
    Expire,
}

impl Transition {
    /// Whether an order that goes this arrow gives its seats back.
    pub const fn releases(self) -> bool {
        matches!(self, Self::Refunded { .. } | Self::RefundFree { .. } | Self::Cancel | Self::Expire)
    }
}

/// What becomes of an arrow that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The order stands so from now on.
    Change(Standing),
    /// It was done before: nothing changes.
    AlreadyDone,
    /// Not from this state.
    Refused(OrderStatus),
}

/// Decides one arrow.
pub fn transition(order: &Standing, asked: Transition, now: Timestamp) -> Outcome {
    use OrderStatus::{Cancelled, Confirmed, Expired, Held, Paying, Refunded, Refunding};
    use Outcome::{AlreadyDone, Change, Refused};

    let current = |attempt: u32| attempt == order.attempt;
    let next = |attempt: u32| order.attempt.checked_add(1) == Some(attempt);
    // Two payments can't both be an order's attempt of one number.
    let same = |asked: Option<PaymentId>| asked.is_none() || order.payment_id.is_none() || asked == order.payment_id;
    let over = now >= order.expires_at;
    let to = |status| Change(Standing { status, ..*order });

    match (asked, order.status) {
        (Transition::Pay { .. }, Held) if over => Refused(Expired),
        (Transition::Pay { attempt, payment_id }, Held) if next(attempt) => {
            Change(Standing { status: Paying, attempt, payment_id, ..*order })
        }
        (Transition::Confirm { attempt, payment_id }, Paying) if current(attempt) && same(payment_id) => {
            Change(Standing { status: Confirmed, payment_id: payment_id.or(order.payment_id), ..*order })
        }
        (Transition::Void { attempt }, Paying) if current(attempt) => {
            let time_left = now.saturating_add(TIME_TO_RETRY).unwrap_or(order.expires_at);
            let expires_at = order.expires_at.max(time_left);
            Change(Standing { status: Held, payment_id: None, expires_at, ..*order })
        }
        // Void overtook pay: the number is spent, so that the late pay finds it stale and does not pin the order for
        // an attempt that nobody drives any more.
        (Transition::Void { attempt }, Held) if next(attempt) => Change(Standing { attempt, ..*order }),
        (Transition::Refund { attempt }, Confirmed) if current(attempt) => to(Refunding),
        (Transition::Refunded { attempt }, Refunding) | (Transition::RefundFree { attempt }, Confirmed)
            if current(attempt) =>
        {
            to(Refunded)
        }
        (Transition::Cancel, Held) => to(Cancelled),
        (Transition::Expire, Held) if over => to(Expired),

        (Transition::Pay { attempt, payment_id }, Paying) if current(attempt) && same(payment_id) => AlreadyDone,
        (Transition::Confirm { attempt, payment_id }, Confirmed | Refunding | Refunded)
            if current(attempt) && same(payment_id) =>
        {
            AlreadyDone
        }
        (Transition::Void { attempt }, Held)
        | (Transition::Refund { attempt }, Refunding | Refunded)
        | (Transition::Refunded { attempt } | Transition::RefundFree { attempt }, Refunded)
            if current(attempt) =>
        {
            AlreadyDone
        }
        (Transition::Cancel, Cancelled) | (Transition::Expire, Expired) => AlreadyDone,
        (_, status) => Refused(status),
    }
}

/// Whether an order in this state never changes again.
#[cfg(test)]
pub const fn is_terminal(status: OrderStatus) -> bool {
    matches!(status, OrderStatus::Expired | OrderStatus::Cancelled | OrderStatus::Refunded)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn standing(status: OrderStatus, attempt: u32) -> Standing {
        Standing { status, attempt, payment_id: None, expires_at: NOW + SignedDuration::from_secs(30) }
    }

    fn pay(attempt: u32) -> Transition {
        Transition::Pay { attempt, payment_id: None }
    }

    fn confirm(attempt: u32) -> Transition {
        Transition::Confirm { attempt, payment_id: None }
    }

    #[test]
    fn paying_takes_the_next_attempt_only() {
        let held = standing(OrderStatus::Held, 1);
        assert_eq!(
            transition(&held, pay(2), NOW),
            Outcome::Change(Standing { attempt: 2, ..standing(OrderStatus::Paying, 2) })
        );
        for stale in [0, 1, 3] {
            assert_eq!(transition(&held, pay(stale), NOW), Outcome::Refused(OrderStatus::Held), "{stale}");
        }
    }

    #[test]
    fn a_hold_whose_time_is_over_cannot_be_paid() {
        let late = NOW + SignedDuration::from_secs(30);
        assert_eq!(transition(&standing(OrderStatus::Held, 0), pay(1), late), Outcome::Refused(OrderStatus::Expired));
    }

    #[test]
    fn an_order_that_is_paying_never_expires_and_cannot_be_cancelled() {
        let paying = standing(OrderStatus::Paying, 1);
        let late = NOW + SignedDuration::from_hours(100);
        for asked in [Transition::Expire, Transition::Cancel] {
            assert_eq!(transition(&paying, asked, late), Outcome::Refused(OrderStatus::Paying));
        }
    }

    #[test]
    fn only_the_attempt_under_way_confirms_or_voids() {
        let paying = standing(OrderStatus::Paying, 2);
        for asked in [confirm(1), confirm(3), Transition::Void { attempt: 1 }, Transition::Void { attempt: 3 }] {
            assert_eq!(transition(&paying, asked, NOW), Outcome::Refused(OrderStatus::Paying), "{asked:?}");
        }
    }

    #[test]
    fn a_voided_attempt_leaves_time_for_another_card() {
        let paying = standing(OrderStatus::Paying, 1);
        let late = NOW + SignedDuration::from_mins(20);
        let Outcome::Change(held) = transition(&paying, Transition::Void { attempt: 1 }, late) else {
            panic!("refused")
        };
        assert_eq!((held.status, held.attempt, held.payment_id), (OrderStatus::Held, 1, None));
        assert_eq!(held.expires_at, late + TIME_TO_RETRY);
    }

    #[test]
    fn a_pay_that_its_void_overtook_is_stale() {
        let held = standing(OrderStatus::Held, 0);
        let Outcome::Change(spent) = transition(&held, Transition::Void { attempt: 1 }, NOW) else { panic!("refused") };
        assert_eq!(spent, standing(OrderStatus::Held, 1));
        assert_eq!(transition(&spent, pay(1), NOW), Outcome::Refused(OrderStatus::Held));
    }

    #[test]
    fn an_attempt_belongs_to_one_payment() {
        let (mine, other) = (Some(PaymentId::new()), Some(PaymentId::new()));
        let paying = Standing { payment_id: mine, ..standing(OrderStatus::Paying, 1) };
        let asked = |payment_id| Transition::Confirm { attempt: 1, payment_id };
        assert_eq!(transition(&paying, asked(other), NOW), Outcome::Refused(OrderStatus::Paying));
        assert!(matches!(transition(&paying, asked(mine), NOW), Outcome::Change(_)));
        let again = Transition::Pay { attempt: 1, payment_id: other };
        assert_eq!(transition(&paying, again, NOW), Outcome::Refused(OrderStatus::Paying));
    }

    #[test]
    fn a_confirmation_repeated_after_the_refund_began_is_still_done() {
        for status in [OrderStatus::Confirmed, OrderStatus::Refunding, OrderStatus::Refunded] {
            assert_eq!(transition(&standing(status, 1), confirm(1), NOW), Outcome::AlreadyDone);
            assert_eq!(transition(&standing(status, 1), pay(1), NOW), Outcome::Refused(status));
        }
    }
}
