//! The laws of the payment protocol, against a model of the provider that decides confirm against cancel once.

use proptest::prelude::*;

use super::*;

/// How a call to the provider goes.
#[derive(Clone, Copy, Debug)]
enum Link {
    Works,
    /// The provider did it, and the answer was lost.
    AnswerLost,
    /// The provider never heard of it.
    RequestLost,
}

/// What happens at one step of an attempt.
#[derive(Clone, Copy, Debug)]
struct Moment {
    link: Link,
    /// The process dies after the step: what was not written down is forgotten, the card too.
    crash: bool,
    /// The deadline passes.
    late: bool,
    /// A request to take the money that was under way when the process died arrives only now.
    straggler: bool,
}

fn moment() -> impl Strategy<Value = Moment> {
    let link = prop_oneof![3 => Just(Link::Works), 1 => Just(Link::AnswerLost), 1 => Just(Link::RequestLost)];
    (link, prop::bool::weighted(0.15), prop::bool::weighted(0.1), prop::bool::weighted(0.2))
        .prop_map(|(link, crash, late, straggler)| Moment { link, crash, late, straggler })
}

/// An attempt, the provider and the order, in memory.
#[expect(clippy::struct_excessive_bools, reason = "a model holds facts side by side")]
struct World {
    state: State,
    intent_stored: bool,
    known: Option<IntentStatus>,
    source: bool,
    overdue: bool,
    /// The provider's own truth.
    intent: Option<IntentStatus>,
    card_is_good: bool,
    /// Whether a request to take the money was ever sent.
    confirm_sent: bool,
    order_released: bool,
    order_confirmed: bool,
}

impl World {
    fn new(card_is_good: bool) -> Self {
        Self {
            state: State::Created,
            intent_stored: false,
            known: None,
            source: true,
            overdue: false,
            intent: None,
            card_is_good,
            confirm_sent: false,
            order_released: false,
            order_confirmed: false,
        }
    }

    fn provider_confirms(&mut self) {
        if self.intent == Some(IntentStatus::RequiresConfirmation) {
            let declined = IntentStatus::RequiresPaymentMethod;
            self.intent = Some(if self.card_is_good { IntentStatus::Succeeded } else { declined });
        }
    }

    fn provider_cancels(&mut self) {
        if self.intent != Some(IntentStatus::Succeeded) {
            self.intent = Some(IntentStatus::Cancelled);
        }
    }

    fn call(&mut self, link: Link, change: impl FnOnce(&mut Self)) {
        if !matches!(link, Link::RequestLost) {
            change(self);
        }
        self.known = if matches!(link, Link::Works) { self.intent } else { None };
    }

    /// Does the next step; false where there is none.
    fn step(&mut self, moment: Moment) -> bool {
        self.overdue |= moment.late;
        if moment.straggler && self.confirm_sent {
            self.provider_confirms();
        }
        let Self { state, intent_stored, known: provider, source, overdue, .. } = *self;
        let step = next_step(Situation { state, intent_stored, provider, source, overdue });
        match step {
            Step::Pin => self.state = State::Pinned,
            Step::CreateIntent => self.call(moment.link, |world| {
                world.intent.get_or_insert(IntentStatus::RequiresConfirmation);
            }),
            Step::StoreIntent => (self.state, self.intent_stored) = (State::Intent, true),
            Step::BeginConfirming => self.state = State::Confirming,
            Step::Confirm => {
                assert!(self.source, "a card is needed to confirm");
                self.confirm_sent = true;
                self.call(moment.link, Self::provider_confirms);
            }
            Step::Retrieve => self.call(moment.link, |_| ()),
            Step::Capture => self.state = State::Captured,
            Step::GiveUp => self.state = State::Voiding,
            Step::Cancel => self.call(moment.link, Self::provider_cancels),
            Step::ConfirmOrder if matches!(moment.link, Link::Works) => {
                (self.state, self.order_confirmed) = (State::Completed, true);
            }
            Step::ReleaseOrder if matches!(moment.link, Link::Works) => {
                (self.state, self.order_released) = (State::Voided, true);
            }
            Step::ConfirmOrder | Step::ReleaseOrder | Step::Wait => (),
            Step::Rest => return false,
        }
        // A wait ends this run; the next one begins by asking.
        if step == Step::Wait || moment.crash {
            self.known = None;
            self.source &= !moment.crash;
        }
        true
    }

    fn check(&self) {
        let paid = self.intent == Some(IntentStatus::Succeeded);
        assert!(!self.order_confirmed || paid, "tickets without money");
        assert!(!(self.order_released && paid), "money without tickets");
        let can_still_be_paid = self.intent_stored && self.intent != Some(IntentStatus::Cancelled);
        assert!(!(self.order_released && can_still_be_paid), "released while the provider could still take money");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn no_money_without_tickets_and_no_tickets_without_money(
        card_is_good: bool,
        moments in prop::collection::vec(moment(), 0..60),
    ) {
        let mut world = World::new(card_is_good);
        for moment in moments {
            world.step(moment);
            world.check();
        }
        // The links heal, the deadline passes: every attempt settles.
        let healed = Moment { link: Link::Works, crash: false, late: true, straggler: false };
        let mut steps = 0;
        while world.step(healed) {
            world.check();
            steps += 1;
            prop_assert!(steps < 20, "goes round in circles in {:?}", world.state);
        }
        let paid = world.intent == Some(IntentStatus::Succeeded);
        prop_assert_eq!(world.state, if paid { State::Completed } else { State::Voided });
        prop_assert!(!paid || world.card_is_good);
    }

    #[test]
    fn unknown_is_never_failed(
        state in prop::sample::select(State::UNSETTLED.as_slice()), source: bool, overdue: bool,
    ) {
        let step = next_step(Situation { state, intent_stored: true, provider: None, source, overdue });
        prop_assert_ne!(step, Step::ReleaseOrder);
        prop_assert!(state != State::Confirming || step == Step::Retrieve);
    }
}

#[test]
fn a_state_is_written_as_its_name() {
    for state in State::UNSETTLED.into_iter().chain([State::Completed, State::Voided, State::Refused]) {
        assert_eq!(serde_json::to_value(state).expect("JSON"), state.as_str());
        assert_eq!(State::UNSETTLED.contains(&state), !state.is_settled());
    }
    for status in [
        IntentStatus::RequiresConfirmation,
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
