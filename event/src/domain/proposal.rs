//! What an organizer sends, checked as far as it can be without knowing the event that it changes.

use jiff::{Timestamp, tz::TimeZone};
use shared::{
    Currency, Money,
    event::{Category, EventIn, EventStatus, Organizer, TicketType, Venue},
};

use super::{Refusal, bad, unless_bad};

/// What an organizer says of an event: the fields of [`EventIn`] but its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    pub title: String,
    pub description: String,
    pub category: Category,
    pub venue: Venue,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub time_zone: String,
    pub ticket_types: Vec<TicketType>,
    pub tags: Vec<String>,
    pub image: Option<String>,
    pub organizer: Organizer,
    pub max_per_order: u32,
    pub max_per_buyer: Option<u32>,
    pub refund_hours: Option<u32>,
    pub sales_start: Option<Timestamp>,
    pub sales_end: Option<Timestamp>,
}

/// What an event should be, and whether everyone should see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What to say of it.
    pub details: Details,
    /// Published, or else a draft.
    pub publish: bool,
}

impl Proposal {
    /// Checks a request that has passed the rules of its type; `organizer` is whom to ask unless it says so.
    pub fn parse(request: EventIn, organizer: Organizer) -> Result<Self, Refusal> {
        let zone = TimeZone::get(&request.time_zone).ok();
        // Names are found in any case; the zone's own spelling is kept, for browsers are stricter.
        let zone = zone.and_then(|zone| zone.iana_name().map(ToOwned::to_owned));
        let mut errors = Vec::new();
        if zone.is_none() {
            errors.push(bad("/timeZone", "must be an IANA time zone, such as Europe/Berlin"));
        }
        if !matches!(request.status, EventStatus::Draft | EventStatus::Published) {
            errors.push(bad("/status", "must be draft or published"));
        }
        unless_bad(errors)?;
        let details = Details {
            title: request.title,
            description: request.description,
            category: request.category,
            venue: request.venue,
            starts_at: whole_millis(request.starts_at),
            ends_at: whole_millis(request.ends_at),
            time_zone: zone.unwrap_or_default(),
            ticket_types: request.ticket_types,
            tags: distinct_tags(request.tags),
            image: request.image,
            organizer: request.organizer.unwrap_or(organizer),
            max_per_order: request.max_per_order,
            max_per_buyer: request.max_per_buyer,
            refund_hours: request.refund_hours,
            sales_start: request.sales_start.map(whole_millis),
            sales_end: request.sales_end.map(whole_millis),
        };
        Ok(Self { details, publish: request.status == EventStatus::Published })
    }
}

impl Details {
    /// How many tickets there are in all.
    pub fn total_tickets(&self) -> u64 {
        self.ticket_types.iter().map(|kind| u64::from(kind.quantity)).sum()
    }

    /// The lowest price: of the types that have tickets, if any has.
    pub fn min_price(&self) -> Money {
        let offered = |kind: &&TicketType| kind.quantity > 0 || self.total_tickets() == 0;
        let lowest = self.ticket_types.iter().filter(offered).map(|kind| kind.price).min_by_key(|price| price.amount);
        // There is no event without a ticket type.
        lowest.unwrap_or(Money::new(0, Currency::USD))
    }
}

