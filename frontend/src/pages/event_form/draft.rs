//! An event as it is typed, and how that is read.

use serde::{Deserialize, Serialize};
use shared::{
    Currency, FieldError, Money, Timestamp,
    event::{Category, DEFAULT_MAX_PER_ORDER, Event, EventIn, EventStatus, Organizer, TicketType, Venue},
    rules,
};
use validator::Validate;

use crate::format;

/// An event as it is typed: text in every field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    pub title: String,
    pub description: String,
    pub category: String,
    pub tags: String,
    pub image: String,
    pub venue_name: String,
    pub venue_address: String,
    pub venue_city: String,
    pub starts_at: String,
    pub ends_at: String,
    pub time_zone: String,
    pub currency: String,
    pub types: Vec<TypeDraft>,
    pub max_per_order: String,
    pub max_per_buyer: String,
    pub refund_hours: String,
    pub sales_start: String,
    pub sales_end: String,
    pub organizer_name: String,
    pub organizer_email: String,
    pub organizer_phone: String,
}

/// A ticket type as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TypeDraft {
    pub name: String,
    pub price: String,
    pub quantity: String,
    pub description: String,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            title: String::new(),
            description: String::new(),
            category: Category::Concert.as_str().to_owned(),
            tags: String::new(),
            image: String::new(),
            venue_name: String::new(),
            venue_address: String::new(),
            venue_city: String::new(),
            starts_at: String::new(),
            ends_at: String::new(),
            time_zone: format::own_zone(),
            currency: Currency::USD.code().to_owned(),
            types: vec![TypeDraft { name: "General admission".to_owned(), ..TypeDraft::default() }],
            max_per_order: DEFAULT_MAX_PER_ORDER.to_string(),
            max_per_buyer: String::new(),
            refund_hours: String::new(),
            sales_start: String::new(),
            sales_end: String::new(),
            organizer_name: String::new(),
            organizer_email: String::new(),
            organizer_phone: String::new(),
        }
    }
}

/// Takes over each of these fields where it was left as it had been.
macro_rules! take_over {
    ($mine:ident, $base:ident, $theirs:ident: $($field:ident)*) => {
        $(if $mine.$field == $base.$field {
            $mine.$field.clone_from(&$theirs.$field);
        })*
    };
}

/// Bad fields, gathered while reading.
#[derive(Default)]
struct Wrong(Vec<FieldError>);

impl Wrong {
    /// The value, or `instead` and a note that it could not be read.
    fn unless<T>(&mut self, value: Option<T>, instead: T, pointer: &str, detail: &str) -> T {
        value.unwrap_or_else(|| {
            self.0.push(FieldError { pointer: pointer.to_owned(), detail: detail.to_owned() });
            instead
        })
    }
}

impl Draft {
    /// An event as it would have been typed.
    pub fn of(event: &Event) -> Self {
        let zone = &event.time_zone;
        let local = |time: Option<Timestamp>| time.map(|t| format::local_input(t, zone)).unwrap_or_default();
        let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
        let kind = |t: &TicketType| TypeDraft {
            name: t.name.clone(),
            price: format::typed_amount(t.price),
            quantity: t.quantity.to_string(),
            description: t.description.clone(),
        };
        Self {
            title: event.title.clone(),
            description: event.description.clone(),
            category: event.category.as_str().to_owned(),
            tags: event.tags.join(", "),
            image: event.image.clone().unwrap_or_default(),
            venue_name: event.venue.name.clone(),
            venue_address: event.venue.address.clone(),
            venue_city: event.venue.city.clone(),
            starts_at: local(Some(event.starts_at)),
            ends_at: local(Some(event.ends_at)),
            time_zone: zone.clone(),
            currency: event.min_price.currency.code().to_owned(),
            types: event.ticket_types.iter().map(kind).collect(),
            max_per_order: event.max_per_order.to_string(),
            max_per_buyer: number(event.max_per_buyer),
            refund_hours: number(event.refund_hours),
            sales_start: local(event.sales_start),
            sales_end: local(event.sales_end),
            organizer_name: event.organizer.name.clone(),
            organizer_email: event.organizer.email.clone(),
            organizer_phone: event.organizer.phone.clone().unwrap_or_default(),
        }
    }

