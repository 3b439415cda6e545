//! The laws of the payment protocol, against a model of the provider that decides confirm against cancel once, and of
//! the order, which may be lost, and whose buyer may want the money back.

#[path = "attempt_world.rs"]
mod world;

use proptest::prelude::*;
use world::{Card, Link, Moment, Order, Whim, World};

use super::*;

fn moment() -> impl Strategy<Value = Moment> {
    let link = prop_oneof![3 => Just(Link::Works), 1 => Just(Link::AnswerLost), 1 => Just(Link::RequestLost)];
    let whim = prop_oneof![9 => Just(Whim::Nothing), 2 => Just(Whim::WantsRefund), 1 => Just(Whim::IsLost)];
    let at = prop::bool::weighted;
    (link, whim, at(0.15), at(0.1), at(0.2), at(0.2)).prop_map(|(link, whim, crash, late, straggler, decided)| Moment {
        link,
        whim,
        crash,
        late,
        straggler,
        decided,
    })
}

fn card() -> impl Strategy<Value = Card> {
    prop_oneof![
        3 => Just(Card::Good),
        1 => Just(Card::Declined),
        1 => Just(Card::Slow),
        1 => any::<bool>().prop_map(Card::Asks),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_money_without_tickets_and_no_tickets_without_money(
        card in card(),
        moments in prop::collection::vec(moment(), 0..80),
    ) {
        let mut world = World::new(card);
        for moment in moments {
            world.step(moment);
            world.check();
        }
        // The links heal, the deadline passes, the provider and the buyer decide: every attempt settles.
        let healed = Moment {
            link: Link::Works, whim: Whim::Nothing, crash: false, late: true, straggler: false, decided: true,
        };
        let mut steps = 0;
        while world.step(healed) {
            world.check();
            steps += 1;
            prop_assert!(steps < 30, "goes round in circles in {:?}", world.state);
        }
        let paid = world.intent == Some(IntentStatus::Succeeded);
        let expected = match world.order {
            Order::Confirmed => (State::Completed, true, false),
            Order::Refunded => (State::Refunded, true, true),
            // What was taken for an order that is gone goes back.
            Order::Lost if paid => (State::Refunded, true, true),
            _ => (State::Voided, false, false),
        };
        prop_assert_eq!((world.state, paid, world.money_back), expected, "the order is {:?}", world.order);
        prop_assert!(!paid || !matches!(card, Card::Declined | Card::Asks(false)));
    }

    #[test]
    fn unknown_is_never_failed(
        state in prop::sample::select(State::UNSETTLED.as_slice()), source: bool, overdue: bool, to_be_told: bool,
    ) {
        let situation = Situation {
            state, intent_stored: true, provider: None, source, overdue, returned: false, to_be_told,
        };
        let step = next_step(situation);
        prop_assert_ne!(step, Step::ReleaseOrder);
        prop_assert!(!matches!(step, Step::StoreRefund | Step::CloseRefund));
        prop_assert!(step != Step::TellRefunded || state == State::Returned);
        prop_assert!(!matches!(state, State::Confirming | State::Acting) || step == Step::Retrieve);
    }
}

#[test]
fn a_state_is_written_as_its_name() {
    for state in State::UNSETTLED.into_iter().chain(State::SETTLED) {
        assert_eq!(serde_json::to_value(state).expect("JSON"), state.as_str());
        assert_eq!(State::UNSETTLED.contains(&state), !state.is_settled());
    }
    for status in [
        IntentStatus::RequiresConfirmation,
        IntentStatus::RequiresAction,
        IntentStatus::Processing,
        IntentStatus::Succeeded,
        IntentStatus::RequiresPaymentMethod,
        IntentStatus::Cancelled,
    ] {
        assert_eq!(serde_json::to_value(status).expect("JSON"), status.as_str());
    }
}

#[test]
fn only_what_has_moved_no_money_is_told_to_have_failed() {
    for state in State::UNSETTLED {
        assert_ne!(state.status(), PaymentStatus::Failed);
        assert_ne!(state.status(), PaymentStatus::Completed);
    }
    assert_eq!(State::Voided.status(), PaymentStatus::Failed);
}

#[test]
fn only_money_that_is_back_is_told_to_be_refunded() {
    for state in State::UNSETTLED.into_iter().chain(State::SETTLED) {
        let back = matches!(state, State::Returned | State::Refunded);
        assert_eq!(state.status() == PaymentStatus::Refunded, back, "{state:?}");
    }
}
