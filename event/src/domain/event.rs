//! An event's life: draft, published, then cancelled or completed.

use jiff::Timestamp;
use shared::{
    EventId, FieldError, UserId,
    event::{self as wire, EventStatus, TicketType},
};

use super::{Details, Proposal, Refusal, bad, unless_bad};

/// An event in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Which event.
    pub id: EventId,
    /// Grows by one with each change.
    pub version: i64,
    /// What its organizer says of it.
    pub details: Details,
    /// Draft, published or cancelled; see [`Event::status_at`] for completed.
    pub status: EventStatus,
    /// Who made it.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// When it was published.
    pub published_at: Option<Timestamp>,
}

/// What taking an event back comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withdrawal {
    /// A draft leaves no trace.
    Delete,
    /// A published event is called off, and says so.
    Cancel(Box<Event>),
    /// It was called off before.
    Done,
}

impl Event {
    /// A new event of `owner`.
    pub fn create(id: EventId, owner: UserId, proposal: Proposal, now: Timestamp) -> Result<Self, Refusal> {
        let mut errors = not_begun(&proposal.details, now);
        if proposal.publish {
            errors.extend(nothing_to_sell(&proposal.details));
        }
        unless_bad(errors)?;
        Ok(Self {
            id,
            version: 1,
            details: proposal.details,
            status: if proposal.publish { EventStatus::Published } else { EventStatus::Draft },
            created_by: owner,
            created_at: now,
            updated_at: now,
            published_at: proposal.publish.then_some(now),
        })
    }

    /// The event as `proposal` wants it: its next version.
    pub fn change(&self, proposal: Proposal, now: Timestamp) -> Result<Self, Refusal> {
        let Proposal { details, publish } = proposal;
        let errors = match (self.status_at(now), publish) {
            (EventStatus::Draft, false) => Vec::new(),
            (EventStatus::Draft, true) => {
                let mut errors = not_begun(&details, now);
                errors.extend(nothing_to_sell(&details));
                errors
            }
            (EventStatus::Published, true) => self.breaks_promises(&details, now),
            (status, _) => return Err(Refusal::WrongState(status)),
        };
        unless_bad(errors)?;
        let status = if publish { EventStatus::Published } else { EventStatus::Draft };
        let published_at = self.published_at.or(publish.then_some(now));
        Ok(Self { details, status, published_at, ..self.next_version(now) })
    }

    /// Takes the event back: a draft is deleted, a published event cancelled.
    pub fn withdraw(&self, now: Timestamp) -> Result<Withdrawal, Refusal> {
        match self.status_at(now) {
            EventStatus::Draft => Ok(Withdrawal::Delete),
            EventStatus::Published => {
                Ok(Withdrawal::Cancel(Box::new(Self { status: EventStatus::Cancelled, ..self.next_version(now) })))
            }
            EventStatus::Cancelled => Ok(Withdrawal::Done),
            EventStatus::Completed => Err(Refusal::WrongState(EventStatus::Completed)),
        }
    }

    fn next_version(&self, now: Timestamp) -> Self {
        Self { version: self.version + 1, updated_at: now, ..self.clone() }
    }

    /// Where the event stands at `now`: a published event is completed once it has ended.
    pub fn status_at(&self, now: Timestamp) -> EventStatus {
        match self.status {
            EventStatus::Published if self.details.ends_at <= now => EventStatus::Completed,
            status => status,
        }
    }