    /// What was typed over `base`, moved to what the event has become meanwhile: a field that was typed in stays as it
    /// was typed, and so does a ticket type; everything else is as it is now.
    pub fn moved(mut self, base: &Self, now: &Self) -> Self {
        take_over!(self, base, now: title description category tags image venue_name venue_address venue_city starts_at
            ends_at time_zone currency max_per_order max_per_buyer refund_hours sales_start sales_end organizer_name
            organizer_email organizer_phone);
        let of = |types: &[TypeDraft], kind: &TypeDraft| types.iter().find(|t| t.name == kind.name).cloned();
        // Those that are there now come first and in their order: their names are fixed once they are on sale.
        let stands = |kind: &TypeDraft| match (of(&self.types, kind), of(&base.types, kind)) {
            (None, Some(_)) => None,
            (Some(mine), before) if Some(&mine) != before.as_ref() => Some(mine),
            _ => Some(kind.clone()),
        };
        let mut types: Vec<_> = now.types.iter().filter_map(stands).collect();
        let own = |mine: &&TypeDraft| of(&now.types, mine).is_none() && of(&base.types, mine).as_ref() != Some(*mine);
        types.extend(self.types.iter().filter(own).cloned());
        self.types = types;
        self
    }

    /// The event as the service takes it, or every field that is wrong.
    pub fn parse(&self, status: EventStatus) -> Result<EventIn, Vec<FieldError>> {
        let mut wrong = Wrong::default();
        let when = |wrong: &mut Wrong, typed: &str, pointer: &str| {
            wrong.unless(
                format::from_local_input(typed, &self.time_zone),
                Timestamp::UNIX_EPOCH,
                pointer,
                "must be a date and a time",
            )
        };
        let perhaps =
            |wrong: &mut Wrong, typed: &str, pointer: &str| (!typed.is_empty()).then(|| when(wrong, typed, pointer));
        let count = |wrong: &mut Wrong, typed: &str, pointer: &str| {
            filled(typed).map(|n| wrong.unless(n.parse().ok(), 1, pointer, "must be a whole number"))
        };
        let starts_at = when(&mut wrong, &self.starts_at, "/startsAt");
        let ends_at = when(&mut wrong, &self.ends_at, "/endsAt");
        let event = EventIn {
            title: self.title.trim().to_owned(),
            description: self.description.trim().to_owned(),
            category: Category::ALL.into_iter().find(|c| c.as_str() == self.category).unwrap_or(Category::Other),
            venue: Venue {
                name: self.venue_name.trim().to_owned(),
                address: self.venue_address.trim().to_owned(),
                city: self.venue_city.trim().to_owned(),
            },
            starts_at,
            ends_at,
            time_zone: self.time_zone.clone(),
            ticket_types: self.types.iter().enumerate().map(|(i, t)| self.ticket_type(t, i, &mut wrong)).collect(),
            tags: self.tags.split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect(),
            image: filled(&self.image),
            organizer: self.organizer(),
            max_per_order: wrong.unless(self.max_per_order.trim().parse().ok(), 1, "/maxPerOrder", "must be a number"),
            max_per_buyer: count(&mut wrong, &self.max_per_buyer, "/maxPerBuyer"),
            refund_hours: count(&mut wrong, &self.refund_hours, "/refundHours"),
            sales_start: perhaps(&mut wrong, &self.sales_start, "/salesStart"),
            sales_end: perhaps(&mut wrong, &self.sales_end, "/salesEnd"),
            status,
        };
        if let Err(broken) = event.validate() {
            for error in rules::field_errors(&broken) {
                // A field that could not be read holds a stand-in; what the rules say of that helps no one.
                let stand_in = |e: &FieldError| {
                    e.pointer == error.pointer || (error.pointer == "/endsAt" && e.pointer == "/startsAt")
                };
                if !wrong.0.iter().any(stand_in) {
                    wrong.0.push(error);
                }
            }
        }
        if wrong.0.is_empty() { Ok(event) } else { Err(wrong.0) }
    }

