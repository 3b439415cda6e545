//! What the event service is asked and answers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use crate::{EventId, Money, UserId, rules};

/// The most tickets in one order unless the event says otherwise.
pub const DEFAULT_MAX_PER_ORDER: u32 = 10;

/// What kind of event it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Category {
    Concert,
    Conference,
    Workshop,
    Sports,
    Theater,
    Other,
}

impl Category {
    /// All of them, in the order of the original.
    pub const ALL: [Self; 6] =
        [Self::Concert, Self::Conference, Self::Workshop, Self::Sports, Self::Theater, Self::Other];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Concert => "concert",
            Self::Conference => "conference",
            Self::Workshop => "workshop",
            Self::Sports => "sports",
            Self::Theater => "theater",
            Self::Other => "other",
        }
    }
}

/// Where an event stands in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum EventStatus {
    /// Seen by its organizer only.
    #[default]
    Draft,
    /// Listed, and on sale within its sales window.
    Published,
    /// Called off by the organizer; final.
    Cancelled,
    /// Was published, and has ended.
    Completed,
}

/// Where the event takes place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Venue {
    /// Such as "Town Hall".
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::line"), length(max = 200, message = "must be at most 200 characters"))]
    pub name: String,
    /// Street and number.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::line"), length(max = 300, message = "must be at most 300 characters"))]
    pub address: String,
    /// City.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::line"), length(max = 100, message = "must be at most 100 characters"))]
    pub city: String,
}

/// One kind of ticket of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TicketType {
    /// Unique within the event; fixed once the event is published.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::line"), length(max = 100, message = "must be at most 100 characters"))]
    pub name: String,
    /// The price of one ticket; 0 is free.
    #[validate(custom(function = "rules::price"))]
    pub price: Money,
    /// How many there are to sell in all.
    #[validate(range(max = 1_000_000, message = "must be at most 1,000,000"))]
    pub quantity: u32,
    /// What it includes.
    #[serde(default, deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::text"), length(max = 500, message = "must be at most 500 characters"))]
    pub description: String,
}

/// Whom to ask about the event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Organizer {
    /// A person or an organization.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::line"), length(max = 120, message = "must be at most 120 characters"))]
    pub name: String,
    /// Shown on the event's page.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::email"))]
    pub email: String,
    /// Shown on the event's page, if given.
    #[serde(default, deserialize_with = "rules::trimmed_option", skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "rules::phone"))]
    pub phone: Option<String>,
}

/// `POST /api/events` and `PUT /api/events/{id}`: an event as its organizer writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[validate(schema(function = "whole_event", skip_on_field_errors = false))]
pub struct EventIn {
    /// Up to 200 characters.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::line"), length(max = 200, message = "must be at most 200 characters"))]
    pub title: String,
    /// Plain text, up to 2,000 characters.
    #[serde(default, deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::text"), length(max = 2000, message = "must be at most 2,000 characters"))]
    pub description: String,
    /// What kind of event it is.
    pub category: Category,
    /// Where it takes place.
    #[validate(nested)]
    pub venue: Venue,
    /// When it begins.
    #[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
    pub starts_at: Timestamp,
    /// When it ends.
    #[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
    pub ends_at: Timestamp,
    /// IANA name of the venue's time zone, such as `Europe/Berlin`.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::line"), length(max = 64, message = "must be at most 64 characters"))]
    pub time_zone: String,
    /// At least one, with distinct names and one currency.
    #[validate(nested, length(min = 1, max = 20, message = "must be 1 to 20 ticket types"))]
    pub ticket_types: Vec<TicketType>,
    /// Words to find it by.
    #[serde(default)]
    #[validate(length(max = 10, message = "must be at most 10 tags"), custom(function = "all_tags"))]
    pub tags: Vec<String>,
    /// Address of a picture.
    #[serde(default, deserialize_with = "rules::trimmed_option", skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "rules::image"), length(max = 2000, message = "must be at most 2,000 characters"))]
    pub image: Option<String>,
    /// Whom to ask; the account's name and address unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub organizer: Option<Organizer>,
    /// The most tickets in one order.
    #[serde(default = "default_max_per_order")]
    #[validate(range(min = 1, max = 100))]
    pub max_per_order: u32,
    /// The most tickets that one buyer may hold or have bought, over all orders; as many as there are unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1, max = 10_000, message = "must be 1 to 10,000"))]
    pub max_per_buyer: Option<u32>,
    /// Until so many hours before the start buyers may have their money back by themselves; never unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(max = 8760, message = "must be at most 8,760"))]
    pub refund_hours: Option<u32>,
    /// When sales begin; at once unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", schema(value_type = Option<String>, format = DateTime))]
    pub sales_start: Option<Timestamp>,
    /// When sales end; with the event unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", schema(value_type = Option<String>, format = DateTime))]
    pub sales_end: Option<Timestamp>,
    /// `draft` or `published`; a draft unless given.
    #[serde(default)]
    pub status: EventStatus,
}

