//! What is done with events: the rules applied to what is stored.

use std::sync::Arc;

use shared::{
    EventId, UserId,
    auth::Role,
    event::{self as wire, EventIn, EventQuery, EventStatus, Organizer},
    page::{DEFAULT_LIMIT, Page, PageQuery},
    server::{Caller, Clock, CurrentUser, Fingerprint, Rendered, cursor},
};

use crate::{
    Error, EventCreation,
    answers::{Answers, Told},
    domain::{Event, Listing, Proposal, Withdrawal},
    routes::IfMatch,
    store::{Events, Inserted, RequestKey},
};

/// The catalogue of events.
#[derive(Clone)]
pub struct Catalogue {
    events: Events,
    answers: Answers,
    clock: Clock,
    creation: EventCreation,
}

/// What became of an event that was taken back.
pub enum Withdrawn {
    /// It was a draft and is gone.
    Deleted,
    /// It is called off.
    Cancelled(Box<wire::Event>),
}

impl Catalogue {
    /// Over the stored events; `creation` says who may make them.
    pub fn new(events: Events, clock: Clock, creation: EventCreation) -> Self {
        Self { events, answers: Answers::default(), clock, creation }
    }

    /// A page of the published events that have not ended.
    pub async fn list(&self, query: EventQuery) -> Result<Rendered, Error> {
        let after = query.cursor.as_deref().map(cursor::decode).transpose()?;
        let (listing, now) = (Listing::parse(query, after)?, self.clock.now());
        let read = async {
            let (events, next) = self.events.list(&listing, now).await?;
            let items = events.into_iter().map(|event| event.shown_at(now)).collect();
            Ok(Rendered::of(&Page::<wire::Event> { items, next: next.as_ref().map(cursor::encode) })?)
        };
        self.answers.list(listing.clone(), now, read).await
    }

    /// A page of a user's own events.
    pub async fn list_own(&self, user: UserId, query: PageQuery) -> Result<Page<wire::Event>, Error> {
        let after = query.cursor.as_deref().map(cursor::decode).transpose()?;
        let (events, next) = self.events.list_own(user, after, query.limit.unwrap_or(DEFAULT_LIMIT)).await?;
        let now = self.clock.now();
        let items = events.into_iter().map(|event| event.shown_at(now)).collect();
        Ok(Page { items, next: next.as_ref().map(cursor::encode) })
    }

    /// The changes after the one with this number.
    pub async fn changes(&self, after: i64, limit: u32) -> Result<wire::EventChanges, Error> {
        let (changes, now) = (self.events.changes(after, limit).await?, self.clock.now());
        let last = changes.last().map_or(after, |(seq, _)| *seq);
        let changes = changes.into_iter().map(|(seq, event)| wire::EventChange { seq, event: event.shown_at(now) });
        Ok(wire::EventChanges { changes: changes.collect(), last })
    }

    /// The event, if the caller may see it. Who calls is asked for drafts only.
    pub async fn find(&self, id: EventId, caller: &Caller) -> Result<Arc<Told>, Error> {
        let now = self.clock.now();
        let read = async {
            let event = self.events.find(id).await?.ok_or(Error::NotFound)?;
            Ok(Told { answer: Rendered::of(&event.clone().shown_at(now))?, event })
        };
        let told = self.answers.event(id, now, read).await?;
        if told.event.status == EventStatus::Draft {
            caller.user().await?.filter(|user| manages(user, &told.event)).ok_or(Error::NotFound)?;
        }
        Ok(told)
    }