    fn ticket_type(&self, typed: &TypeDraft, place: usize, wrong: &mut Wrong) -> TicketType {
        let currency = Currency::from_code(&self.currency).unwrap_or(Currency::USD);
        let price = format::read_amount(&typed.price, currency);
        let price = wrong.unless(
            price,
            Money::new(0, currency),
            &format!("/ticketTypes/{place}/price"),
            "must be an amount; 0 is free",
        );
        let quantity = typed.quantity.trim().parse().ok();
        let quantity = wrong.unless(quantity, 0, &format!("/ticketTypes/{place}/quantity"), "must be a whole number");
        TicketType {
            name: typed.name.trim().to_owned(),
            price,
            quantity,
            description: typed.description.trim().to_owned(),
        }
    }

    fn organizer(&self) -> Option<Organizer> {
        let (name, email, phone) =
            (filled(&self.organizer_name), filled(&self.organizer_email), filled(&self.organizer_phone));
        if name.is_none() && email.is_none() && phone.is_none() {
            return None;
        }
        Some(Organizer { name: name.unwrap_or_default(), email: email.unwrap_or_default(), phone })
    }
}

fn filled(typed: &str) -> Option<String> {
    Some(typed.trim().to_owned()).filter(|t| !t.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, price: &str) -> TypeDraft {
        TypeDraft { name: name.to_owned(), price: price.to_owned(), ..TypeDraft::default() }
    }

    fn draft(title: &str, city: &str, types: &[(&str, &str)]) -> Draft {
        Draft {
            title: title.to_owned(),
            description: String::new(),
            category: String::new(),
            tags: String::new(),
            image: String::new(),
            venue_name: String::new(),
            venue_address: String::new(),
            venue_city: city.to_owned(),
            starts_at: String::new(),
            ends_at: String::new(),
            time_zone: String::new(),
            currency: String::new(),
            types: types.iter().map(|(name, price)| kind(name, price)).collect(),
            max_per_order: String::new(),
            max_per_buyer: String::new(),
            refund_hours: String::new(),
            sales_start: String::new(),
            sales_end: String::new(),
            organizer_name: String::new(),
            organizer_email: String::new(),
            organizer_phone: String::new(),
        }
    }

    #[test]
    fn what_was_typed_is_kept_over_a_change_made_elsewhere() {
        let base = draft("Gala", "Bonn", &[("Floor", "10"), ("Seat", "20")]);
        let typed = draft("Grand gala", "Bonn", &[("Floor", "12"), ("Seat", "20"), ("Box", "90")]);
        let now = draft("Ball", "Köln", &[("Floor", "10"), ("Seat", "25"), ("Rank", "15")]);
        let types = [("Floor", "12"), ("Seat", "25"), ("Rank", "15"), ("Box", "90")];
        assert_eq!(typed.moved(&base, &now), draft("Grand gala", "Köln", &types));
    }

    #[test]
    fn where_nothing_was_typed_the_event_is_as_it_is_now() {
        let base = draft("Gala", "Bonn", &[("Floor", "10"), ("Seat", "20")]);
        let now = draft("Ball", "Köln", &[("Floor", "11")]);
        assert_eq!(base.clone().moved(&base, &now), now);
    }

    #[test]
    fn a_ticket_type_that_was_taken_out_stays_out() {
        let base = draft("", "", &[("Floor", "10"), ("Seat", "20")]);
        let typed = draft("", "", &[("Floor", "10")]);
        assert_eq!(typed.moved(&base, &base).types, [kind("Floor", "10")]);
    }
}
