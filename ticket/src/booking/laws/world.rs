//! The model and the system side by side, with payments between them.

use jiff::{SignedDuration, Timestamp};
use shared::{
    Currency,
    ticket::OrderStatus::{Cancelled, Confirmed, Expired, Held, Paying, Refunded, Refunding},
};

use super::{
    BUYERS, Body, FIRST, NAMES, NOW, Op, Step,
    model::{Attempt, Model, ModelEvent, Money, Verdict},
    system::System,
};
use crate::{
    booking::decide::Command,
    domain::{order::Transition, refund},
};

/// The model, the system, and the messages between payment and ticket: once sent, one may arrive at any later time.
pub struct World {
    model: Model,
    system: System,
    sent: Vec<(usize, Transition)>,
    now: Timestamp,
}

impl World {
    pub fn new() -> Self {
        let events = vec![FIRST; 2];
        let system = System::new(&events, BUYERS);
        Self { system, model: Model { events, orders: Vec::new() }, sent: Vec::new(), now: NOW }
    }

    fn order(&self, any: usize) -> Option<usize> {
        any.checked_rem(self.model.orders.len())
    }

    pub fn step(&mut self, step: Step) {
        match step {
            Step::Batch(ops) => self.batch(ops),
            Step::Wait(seconds) => self.now += SignedDuration::from_secs(seconds),
            Step::CallOff => (0..self.model.orders.len()).for_each(|order| self.call_off(order)),
            Step::Deliver(which, lost) => {
                if let Some(which) = which.checked_rem(self.sent.len()) {
                    self.deliver(which, lost);
                }
            }
            Step::Begin(any) => self.with(any, Self::begin),
            Step::Capture(any) => self.with(any, Self::capture),
            Step::Void(any) => self.with(any, Self::void),
            Step::Stray(any, kind, number) => self.with(any, |world, order| world.stray(order, kind, number)),
            Step::Refund(any) => self.with(any, Self::refund),
            Step::Return(any) => self.with(any, Self::give_back),
        }
    }

    fn with(&mut self, any: usize, what: impl Fn(&mut Self, usize)) {
        if let Some(order) = self.order(any) {
            what(self, order);
        }
    }

    /// Decides a batch in both, and compares what each caller is told.
    fn batch(&mut self, ops: Vec<Op>) {
        let (mut commands, mut expected) = (Vec::new(), Vec::new());
        // Only what exists before the batch can be released in it.
        let known = self.model.orders.len();
        for op in ops {
            let (command, verdict) = match op {
                Op::Hold { buyer, body, key } => {
                    let verdict = self.model.hold(buyer, &body, key, self.now);
                    if verdict == Verdict::Placed {
                        self.within_bounds(buyer, &body);
                    }
                    (self.system.hold(buyer, &body, key), verdict)
                }
                Op::Cancel(any) | Op::Expire(any) => {
                    let Some(order) = any.checked_rem(known) else { continue };
                    let to = if matches!(op, Op::Cancel(_)) { Transition::Cancel } else { Transition::Expire };
                    (self.system.release(order, to), self.model.arrow(order, to, self.now))
                }
                Op::Change { event, open, max_per_buyer, capacity } => {
                    let version = self.model.events[event].version + 1;
                    // What is called off stays so.
                    let open = open && self.model.events[event].open;
                    let changed = ModelEvent { version, open, max_per_buyer, capacity };
                    self.model.events[event] = changed;
                    (Command::Apply(self.system.event(event, changed).into()), Verdict::Applied)
                }
                Op::Stale(event) => {
                    let stale = self.system.event(event, ModelEvent { version: 0, ..FIRST });
                    (Command::Apply(stale.into()), Verdict::Applied)
                }
            };
            commands.push(command);
            expected.push(verdict);
        }
        assert_eq!(self.system.batch(&commands, self.now), expected, "{commands:?}");
    }

    /// No hold takes more than there is, or gives a buyer more than the event allows.
    fn within_bounds(&self, buyer: usize, body: &Body) {
        let event = self.model.events[body.event];
        for line in &body.lines {
            assert!(self.model.taken(body.event, line.0) <= event.capacity[line.0], "oversold");
        }
        let had = self.model.had(body.event, buyer);
        assert!(event.max_per_buyer.is_none_or(|max| had <= max), "{had} of {event:?}");
    }

    /// One arrow in both.
    fn arrow(&mut self, order: usize, to: Transition) -> Verdict {
        let expected = self.model.arrow(order, to, self.now);
        let verdict = if to.releases() {
            let command = self.system.release(order, to);
            self.system.batch(&[command], self.now)[0]
        } else {
            self.system.arrow(order, to, self.now)
        };
        assert_eq!(verdict, expected, "{to:?}");
        verdict
    }

    fn last(&mut self, order: usize) -> Option<&mut Attempt> {
        self.model.orders[order].payments.last_mut()
    }

    fn begin(&mut self, order: usize) {
        let number = match self.last(order) {
            None => 1,
            Some(Attempt { number, money: Money::Void, released: true, .. }) => *number + 1,
            Some(_) => return,
        };
        if self.model.orders[order].is_free() {
            return;
        }
        let begun = Attempt { number, pinned: false, money: Money::Undecided, released: false };
        self.model.orders[order].payments.push(begun);
        self.sent.push((order, Transition::Pay { attempt: number, payment_id: None }));
    }