    /// Makes an event; a request with the key of an earlier one is answered with what that one made.
    pub async fn create(
        &self,
        user: &CurrentUser,
        key: Option<String>,
        request: EventIn,
    ) -> Result<wire::Event, Error> {
        if self.creation == EventCreation::Admin && !user.is_admin() {
            return Err(Error::CreationForbidden);
        }
        let key = key.map(|key| RequestKey { key, fingerprint: Fingerprint::of(&request) });
        // Before the rules: by now what was in the future then may be past.
        if let Some(earlier) = self.made_by(user.0.id, key.as_ref()).await? {
            return Ok(earlier);
        }
        let account = Organizer {
            name: format!("{} {}", user.0.first_name, user.0.last_name),
            email: user.0.email.clone(),
            phone: None,
        };
        let (proposal, now) = (Proposal::parse(request, account)?, self.clock.now());
        let event = Event::create(EventId::new(), user.0.id, proposal, now)?;
        let _change = self.answers.change();
        match self.events.insert(&event, key.as_ref()).await? {
            Inserted::New => {
                count(None, &event);
                Ok(event.shown_at(now))
            }
            Inserted::KeyTaken => self.made_by(user.0.id, key.as_ref()).await?.ok_or(Error::KeyBusy),
        }
    }

    /// What a request of this user with this key has made.
    async fn made_by(&self, user: UserId, request: Option<&RequestKey>) -> Result<Option<wire::Event>, Error> {
        let Some(request) = request else { return Ok(None) };
        match self.events.find_by_key(user, &request.key).await? {
            None => Ok(None),
            Some((event, made_by)) if made_by.as_ref() == Some(&request.fingerprint) => {
                Ok(Some(event.shown_at(self.clock.now())))
            }
            Some(_) => Err(Error::KeyReused),
        }
    }

    /// Changes an event that the caller manages, if it still is the version that the caller means.
    pub async fn change(
        &self,
        user: &CurrentUser,
        id: EventId,
        meant: &IfMatch,
        request: EventIn,
    ) -> Result<wire::Event, Error> {
        let event = self.managed(user, id).await?;
        meant.required()?.check(event.version)?;
        let (proposal, now) = (Proposal::parse(request, event.details.organizer.clone())?, self.clock.now());
        let changed = event.change(proposal, now)?;
        let _change = self.answers.change();
        if self.events.replace(&changed).await? {
            count(Some(&event), &changed);
            return Ok(changed.shown_at(now));
        }
        Err(Error::VersionConflict(self.managed(user, id).await?.version))
    }

    /// Deletes a draft, or cancels a published event, that the caller manages.
    pub async fn withdraw(&self, user: &CurrentUser, id: EventId, meant: &IfMatch) -> Result<Withdrawn, Error> {
        let _change = self.answers.change();
        loop {
            let event = self.managed(user, id).await?;
            meant.check(event.version)?;
            let now = self.clock.now();
            // Where someone changed the event between reading and writing, it is looked at again.
            match event.withdraw(now)? {
                Withdrawal::Done => return Ok(Withdrawn::Cancelled(Box::new(event.shown_at(now)))),
                Withdrawal::Delete if self.events.delete_draft(id, event.version).await? => {
                    return Ok(Withdrawn::Deleted);
                }
                Withdrawal::Cancel(cancelled) if self.events.replace(&cancelled).await? => {
                    count(Some(&event), &cancelled);
                    return Ok(Withdrawn::Cancelled(Box::new(cancelled.shown_at(now))));
                }
                Withdrawal::Delete | Withdrawal::Cancel(_) => {}
            }
        }
    }

    /// The event, if the caller may change it; to others it is not there.
    async fn managed(&self, user: &CurrentUser, id: EventId) -> Result<Event, Error> {
        let event = self.events.find(id).await?.ok_or(Error::NotFound)?;
        if manages(user, &event) { Ok(event) } else { Err(Error::NotFound) }
    }
}

fn manages(user: &CurrentUser, event: &Event) -> bool {
    user.0.id == event.created_by || user.0.role == Role::Admin
}

/// Counts what the business looks at.
fn count(before: Option<&Event>, after: &Event) {
    match (before.map(|event| event.status), after.status) {
        (None | Some(EventStatus::Draft), EventStatus::Published) => {
            metrics::counter!("events_published_total").increment(1);
        }
        (Some(EventStatus::Published), EventStatus::Cancelled) => {
            metrics::counter!("events_cancelled_total").increment(1);
        }
        _ => {}
    }
}
