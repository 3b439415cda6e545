//! Which published events are asked for, and where a page of them begins.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    EventId,
    event::{Category, EventQuery, EventSort},
    page::DEFAULT_LIMIT,
};

use super::{Event, Refusal, bad, unless_bad, words};

/// The most words of a search: each is a condition of its own.
const MAX_WORDS: usize = 20;

/// An event's place in a list: its sort key, and its id where keys are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The order that the place is in.
    pub sort: EventSort,
    /// Milliseconds, or minor units of money.
    pub key: i64,
    /// The event there.
    pub id: EventId,
}

impl Place {
    /// The place of `event` in this order.
    pub fn of(event: &Event, sort: EventSort) -> Self {
        let key = match sort {
            EventSort::Date => event.details.starts_at.as_millisecond(),
            EventSort::Price => event.details.min_price().amount,
            EventSort::Newest => event.published_at.unwrap_or(event.created_at).as_millisecond(),
        };
        Self { sort, key, id: event.id }
    }
}

/// Which events, in which order, from where on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listing {
    /// Only this category.
    pub category: Option<Category>,
    /// Each begins a word of the event; an empty list finds nothing.
    pub words: Option<Vec<String>>,
    /// The beginning of the city's name, folded; an empty one finds nothing.
    pub city: Option<String>,
    /// Begins at or after this.
    pub from: Option<Timestamp>,
    /// Begins before this.
    pub to: Option<Timestamp>,
    /// Has a ticket at or above this.
    pub price_min: Option<i64>,
    /// Has a ticket at or below this.
    pub price_max: Option<i64>,
    /// In which order.
    pub sort: EventSort,
    /// How many at the most.
    pub limit: u32,
    /// Only what comes after this place.
    pub after: Option<Place>,
}

impl Listing {
    /// What a query asks for; `after` is the place that its cursor says.
    pub fn parse(query: EventQuery, after: Option<Place>) -> Result<Self, Refusal> {
        let sort = query.sort.unwrap_or_default();
        let words = query.search.map(|search| words::distinct([search.as_str()]));
        let mut errors = Vec::new();
        if words.as_ref().is_some_and(|words| words.len() > MAX_WORDS) {
            errors.push(bad("?search", format!("must be at most {MAX_WORDS} words")));
        }
        if after.is_some_and(|place| place.sort != sort) {
            errors.push(bad("?cursor", "belongs to another order of the list"));
        }
        unless_bad(errors)?;
        Ok(Self {
            category: query.category,
            words,
            city: query.city.map(|city| words::folded(&city)),
            from: query.from,
            to: query.to,
            price_min: query.price_min,
            price_max: query.price_max,
            sort,
            limit: query.limit.unwrap_or(DEFAULT_LIMIT),
            after,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::server::cursor;

    use super::*;
    use crate::domain::proposal::tests::pointers;

    fn place(sort: EventSort) -> Place {
        Place { sort, key: 7, id: EventId::new() }
    }

    fn id(number: u128) -> EventId {
        let hex = format!("{number:032x}");
        hex.parse().expect("an id")
    }

    #[test]
    fn a_cursor_goes_with_its_own_order_only() {
        let query = |sort| EventQuery { sort, ..EventQuery::default() };
        assert!(Listing::parse(query(None), Some(place(EventSort::Date))).is_ok());
        assert!(Listing::parse(query(Some(EventSort::Price)), Some(place(EventSort::Price))).is_ok());
        let other = Listing::parse(query(Some(EventSort::Newest)), Some(place(EventSort::Price)));
        assert_eq!(pointers(other), ["?cursor"]);
    }

    #[test]
    fn a_search_is_bounded() {
        let search = |text: String| Listing::parse(EventQuery { search: Some(text), ..EventQuery::default() }, None);
        let numbers = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(search(numbers(MAX_WORDS)).expect("a listing").words.map(|words| words.len()), Some(MAX_WORDS));
        assert_eq!(pointers(search(numbers(MAX_WORDS + 1))), ["?search"]);
        assert_eq!(search("jazz Jazz JAZZ".into()).expect("a listing").words, Some(vec!["jazz".to_owned()]));
    }

    proptest! {
        #[test]
        fn a_cursor_says_the_place_that_it_was_made_of(key in any::<i64>(), number in any::<u128>(), sort in 0..3_usize) {
            let sort = [EventSort::Date, EventSort::Price, EventSort::Newest][sort];
            let place = Place { sort, key, id: id(number) };
            prop_assert_eq!(cursor::decode::<Place>(&cursor::encode(&place)).expect("a place"), place);
        }

        #[test]
        fn what_is_no_cursor_is_refused(text in "\\PC{0,40}") {
            prop_assert!(cursor::decode::<Place>(&text).is_err());
        }
    }
}