    /// Money moves only once the order has said that it waits for it.
    fn capture(&mut self, order: usize) {
        if let Some(attempt @ Attempt { pinned: true, money: Money::Undecided, .. }) = self.last(order) {
            attempt.money = Money::Captured;
            let number = attempt.number;
            self.sent.push((order, Transition::Confirm { attempt: number, payment_id: None }));
        }
    }

    fn void(&mut self, order: usize) {
        if let Some(attempt @ Attempt { money: Money::Undecided, .. }) = self.last(order) {
            attempt.money = Money::Void;
            let number = attempt.number;
            self.sent.push((order, Transition::Void { attempt: number }));
        }
    }

    /// Such a message changes nothing, in whatever state the order is.
    fn stray(&mut self, order: usize, kind: u8, attempt: u32) {
        let current = self.model.orders[order].attempt;
        if attempt == current || attempt == current + 1 {
            return;
        }
        let to = match kind {
            0 => Transition::Pay { attempt, payment_id: None },
            1 => Transition::Confirm { attempt, payment_id: None },
            2 => Transition::Void { attempt },
            3 => Transition::Refund { attempt },
            _ => Transition::Refunded { attempt },
        };
        assert_eq!(self.arrow(order, to), Verdict::WrongState);
    }

    fn refund(&mut self, order: usize) {
        let asked = &self.model.orders[order];
        let to = refund::arrow(shared::Money::new(asked.body.total, Currency::EUR), asked.attempt);
        self.arrow(order, to);
    }

    fn give_back(&mut self, order: usize) {
        if self.model.orders[order].status == Refunding
            && let Some(attempt @ Attempt { money: Money::Captured, .. }) = self.last(order)
        {
            attempt.money = Money::Returned;
            let number = attempt.number;
            self.sent.push((order, Transition::Refunded { attempt: number }));
        }
    }

    fn call_off(&mut self, order: usize) {
        let (status, event) = (self.model.orders[order].status, self.model.orders[order].body.event);
        match status {
            _ if self.model.events[event].open => {}
            Held => drop(self.arrow(order, Transition::Cancel)),
            Confirmed => self.refund(order),
            _ => {}
        }
    }

    fn deliver(&mut self, which: usize, lost: bool) {
        let (order, message) = self.sent[which];
        let verdict = self.arrow(order, message);
        let (Transition::Pay { attempt: number, .. } | Transition::Void { attempt: number }) = message else { return };
        let attempts = &mut self.model.orders[order].payments;
        let heard = attempts.iter_mut().find(|attempt| attempt.number == number).filter(|_| !lost);
        match (message, verdict, heard) {
            (Transition::Pay { .. }, Verdict::Changed | Verdict::Unchanged, Some(attempt)) => attempt.pinned = true,
            // Whatever the order says to it, it does not wait for this attempt any more.
            (Transition::Void { .. }, _, Some(attempt)) => attempt.released = true,
            _ => {}
        }
    }

    /// Everybody does at last what is theirs to do: messages arrive, and what nobody pays for expires.
    pub fn settle(&mut self) {
        for _ in 0..4 {
            for order in 0..self.model.orders.len() {
                let paying = self.model.orders[order].status == Paying;
                if let Some(Attempt { money: Money::Undecided, .. }) = self.last(order)
                    && paying
                {
                    self.void(order);
                }
                self.give_back(order);
                self.call_off(order);
            }
            (0..self.sent.len()).for_each(|which| self.deliver(which, false));
        }
        self.now += SignedDuration::from_hours(1);
        for order in 0..self.model.orders.len() {
            self.arrow(order, Transition::Expire);
        }
    }

    /// What holds at every instant.
    pub fn holds(&self) {
        for (place, id) in self.system.events.iter().enumerate() {
            let inventory = &self.system.inventories[id];
            for (name, word) in NAMES.iter().enumerate() {
                let stock = inventory.types.iter().find(|stock| stock.name == *word);
                assert_eq!(stock.map_or(0, |stock| stock.taken), self.model.taken(place, name));
            }
        }
        assert_eq!(self.system.ids.len(), self.model.orders.len());
        for (id, order) in self.system.ids.iter().zip(&self.model.orders) {
            let real = &self.system.orders[id];
            assert_eq!((real.status, real.attempt), (order.status, order.attempt));
            let money = |wanted| order.payments.iter().filter(|attempt| attempt.money == wanted).count();
            let (captured, returned) = (money(Money::Captured), money(Money::Returned));
            assert!(captured + returned <= 1, "charged twice");
            match order.status {
                Held | Expired | Cancelled => assert_eq!(captured + returned, 0, "money without a ticket"),
                Paying => assert_eq!(returned, 0),
                Confirmed => assert!(order.is_free() || captured == 1, "a ticket without money"),
                Refunding => assert_eq!(captured + returned, 1),
                Refunded => assert!(order.is_free() || returned == 1, "seats given back, money not"),
            }
            let issued = matches!(order.status, Confirmed | Refunding | Refunded);
            assert_eq!(real.issued.len(), if issued { order.seats() as usize } else { 0 });
        }
    }

    /// What holds once everybody has done what is theirs.
    pub fn is_settled(&self) {
        for order in &self.model.orders {
            assert!(!matches!(order.status, Held | Paying | Refunding));
            let kept = order.payments.iter().any(|attempt| attempt.money == Money::Captured);
            assert_eq!(kept, order.status == Confirmed && !order.is_free());
        }
    }
}