/// A time as the database can hold it.
fn whole_millis(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// The tags without white space around them, each once whatever its case.
fn distinct_tags(tags: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let trimmed = tags.into_iter().map(|tag| tag.trim().to_owned());
    trimmed.filter(|tag| seen.insert(tag.to_lowercase())).collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A good request: 100 seats at 45 dollars, from 18:00 to 22:00 UTC on 1 June 2027.
    pub fn request() -> EventIn {
        EventIn {
            title: "Jazz Night".into(),
            description: String::new(),
            category: Category::Concert,
            venue: Venue { name: "Town Hall".into(), address: "1 High St".into(), city: "Berlin".into() },
            starts_at: "2027-06-01T18:00:00Z".parse().expect("a time"),
            ends_at: "2027-06-01T22:00:00Z".parse().expect("a time"),
            time_zone: "Europe/Berlin".into(),
            ticket_types: vec![ticket_type("Seat", 4500, 100)],
            tags: vec![],
            image: None,
            organizer: None,
            max_per_order: 10,
            max_per_buyer: None,
            refund_hours: None,
            sales_start: None,
            sales_end: None,
            status: EventStatus::Published,
        }
    }

    pub fn ticket_type(name: &str, amount: i64, quantity: u32) -> TicketType {
        TicketType { name: name.into(), price: Money::new(amount, Currency::USD), quantity, description: String::new() }
    }

    pub fn parse(request: EventIn) -> Result<Proposal, Refusal> {
        Proposal::parse(request, Organizer { name: "Ada".into(), email: "ada@example.com".into(), phone: None })
    }

    /// The fields that a refusal names.
    pub fn pointers<T: std::fmt::Debug>(refused: Result<T, Refusal>) -> Vec<String> {
        match refused {
            Err(Refusal::Invalid(errors)) => errors.into_iter().map(|error| error.pointer).collect(),
            other => panic!("not invalid: {other:?}"),
        }
    }

    #[test]
    fn a_time_zone_is_one_of_iana_and_keeps_its_spelling() {
        let zone = |name: &str| parse(EventIn { time_zone: name.into(), ..request() }).map(|p| p.details.time_zone);
        assert_eq!(zone("europe/berlin").as_deref(), Ok("Europe/Berlin"));
        assert_eq!(zone("UTC").as_deref(), Ok("UTC"));
        for unknown in ["Mars/Olympus", "", "+02:00", "Etc/Unknown", "../UTC", "CEST"] {
            assert_eq!(pointers(zone(unknown)), ["/timeZone"], "{unknown}");
        }
    }

    #[test]
    fn only_draft_and_published_can_be_asked_for() {
        for status in [EventStatus::Cancelled, EventStatus::Completed] {
            assert_eq!(pointers(parse(EventIn { status, ..request() })), ["/status"]);
        }
    }

    #[test]
    fn every_bad_field_is_named() {
        let bad = EventIn { status: EventStatus::Completed, time_zone: "Nowhere".into(), ..request() };
        assert_eq!(pointers(parse(bad)), ["/timeZone", "/status"]);
    }

    #[test]
    fn the_organizer_is_the_account_unless_named() {
        assert_eq!(parse(request()).expect("a proposal").details.organizer.name, "Ada");
        let named = Organizer { name: "Jazz Club".into(), email: "club@example.com".into(), phone: None };
        let proposal = parse(EventIn { organizer: Some(named.clone()), ..request() }).expect("a proposal");
        assert_eq!(proposal.details.organizer, named);
    }

    #[test]
    fn a_tag_counts_once() {
        let tags = [" jazz", "Jazz", "live"].map(String::from).to_vec();
        assert_eq!(parse(EventIn { tags, ..request() }).expect("a proposal").details.tags, ["jazz", "live"]);
    }

    #[test]
    fn times_are_kept_as_the_database_can_hold_them() {
        let starts_at = "2027-06-01T18:00:00.123456789Z".parse().expect("a time");
        let kept = parse(EventIn { starts_at, ..request() }).expect("a proposal").details.starts_at;
        assert_eq!(kept.to_string(), "2027-06-01T18:00:00.123Z");
    }

    #[test]
    fn the_lowest_price_is_of_a_type_that_has_tickets() {
        let lowest = |types: &[(i64, u32)]| {
            let types = types.iter().enumerate().map(|(i, (price, n))| ticket_type(&i.to_string(), *price, *n));
            let proposal = parse(EventIn { ticket_types: types.collect(), ..request() }).expect("a proposal");
            proposal.details.min_price().amount
        };
        assert_eq!(lowest(&[(4500, 1), (2000, 5)]), 2000);
        assert_eq!(lowest(&[(4500, 1), (2000, 0)]), 4500);
        assert_eq!(lowest(&[(4500, 0), (2000, 0)]), 2000);
    }
}
