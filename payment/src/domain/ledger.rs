//! The ledger equation: what the provider took and gave back for an attempt is what the attempt's state says.

use super::attempt::State;

/// What the provider holds of one intent, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Taken from the buyer.
    pub captured: i64,
    /// Of that, given back.
    pub refunded: i64,
}

impl Balance {
    /// Whether the provider holds nothing of it.
    pub const fn is_even(self) -> bool {
        self.captured == self.refunded
    }

    /// Whether it is what an attempt over `amount` in this state says. While the provider is being asked to move the
    /// money it may have moved or not, but never in part.
    pub const fn agrees(self, state: State, amount: i64) -> bool {
        let Self { captured, refunded } = self;
        match state {
            State::Voided | State::Refused => captured == 0 && refunded == 0,
            State::Created | State::Pinned | State::Confirming | State::Acting | State::Voiding => {
                (captured == 0 || captured == amount) && refunded == 0
            }
            State::Captured | State::Completed => captured == amount && refunded == 0,
            State::Refunding => captured == amount && (refunded == 0 || refunded == amount),
            State::Returned | State::Refunded => captured == amount && refunded == amount,
        }
    }
}

/// Whether an attempt in this state has taken money at some time.
pub const fn has_captured(state: State) -> bool {
    matches!(state, State::Captured | State::Completed | State::Refunding | State::Returned | State::Refunded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AMOUNT: i64 = 9000;

    fn every_state() -> impl Strategy<Value = State> {
        let states: Vec<State> = State::UNSETTLED.into_iter().chain(State::SETTLED).collect();
        prop::sample::select(states)
    }

    #[test]
    fn money_that_a_state_does_not_know_of_is_a_difference() {
        let taken = Balance { captured: AMOUNT, refunded: 0 };
        let back = Balance { captured: AMOUNT, refunded: AMOUNT };
        assert!(taken.agrees(State::Completed, AMOUNT) && !taken.agrees(State::Voided, AMOUNT));
        assert!(!Balance::default().agrees(State::Completed, AMOUNT), "tickets without money");
        assert!(back.agrees(State::Refunded, AMOUNT) && !back.agrees(State::Completed, AMOUNT));
        assert!(!taken.agrees(State::Refunded, AMOUNT), "a refund that did not happen");
    }

    proptest! {
        #[test]
        fn a_settled_attempt_agrees_with_one_balance_only(
            state in prop::sample::select(State::SETTLED.as_slice()), captured in -1..=AMOUNT, refunded in -1..=AMOUNT,
        ) {
            let expected = Balance {
                captured: if has_captured(state) { AMOUNT } else { 0 },
                refunded: if state == State::Refunded { AMOUNT } else { 0 },
            };
            prop_assert!(expected.agrees(state, AMOUNT));
            let other = Balance { captured, refunded };
            prop_assert_eq!(other.agrees(state, AMOUNT), other == expected);
        }

        #[test]
        fn money_in_part_agrees_with_no_state(state in every_state(), part in 1..AMOUNT) {
            let taken = Balance { captured: part, refunded: 0 };
            let back = Balance { captured: AMOUNT, refunded: part };
            prop_assert!(!taken.agrees(state, AMOUNT) && !back.agrees(state, AMOUNT));
        }
    }
}
