//! A model of an attempt with its neighbours, in memory: the provider, which decides confirm against cancel once, and the
//! order.

use super::super::*;

/// How a call to a neighbour goes.
#[derive(Clone, Copy, Debug)]
pub enum Link {
    Works,
    /// The neighbour did it, and the answer was lost.
    AnswerLost,
    /// The neighbour never heard of it.
    RequestLost,
    /// The provider refuses for good to make an intent, or to take the card.
    Refused,
}

/// What the provider does with the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Card {
    Good,
    Declined,
    /// Takes its time, then takes the money.
    Slow,
    /// Asks the buyer, who will answer so.
    Asks(bool),
}

/// What the model of the order does by itself.
#[derive(Clone, Copy, Debug)]
pub enum Whim {
    Nothing,
    /// A confirmed order is to be refunded.
    WantsRefund,
    /// The order is over, or gone, as after a restored backup.
    IsLost,
}

/// What happens at one step of an attempt.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent events side by side")]
pub struct Moment {
    pub link: Link,
    pub whim: Whim,
    /// The process dies after the step: what was not written down is forgotten, the card too.
    pub crash: bool,
    /// The deadline passes.
    pub late: bool,
    /// A request to pin the order, to take the money, or to give it back, that was under way when the process died,
    /// arrives only now.
    pub straggler: bool,
    /// The provider comes to the end of its work, or the buyer answers.
    pub decided: bool,
    /// The neighbour takes its time, and what is known is written down meanwhile.
    pub slow: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    Held,
    Paying,
    /// Held again: this attempt is used up.
    Released,
    Confirmed,
    Refunding,
    Refunded,
    Lost,
}

/// An attempt, the provider and the order, in memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "a model holds facts side by side")]
pub struct World {
    pub state: State,
    pub pinned: bool,
    pub intent_stored: bool,
    pub told: bool,
    pub to_be_told: bool,
    pub known: Option<IntentStatus>,
    pub ending: bool,
    pub returned: bool,
    pub source: bool,
    pub overdue: bool,
    /// The provider's own truth.
    pub intent: Option<IntentStatus>,
    pub card: Card,
    pub money_back: bool,
    /// Whether a request to pin the order was ever sent.
    pub pin_sent: bool,
    /// Whether a request to take the money was ever sent.
    pub confirm_sent: bool,
    /// Whether a request to give the money back was ever sent.
    pub refund_sent: bool,
    pub order: Order,
}

impl World {
    /// With a provider whose names for intents are made from the attempt's key, or not.
    pub fn new(card: Card, named: bool) -> Self {
        Self {
            state: State::Created,
            pinned: false,
            intent_stored: named,
            told: false,
            to_be_told: false,
            known: None,
            ending: false,
            returned: false,
            source: true,
            overdue: false,
            intent: None,
            card,
            money_back: false,
            pin_sent: false,
            confirm_sent: false,
            refund_sent: false,
            order: Order::Held,
        }
    }

    fn ticket_pins(&mut self) {
        if self.order == Order::Held {
            self.order = Order::Paying;
        }
    }

    fn provider_confirms(&mut self) {
        // What is named by the attempt's key need not have been made before.
        if matches!(self.intent, None | Some(IntentStatus::RequiresConfirmation)) {
            self.intent = Some(match self.card {
                Card::Good => IntentStatus::Succeeded,
                Card::Declined => IntentStatus::RequiresPaymentMethod,
                Card::Slow => IntentStatus::Processing,
                Card::Asks(_) => IntentStatus::RequiresAction,
            });
        }
    }

    fn provider_decides(&mut self) {
        self.intent = match (self.intent, self.card) {
            (Some(IntentStatus::Processing), _) | (Some(IntentStatus::RequiresAction), Card::Asks(true)) => {
                Some(IntentStatus::Succeeded)
            }
            (Some(IntentStatus::RequiresAction), _) => Some(IntentStatus::RequiresPaymentMethod),
            (intent, _) => intent,
        };
    }

    fn provider_cancels(&mut self) {
        if !matches!(self.intent, Some(IntentStatus::Succeeded | IntentStatus::Processing)) {
            self.intent = Some(IntentStatus::Cancelled);
        }
    }

    fn provider_refunds(&mut self) {
        assert_eq!(self.intent, Some(IntentStatus::Succeeded), "gave back what was never taken");
        self.money_back = true;
    }

    fn call(&mut self, link: Link, change: impl FnOnce(&mut Self)) {
        if matches!(link, Link::Works | Link::AnswerLost) {
            change(self);
        }
        self.known = if matches!(link, Link::Works) { self.intent } else { None };
        // A call to the provider may be tried again in the same run, or not.
        self.ending |= matches!(link, Link::RequestLost);
    }

    /// The same with a request that the provider may refuse for good.
    fn call_or_give_up(&mut self, link: Link, change: impl FnOnce(&mut Self)) {
        match link {
            Link::Refused => (self.state, self.known) = (State::Voiding, None),
            _ => self.call(link, change),
        }
    }

    fn pin(&mut self, link: Link) {
        self.pin_sent = true;
        if matches!(link, Link::Works | Link::AnswerLost) {
            self.ticket_pins();
        }
        match (link, self.order) {
            (Link::Works, Order::Paying) => self.pinned = true,
            // A run before this one may have told the provider to take the money.
            (Link::Works, _) if self.intent_stored && !self.source => self.state = State::Voiding,
            (Link::Works, _) => self.state = State::Refused,
            // Pinned, but ticket did not tell the amount.
            (Link::Refused, Order::Paying) => self.state = State::Voiding,
            _ => self.ending = true,
        }
    }