    /// The event as everyone may see it at `now`.
    pub fn shown_at(self, now: Timestamp) -> wire::Event {
        let (status, details) = (self.status_at(now), self.details);
        wire::Event {
            id: self.id,
            version: self.version,
            status,
            total_tickets: details.total_tickets(),
            min_price: details.min_price(),
            title: details.title,
            description: details.description,
            category: details.category,
            venue: details.venue,
            starts_at: details.starts_at,
            ends_at: details.ends_at,
            time_zone: details.time_zone,
            ticket_types: details.ticket_types,
            tags: details.tags,
            image: details.image,
            organizer: details.organizer,
            max_per_order: details.max_per_order,
            max_per_buyer: details.max_per_buyer,
            refund_hours: details.refund_hours,
            sales_start: details.sales_start,
            sales_end: details.sales_end,
            created_by: self.created_by,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// What a published event may not do: buyers hold tickets to it.
    fn breaks_promises(&self, new: &Details, now: Timestamp) -> Vec<FieldError> {
        let old = &self.details;
        let mut errors = Vec::new();
        if new.starts_at != old.starts_at && new.starts_at <= now {
            errors.push(bad("/startsAt", "must be in the future"));
        }
        if new.ends_at <= now {
            errors.push(bad("/endsAt", "must be in the future"));
        }
        let kept = |kind: &TicketType| new.ticket_types.iter().any(|new| new.name == kind.name);
        if let Some(gone) = old.ticket_types.iter().find(|kind| !kept(kind)) {
            let reason = format!("must keep \"{}\": the event is published; a quantity of 0 sells no more", gone.name);
            errors.push(bad("/ticketTypes", reason));
        }
        let currency = old.min_price().currency;
        let foreign = new.ticket_types.iter().enumerate().filter(|(_, kind)| kind.price.currency != currency);
        errors.extend(
            foreign.map(|(i, _)| {
                bad(format!("/ticketTypes/{i}/price/currency"), format!("must stay {}", currency.code()))
            }),
        );
        errors
    }
}

fn not_begun(details: &Details, now: Timestamp) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if details.starts_at <= now {
        errors.push(bad("/startsAt", "must be in the future"));
    }
    if details.sales_end.is_some_and(|end| end <= now) {
        errors.push(bad("/salesEnd", "must be in the future"));
    }
    errors
}

fn nothing_to_sell(details: &Details) -> Option<FieldError> {
    (details.total_tickets() == 0).then(|| bad("/ticketTypes", "must hold at least one ticket to be published"))
}

#[cfg(test)]
mod tests {
    use shared::{Currency, Money, event::EventIn};

    use super::*;
    use crate::domain::proposal::tests::{parse, pointers, request, ticket_type};

    const BEFORE: &str = "2027-05-01T00:00:00Z";
    const DURING: &str = "2027-06-01T20:00:00Z";
    const AFTER: &str = "2027-06-01T22:00:00Z";

    fn at(time: &str) -> Timestamp {
        time.parse().expect("a time")
    }

    fn proposal(change: impl FnOnce(&mut EventIn)) -> Proposal {
        let mut request = request();
        change(&mut request);
        parse(request).expect("a proposal")
    }

    fn create(proposal: Proposal, now: &str) -> Result<Event, Refusal> {
        Event::create(EventId::new(), UserId::new(), proposal, at(now))
    }

    fn published() -> Event {
        create(proposal(|_| ()), BEFORE).expect("an event")
    }

    fn draft() -> Event {
        create(proposal(|r| r.status = EventStatus::Draft), BEFORE).expect("an event")
    }

    #[test]
    fn an_event_that_has_begun_is_not_created() {
        for status in [EventStatus::Draft, EventStatus::Published] {
            assert_eq!(pointers(create(proposal(|r| r.status = status), DURING)), ["/startsAt"]);
        }
        let sold = proposal(|r| r.sales_end = Some(at("2027-04-30T00:00:00Z")));
        assert_eq!(pointers(create(sold, BEFORE)), ["/salesEnd"]);
    }

    #[test]
    fn only_a_draft_may_hold_no_tickets() {
        let none = |status| {
            proposal(|r| {
                r.status = status;
                r.ticket_types = vec![ticket_type("Seat", 100, 0)];
            })
        };
        assert!(create(none(EventStatus::Draft), BEFORE).is_ok());
        assert_eq!(pointers(create(none(EventStatus::Published), BEFORE)), ["/ticketTypes"]);
        assert_eq!(pointers(draft().change(none(EventStatus::Published), at(BEFORE))), ["/ticketTypes"]);
        assert!(published().change(none(EventStatus::Published), at(BEFORE)).is_ok(), "sales may be stopped");
    }

