//! Lists of events, page by page.

use std::time::Duration;

use bson::{Bson, DateTime, Document, doc};
use futures::TryStreamExt;
use jiff::Timestamp;
use mongodb::action::Find;
use shared::{
    EventId, UserId,
    event::{EventSort, EventStatus},
    server::mongo::to_bson,
};

use super::{EventDocument, Events, document::LONG};
use crate::{
    Error,
    domain::{Event, Listing, Place},
};

/// After so long MongoDB gives up a list: nobody waits for it any more.
const MAX_TIME: Duration = Duration::from_millis(2_500);

impl Events {
    /// A page of what is published and has not ended at `now`, and where the next one begins.
    pub async fn list(&self, listing: &Listing, now: Timestamp) -> Result<(Vec<Event>, Option<Place>), Error> {
        let (field, direction) = order(listing.sort);
        let found = self.collection.find(filter(listing, now)?).sort(doc! { field: direction, "_id": direction });
        let (events, last) = page(found, listing.limit).await?;
        Ok((events, last.map(|event| Place::of(&event, listing.sort))))
    }

    /// A page of a user's own events, latest first, after the event `after`; and where the next one begins.
    pub async fn list_own(
        &self,
        user: UserId,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<(Vec<Event>, Option<EventId>), Error> {
        let mut filter = doc! { "createdBy": user };
        if let Some(after) = after {
            filter.insert("_id", doc! { "$lt": after });
        }
        let (events, last) = page(self.collection.find(filter).sort(doc! { "_id": -1 }), limit).await?;
        Ok((events, last.map(|event| event.id)))
    }
}

/// At most `limit` events; and the last of them if there are more.
async fn page(found: Find<'_, EventDocument>, limit: u32) -> Result<(Vec<Event>, Option<Event>), Error> {
    let cursor = found.limit(i64::from(limit) + 1).max_time(MAX_TIME).await?;
    let mut events: Vec<Event> = cursor.map_ok(Event::from).try_collect().await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = events.len() > limit;
    events.truncate(limit);
    let last = if more { events.last().cloned() } else { None };
    Ok((events, last))
}

const fn order(sort: EventSort) -> (&'static str, i32) {
    match sort {
        EventSort::Date => ("startsAt", 1),
        EventSort::Price => ("minPrice", 1),
        EventSort::Newest => ("publishedAt", -1),
    }
}

fn filter(listing: &Listing, now: Timestamp) -> Result<Document, Error> {
    let mut filter = doc! { "status": to_bson(&EventStatus::Published)?, "endsAt": { "$gt": DateTime::from(now) } };
    let mut conditions = Vec::new();
    if let Some(category) = &listing.category {
        filter.insert("category", to_bson(category)?);
    }
    if let Some(words) = &listing.words {
        conditions.extend(words.iter().map(|word| begins("words", word)));
        if words.is_empty() {
            conditions.push(nothing());
        }
    }
    if let Some(city) = &listing.city {
        conditions.push(if city.is_empty() { nothing() } else { begins("cityKey", city) });
    }
    if let Some(from) = listing.from {
        conditions.push(doc! { "startsAt": { "$gte": DateTime::from(from) } });
    }
    if let Some(to) = listing.to {
        conditions.push(doc! { "startsAt": { "$lt": DateTime::from(to) } });
    }
    let prices = [("$gte", listing.price_min), ("$lte", listing.price_max)];
    let prices: Document = prices.into_iter().filter_map(|(op, price)| Some((op.to_owned(), price?.into()))).collect();
    if !prices.is_empty() {
        let one = doc! { "price.amount": prices, "quantity": { "$gt": 0 } };
        conditions.push(doc! { "ticketTypes": { "$elemMatch": one } });
    }
    if listing.sort == EventSort::Date {
        conditions.push(not_long_ago(now));
    }
    if let Some(place) = &listing.after {
        conditions.push(after(place));
    }
    if !conditions.is_empty() {
        filter.insert("$and", conditions);
    }
    Ok(filter)
}

/// Follows from an end after `now`, and spares the first page from going through all that has ever taken place: MongoDB
/// merges the two parts in the order of their start.
fn not_long_ago(now: Timestamp) -> Document {
    let recently = DateTime::from(now.saturating_sub(LONG).unwrap_or(now));
    doc! { "$or": [{ "long": false, "startsAt": { "$gt": recently } }, { "long": true }] }
}

/// A value of `field` begins with `text`: a pattern that MongoDB reads as a range of the field's index.
fn begins(field: &str, text: &str) -> Document {
    // Folded text is letters, digits and spaces, none of which means anything in a pattern.
    debug_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' '), "{text}");
    doc! { field: { "$regex": format!("^{text}") } }
}

fn nothing() -> Document {
    doc! { "_id": { "$in": [] } }
}

/// What comes after a place in its order.
fn after(place: &Place) -> Document {
    let (field, direction) = order(place.sort);
    let beyond = if direction > 0 { "$gt" } else { "$lt" };
    let key = match place.sort {
        EventSort::Price => Bson::Int64(place.key),
        EventSort::Date | EventSort::Newest => DateTime::from_millis(place.key).into(),
    };
    // The bound on the field alone is what an index is read from.
    let from = format!("{beyond}e");
    doc! {
        field: { from: key.clone() },
        "$or": [{ field: { beyond: key.clone() } }, { field: key, "_id": { beyond: place.id } }],
    }
}
