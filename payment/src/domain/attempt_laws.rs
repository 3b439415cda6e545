//! The laws of the payment protocol, against a model of the provider that decides confirm against cancel once, and of
//! the order, which may be lost, and whose buyer may want the money back. The model has one driver at a time, with as many
//! after it as there are crashes: that two at once do no harm is the compare-and-set's doing.

#[path = "attempt_world.rs"]
mod world;

use std::collections::HashSet;

use proptest::prelude::*;
use world::{Card, Link, Moment, Order, Whim, World};

use super::*;

const CARDS: [Card; 5] = [Card::Good, Card::Declined, Card::Slow, Card::Asks(true), Card::Asks(false)];

/// Everything that can happen at one step.
fn every_moment() -> Vec<Moment> {
    let mut moments = Vec::new();
    for link in [Link::Works, Link::AnswerLost, Link::RequestLost, Link::Refused] {
        for whim in [Whim::Nothing, Whim::WantsRefund, Whim::IsLost] {
            for bits in 0..32 {
                let bit = |place: u8| bits & (1 << place) != 0;
                let (crash, late, straggler, decided, slow) = (bit(0), bit(1), bit(2), bit(3), bit(4));
                moments.push(Moment { link, whim, crash, late, straggler, decided, slow });
            }
        }
    }
    moments
}

/// The links heal, the deadline passes, the provider and the buyer decide: the attempt comes to its end, and all agree.
fn settles(mut world: World) {
    let healed = Moment {
        link: Link::Works,
        whim: Whim::Nothing,
        crash: false,
        late: true,
        straggler: false,
        decided: true,
        slow: false,
    };
    let mut steps = 0;
    while world.step(healed) {
        world.check();
        steps += 1;
        assert!(steps < 30, "goes round in circles in {:?}", world.state);
    }
    let paid = world.intent == Some(IntentStatus::Succeeded);
    let expected = match world.order {
        Order::Confirmed => (State::Completed, true, false),
        Order::Refunded => (State::Refunded, true, true),
        // What was taken for an order that is gone goes back.
        Order::Lost if paid => (State::Refunded, true, true),
        Order::Lost if world.state == State::Refused => (State::Refused, false, false),
        _ => (State::Voided, false, false),
    };
    assert_eq!((world.state, paid, world.money_back), expected, "the order is {:?}", world.order);
    assert!(!paid || !matches!(world.card, Card::Declined | Card::Asks(false)));
}

/// Not by chance: whatever happens at any step, in any order, as often as it likes.
#[test]
fn in_every_situation_that_can_be_reached_no_money_is_without_tickets_and_no_tickets_without_money() {
    let moments = every_moment();
    for (card, named) in CARDS.into_iter().flat_map(|card| [(card, false), (card, true)]) {
        let mut open = vec![World::new(card, named)];
        let mut reached: HashSet<World> = open.iter().cloned().collect();
        while let Some(world) = open.pop() {
            settles(world.clone());
            for moment in &moments {
                let mut next = world.clone();
                next.step(*moment);
                next.check();
                if reached.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        assert!(reached.len() > 100, "a search that finds nothing proves nothing");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn unknown_is_never_failed(
        state in prop::sample::select(State::UNSETTLED.as_slice()), source: bool, overdue: bool, to_be_told: bool,
        told: bool,
    ) {
        let mut situation = Situation {
            state, pinned: true, intent_stored: true, told, provider: None, source, overdue, returned: false,
            to_be_told, ending: false,
        };
        let step = next_step(situation);
        prop_assert_ne!(step, Step::ReleaseOrder);
        prop_assert!(!matches!(step, Step::StoreRefund | Step::CloseRefund));
        prop_assert!(step != Step::TellRefunded || state == State::Returned);
        prop_assert!(!matches!(state, State::Confirming | State::Acting) || step == Step::Retrieve);
        situation.ending = true;
        let kept = matches!(next_step(situation), Step::Wait | Step::KeepPinned | Step::BeginConfirming);
        prop_assert!(kept, "a run that ends asks nobody");
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