fn default_max_per_order() -> u32 {
    DEFAULT_MAX_PER_ORDER
}

fn whole_event(event: &EventIn) -> Result<(), ValidationError> {
    if event.ends_at <= event.starts_at {
        return Err(rules::at("/endsAt", "must be after the start"));
    }
    if event.sales_end.is_some_and(|end| end > event.ends_at) {
        return Err(rules::at("/salesEnd", "must not be after the event's end"));
    }
    if let (Some(start), Some(end)) = (event.sales_start, event.sales_end)
        && end <= start
    {
        return Err(rules::at("/salesEnd", "must be after the start of sales"));
    }
    if event.sales_start.is_some_and(|start| start >= event.ends_at) {
        return Err(rules::at("/salesStart", "must be before the event's end"));
    }
    let mut names: Vec<&str> = event.ticket_types.iter().map(|t| t.name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(rules::at("/ticketTypes", "must have distinct names"));
    }
    if event.ticket_types.windows(2).any(|pair| pair[0].price.currency != pair[1].price.currency) {
        return Err(rules::at("/ticketTypes", "must share one currency"));
    }
    Ok(())
}

fn all_tags(tags: &[String]) -> Result<(), ValidationError> {
    tags.iter().try_for_each(|tag| {
        rules::line(tag)?;
        if tag.chars().count() > 30 { Err(rules::at("/tags", "must be at most 30 characters each")) } else { Ok(()) }
    })
}

/// An event as everyone may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Which event.
    pub id: EventId,
    /// Grows by one with each change; send it in `If-Match` to change the event.
    pub version: i64,
    /// Up to 200 characters.
    pub title: String,
    /// Plain text.
    pub description: String,
    /// What kind of event it is.
    pub category: Category,
    /// Where it takes place.
    pub venue: Venue,
    /// When it begins.
    #[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
    pub starts_at: Timestamp,
    /// When it ends.
    #[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
    pub ends_at: Timestamp,
    /// IANA name of the venue's time zone.
    pub time_zone: String,
    /// At least one.
    pub ticket_types: Vec<TicketType>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Address of a picture.
    pub image: Option<String>,
    /// Whom to ask.
    pub organizer: Organizer,
    /// The most tickets in one order.
    pub max_per_order: u32,
    /// The most tickets that one buyer may hold or have bought, over all orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_buyer: Option<u32>,
    /// Until so many hours before the start buyers may have their money back by themselves; never unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_hours: Option<u32>,
    /// When sales begin.
    #[cfg_attr(feature = "server", schema(value_type = Option<String>, format = DateTime))]
    pub sales_start: Option<Timestamp>,
    /// When sales end.
    #[cfg_attr(feature = "server", schema(value_type = Option<String>, format = DateTime))]
    pub sales_end: Option<Timestamp>,
    /// Where it stands.
    pub status: EventStatus,
    /// How many tickets there are in all.
    pub total_tickets: u64,
    /// The lowest price.
    pub min_price: Money,
    /// The account that made it.
    pub created_by: UserId,
    /// When it was made.
    #[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// When it was changed last.
    #[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
    pub updated_at: Timestamp,
}

/// In which order a list of events comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum EventSort {
    /// Soonest first.
    #[default]
    Date,
    /// Cheapest first.
    Price,
    /// Latest published first.
    Newest,
}

/// `GET /api/events`: which events are asked for. All conditions hold together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "server", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventQuery {
    /// Only this category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", param(inline))]
    pub category: Option<Category>,
    /// Words that begin words of the title, venue, city or tags.
    #[serde(default, deserialize_with = "rules::trimmed_option", skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 200, message = "must be at most 200 characters"), custom(function = "rules::line"))]
    pub search: Option<String>,
    /// Only in cities whose name begins so.
    #[serde(default, deserialize_with = "rules::trimmed_option", skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 100, message = "must be at most 100 characters"), custom(function = "rules::line"))]
    pub city: Option<String>,
    /// Only what begins at or after this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", param(value_type = Option<String>, format = DateTime))]
    pub from: Option<Timestamp>,
    /// Only what begins before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", param(value_type = Option<String>, format = DateTime))]
    pub to: Option<Timestamp>,
    /// Only with a ticket at or above this price, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 0))]
    pub price_min: Option<i64>,
    /// Only with a ticket at or below this price, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 0))]
    pub price_max: Option<i64>,
    /// In which order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", param(inline))]
    pub sort: Option<EventSort>,
    /// How many at the most: 1 to 100, 20 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 1024))]
    pub cursor: Option<String>,
}

/// One entry of the change feed: the event as it is now, at the place of its latest change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct EventChange {
    /// Grows with every change of any event, in the order in which they took effect.
    pub seq: i64,
    /// The event.
    pub event: Event,
}

/// `GET /api/events/changes?after=`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct EventChanges {
    /// In the order of `seq`.
    pub changes: Vec<EventChange>,
    /// What to ask `after` next time.
    pub last: i64,
}