    /// Tells ticket: what the order becomes, and what is written down once the answer is there.
    fn tell(&mut self, link: Link, order: Order, then: State) {
        self.ending |= !matches!(link, Link::Works);
        if matches!(link, Link::RequestLost | Link::Refused) {
            return;
        }
        if self.order != Order::Lost {
            self.order = order;
        }
        if matches!(link, Link::Works) {
            self.state = then;
        }
    }

    fn confirm_order(&mut self, link: Link) {
        match (self.order, link) {
            (Order::Lost, Link::Works) => (self.state, self.to_be_told) = (State::Refunding, false),
            (Order::Paying | Order::Lost, _) => self.tell(link, Order::Confirmed, State::Completed),
            // Confirmed before, and perhaps in its refund already.
            (order, _) => self.tell(link, order, State::Completed),
        }
    }

    fn surroundings(&mut self, moment: Moment) {
        self.overdue |= moment.late;
        if moment.straggler && self.pin_sent {
            self.ticket_pins();
        }
        if moment.straggler && self.confirm_sent {
            self.provider_confirms();
        }
        if moment.straggler && self.refund_sent {
            self.provider_refunds();
        }
        if moment.decided {
            self.provider_decides();
        }
        match (moment.whim, self.order) {
            (Whim::WantsRefund, Order::Confirmed) => self.order = Order::Refunding,
            (Whim::IsLost, Order::Held | Order::Paying) => self.order = Order::Lost,
            _ => (),
        }
        // The refunder.
        if self.state == State::Completed && self.order == Order::Refunding {
            (self.state, self.to_be_told) = (State::Refunding, true);
        }
    }

    /// Does the next step; false where there is none.
    pub fn step(&mut self, moment: Moment) -> bool {
        self.surroundings(moment);
        let step = next_step(self.situation());
        match step {
            Step::Pin => self.pin(moment.link),
            Step::KeepPinned => self.state = State::Pinned,
            Step::CreateIntent => {
                if moment.slow {
                    self.state = State::Pinned;
                }
                self.call_or_give_up(moment.link, |world| {
                    world.intent.get_or_insert(IntentStatus::RequiresConfirmation);
                });
            }
            Step::BeginConfirming => (self.state, self.intent_stored) = (State::Confirming, true),
            Step::Confirm => {
                assert!(self.source && self.intent_stored, "a card is needed to confirm, and a name to ask by");
                self.told = true;
                if moment.slow {
                    self.state = State::Confirming;
                }
                // Who was refused for good has sent nothing that might yet arrive.
                self.confirm_sent |= !matches!(moment.link, Link::Refused);
                self.call_or_give_up(moment.link, Self::provider_confirms);
            }
            Step::Retrieve => self.call(moment.link, |_| ()),
            Step::AwaitAction => self.state = State::Acting,
            Step::Capture => self.state = State::Captured,
            Step::GiveUp => self.state = State::Voiding,
            Step::Cancel => self.call(moment.link, Self::provider_cancels),
            Step::ConfirmOrder => {
                if moment.slow && matches!(self.state, State::Created | State::Pinned) {
                    self.state = State::Captured;
                }
                self.confirm_order(moment.link);
            }
            Step::ReleaseOrder => self.tell(moment.link, Order::Released, State::Voided),
            Step::Refund => {
                self.refund_sent = true;
                self.call(moment.link, Self::provider_refunds);
                self.returned = matches!(moment.link, Link::Works);
            }
            Step::StoreRefund => self.state = State::Returned,
            Step::CloseRefund => self.state = State::Refunded,
            Step::TellRefunded => self.tell(moment.link, Order::Refunded, State::Refunded),
            Step::Wait => (),
            Step::Rest => return false,
        }
        // A wait ends this run; the next one begins by asking.
        if step == Step::Wait || moment.crash {
            self.known = None;
            self.told = false;
            self.returned = false;
            self.ending = false;
            self.pinned &= self.state != State::Created;
            self.source &= !moment.crash;
        }
        true
    }

    fn situation(&self) -> Situation {
        Situation {
            state: self.state,
            pinned: self.pinned,
            intent_stored: self.intent_stored,
            told: self.told,
            provider: self.known,
            source: self.source,
            overdue: self.overdue,
            returned: self.returned,
            to_be_told: self.to_be_told,
            ending: self.ending,
        }
    }

    pub fn check(&self) {
        let paid = self.intent == Some(IntentStatus::Succeeded);
        let released = self.order == Order::Released;
        assert!(self.order != Order::Confirmed || (paid && !self.money_back), "tickets without money");
        assert!(!(released && paid), "money without tickets");
        let can_still_be_paid = self.intent_stored && self.intent != Some(IntentStatus::Cancelled);
        assert!(!(released && can_still_be_paid), "released while the provider could still take money");
        assert!(self.order != Order::Refunded || self.money_back, "told of a refund that did not happen");
        let wanted = matches!(self.order, Order::Refunding | Order::Refunded | Order::Lost);
        assert!(!self.money_back || wanted, "gave money back that nobody wanted back");
        let over = matches!(self.state, State::Voided | State::Refused);
        assert!(!(over && self.order == Order::Paying), "pinned for good");
        assert!(!(over && paid), "a payment that failed has taken money");
        let known_back = matches!(self.state, State::Returned | State::Refunded);
        assert!(!known_back || self.money_back, "wrote down a refund that did not happen");
    }
}