    #[test]
    fn a_draft_is_published_before_it_begins_or_not_at_all() {
        let event = draft();
        let changed = event.change(proposal(|_| ()), at(BEFORE)).expect("a change");
        assert_eq!((changed.status, changed.version), (EventStatus::Published, 2));
        assert_eq!(changed.published_at, Some(at(BEFORE)));
        assert_eq!(pointers(event.change(proposal(|_| ()), at(DURING))), ["/startsAt"]);
        assert!(event.change(proposal(|r| r.status = EventStatus::Draft), at(DURING)).is_ok());
    }

    #[test]
    fn a_published_event_is_never_a_draft_again() {
        let back = published().change(proposal(|r| r.status = EventStatus::Draft), at(BEFORE));
        assert_eq!(back, Err(Refusal::WrongState(EventStatus::Published)));
    }

    #[test]
    fn a_change_keeps_when_the_event_was_published() {
        let changed = published().change(proposal(|r| r.title = "Blues".into()), at(DURING)).expect("a change");
        assert_eq!((changed.published_at, changed.updated_at), (Some(at(BEFORE)), at(DURING)));
    }

    #[test]
    fn a_published_event_does_not_move_into_the_past() {
        let event = published();
        let earlier = proposal(|r| r.starts_at = at("2027-06-01T17:00:00Z"));
        assert_eq!(pointers(event.change(earlier, at(DURING))), ["/startsAt"]);
        let over = proposal(|r| r.ends_at = at("2027-06-01T19:00:00Z"));
        assert_eq!(pointers(event.change(over, at(DURING))), ["/endsAt"]);
        assert!(event.change(proposal(|_| ()), at(DURING)).is_ok(), "what has begun may still be described better");
    }

    #[test]
    fn a_published_event_keeps_its_ticket_types() {
        let event = published();
        let change = |types: Vec<TicketType>| event.change(proposal(|r| r.ticket_types = types), at(BEFORE));
        assert!(change(vec![ticket_type("VIP", 9000, 5), ticket_type("Seat", 5000, 0)]).is_ok());
        assert_eq!(pointers(change(vec![ticket_type("seat", 4500, 100)])), ["/ticketTypes"]);
        let euro = TicketType { price: Money::new(4500, Currency::EUR), ..ticket_type("Seat", 0, 100) };
        assert_eq!(pointers(change(vec![euro])), ["/ticketTypes/0/price/currency"]);
    }

    #[test]
    fn a_published_event_is_completed_when_it_has_ended() {
        let event = published();
        assert_eq!(event.status_at(at(DURING)), EventStatus::Published);
        assert_eq!(event.status_at(at(AFTER)), EventStatus::Completed);
        assert_eq!(draft().status_at(at(AFTER)), EventStatus::Draft);
        assert_eq!(event.clone().shown_at(at(AFTER)).status, EventStatus::Completed);
        let changed = event.change(proposal(|_| ()), at(AFTER));
        assert_eq!(changed, Err(Refusal::WrongState(EventStatus::Completed)));
        assert_eq!(event.withdraw(at(AFTER)), Err(Refusal::WrongState(EventStatus::Completed)));
    }

    #[test]
    fn a_draft_is_deleted_and_a_published_event_cancelled_for_good() {
        assert_eq!(draft().withdraw(at(BEFORE)), Ok(Withdrawal::Delete));
        let Ok(Withdrawal::Cancel(cancelled)) = published().withdraw(at(DURING)) else { panic!("not cancelled") };
        assert_eq!((cancelled.status, cancelled.version), (EventStatus::Cancelled, 2));
        assert_eq!(cancelled.withdraw(at(AFTER)), Ok(Withdrawal::Done));
        let changed = cancelled.change(proposal(|_| ()), at(DURING));
        assert_eq!(changed, Err(Refusal::WrongState(EventStatus::Cancelled)));
    }
}
