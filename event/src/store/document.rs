//! The shape of an event in the collection `events`.

use bson::DateTime;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use shared::{
    EventId, UserId,
    event::{Category, EventStatus, Organizer, TicketType, Venue},
    server::Fingerprint,
};

use crate::domain::{Details, Event, words};

/// How long most events do not last.
pub const LONG: SignedDuration = SignedDuration::from_hours(24);

/// The request that made an event, so that it can be answered again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// The client's `Idempotency-Key`.
    pub key: String,
    /// What tells its body from others.
    pub fingerprint: Fingerprint,
}

/// An event. What may never be taken back is left out while there is none: `$set` does not touch it then.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventDocument {
    #[serde(rename = "_id")]
    pub id: EventId,
    pub version: i64,
    /// The number of its latest change; none before it is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    title: String,
    description: String,
    category: Category,
    venue: Venue,
    starts_at: DateTime,
    ends_at: DateTime,
    time_zone: String,
    ticket_types: Vec<TicketType>,
    tags: Vec<String>,
    image: Option<String>,
    organizer: Organizer,
    max_per_order: u32,
    #[serde(default)]
    max_per_buyer: Option<u32>,
    #[serde(default)]
    refund_hours: Option<u32>,
    sales_start: Option<DateTime>,
    sales_end: Option<DateTime>,
    status: EventStatus,
    created_by: UserId,
    created_at: DateTime,
    updated_at: DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    published_at: Option<DateTime>,
    /// To sort by: the lowest price in minor units.
    min_price: i64,
    /// Lasts longer than [`LONG`]: all others have ended a day after they began, so lists need not look further back.
    long: bool,
    /// To search by.
    words: Vec<String>,
    /// To filter by: the city, folded.
    city_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
}

impl EventDocument {
    /// The document of `event`, made by `request`, without a change number.
    pub fn of(event: &Event, request: Option<&RequestKey>) -> Self {
        let details = event.details.clone();
        let found_by = [&details.title, &details.venue.name, &details.venue.city].map(String::as_str);
        let tags = details.tags.iter().map(String::as_str);
        Self {
            id: event.id,
            version: event.version,
            seq: None,
            min_price: details.min_price().amount,
            long: details.ends_at.duration_since(details.starts_at) > LONG,
            words: words::distinct(found_by.into_iter().chain(tags).chain([details.category.as_str()])),
            city_key: words::folded(&details.venue.city),
            title: details.title,
            description: details.description,
            category: details.category,
            venue: details.venue,
            starts_at: details.starts_at.into(),
            ends_at: details.ends_at.into(),
            time_zone: details.time_zone,
            ticket_types: details.ticket_types,
            tags: details.tags,
            image: details.image,
            organizer: details.organizer,
            max_per_order: details.max_per_order,
            max_per_buyer: details.max_per_buyer,
            refund_hours: details.refund_hours,
            sales_start: details.sales_start.map(Into::into),
            sales_end: details.sales_end.map(Into::into),
            status: event.status,
            created_by: event.created_by,
            created_at: event.created_at.into(),
            updated_at: event.updated_at.into(),
            published_at: event.published_at.map(Into::into),
            idempotency_key: request.map(|request| request.key.clone()),
            fingerprint: request.map(|request| request.fingerprint.clone()),
        }
    }
}

impl From<EventDocument> for Event {
    fn from(document: EventDocument) -> Self {
        let details = Details {
            title: document.title,
            description: document.description,
            category: document.category,
            venue: document.venue,
            starts_at: document.starts_at.into(),
            ends_at: document.ends_at.into(),
            time_zone: document.time_zone,
            ticket_types: document.ticket_types,
            tags: document.tags,
            image: document.image,
            organizer: document.organizer,
            max_per_order: document.max_per_order,
            max_per_buyer: document.max_per_buyer,
            refund_hours: document.refund_hours,
            sales_start: document.sales_start.map(Into::into),
            sales_end: document.sales_end.map(Into::into),
        };
        Self {
            id: document.id,
            version: document.version,
            details,
            status: document.status,
            created_by: document.created_by,
            created_at: document.created_at.into(),
            updated_at: document.updated_at.into(),
            published_at: document.published_at.map(Into::into),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::proposal::tests::{parse, request};

    #[test]
    fn an_event_comes_out_of_its_document_as_it_went_in() {
        let now = "2027-01-01T00:00:00.123Z".parse().expect("a time");
        let proposal = parse(request()).expect("a proposal");
        let event = Event::create(EventId::new(), UserId::new(), proposal, now).expect("an event");
        let raw = bson::serialize_to_raw_document_buf(&EventDocument::of(&event, None)).expect("BSON");
        let document: EventDocument = bson::deserialize_from_slice(raw.as_bytes()).expect("a document");
        assert_eq!(document.words, ["berlin", "concert", "hall", "jazz", "night", "town"]);
        assert_eq!(Event::from(document), event);
    }
}
