//! The demo events: all categories, several cities, the next months.

use jiff::{SignedDuration, Timestamp};
use shared::{
    Currency, Money,
    event::{Category, EventIn, EventStatus, TicketType, Venue},
};

/// Where something takes place, with its zone and its currency.
struct Place {
    venue: [&'static str; 3],
    time_zone: &'static str,
    currency: Currency,
}

const fn place(venue: [&'static str; 3], time_zone: &'static str, currency: Currency) -> Place {
    Place { venue, time_zone, currency }
}

const NEW_YORK: &str = "America/New_York";
const CHICAGO: &str = "America/Chicago";
const PACIFIC: &str = "America/Los_Angeles";

const IRON_HALL: Place = place(["Iron Hall", "212 Bedford Ave", "New York"], NEW_YORK, Currency::USD);
const PIER: Place = place(["Pier 41 Stage", "41 River Walk", "New York"], NEW_YORK, Currency::USD);
const LYCEUM: Place = place(["Lyceum on Clark", "1430 N Clark St", "Chicago"], CHICAGO, Currency::USD);
const LAKESHORE: Place = place(["Lakeshore Arena", "900 S Museum Dr", "Chicago"], CHICAGO, Currency::USD);
const FOUNDRY: Place = place(["The Foundry", "88 Barton Springs Rd", "Austin"], CHICAGO, Currency::USD);
const PIKE: Place = place(["Pike Street Studio", "615 Pike St", "Seattle"], PACIFIC, Currency::USD);
const HARBOR: Place = place(["Harbor Convention Center", "747 Howard St", "San Francisco"], PACIFIC, Currency::USD);
const SPREE: Place = place(["Spreehalle", "Köpenicker Straße 70", "Berlin"], "Europe/Berlin", Currency::EUR);
const ROUNDWELL: Place = place(["The Roundwell", "14 Southwark Lane", "London"], "Europe/London", Currency::GBP);

/// An event as this file writes it: when it is by days from now and the hour in UTC.
struct Demo {
    title: &'static str,
    description: &'static str,
    category: Category,
    place: Place,
    day: i64,
    hour: i64,
    hours: i64,
    /// Name, price in minor units, quantity, what it includes.
    tickets: &'static [(&'static str, i64, u32, &'static str)],
    tags: &'static [&'static str],
}

const DEMOS: [Demo; 14] = [
    Demo {
        title: "Northern Lights: The Long Night Tour",
        description: "Four voices, two cellos and a wall of analog synthesizers. Northern Lights bring their third album to the stage, song by song in its original order, with a new set of older pieces after the break.\n\nDoors open one hour before the show.",
        category: Category::Concert,
        place: IRON_HALL,
        day: 12,
        hour: 24,
        hours: 3,
        tickets: &[
            ("General admission", 4500, 600, "Standing, main floor"),
            ("Balcony", 6500, 180, "A numbered seat with a clear view"),
            ("Meet the band", 14_000, 40, "Balcony seat, sound check and a signed print"),
        ],
        tags: &["indie", "electronic", "live"],
    },
    Demo {
        title: "Last Train Blues Session",
        description: "The smallest room in town and the loudest harmonica. Fifty seats, one stage lamp, no amplifiers. These evenings sell out; come early for a table near the front.",
        category: Category::Concert,
        place: LYCEUM,
        day: 5,
        hour: 25,
        hours: 3,
        tickets: &[
            ("Table seat", 3200, 6, "One seat at a shared table"),
            ("Bar stool", 2200, 3, "Along the wall, good ears included"),
        ],
        tags: &["blues", "acoustic"],
    },
    Demo {
        title: "Strings at Dusk: Open-Air Chamber Music",
        description: "The Spree Quartet plays Ravel, Caroline Shaw and a first performance by Lena Okafor, outdoors by the water. Blankets are provided; in rain the concert moves into the hall.",
        category: Category::Concert,
        place: SPREE,
        day: 33,
        hour: 18,
        hours: 2,
        tickets: &[("Seat", 3800, 220, "Free choice of seats"), ("Student", 1500, 60, "With a valid student card")],
        tags: &["classical", "outdoor"],
    },
    Demo {
        title: "Systems at Scale",
        description: "Two days on databases, queues and the people on call for them. Thirty-two talks in two tracks, picked by practitioners, without sponsored slots. Recordings come with every ticket.",
        category: Category::Conference,
        place: HARBOR,
        day: 75,
        hour: 17,
        hours: 32,
        tickets: &[
            ("Early bird", 29_900, 150, "Both days, lunch included"),
            ("Regular", 44_900, 500, "Both days, lunch included"),
            ("Conference and workshop", 74_900, 120, "Both days and one workshop on the day before"),
            ("Live stream", 7900, 2000, "Both tracks, live and recorded"),
        ],
        tags: &["software", "databases", "operations"],
    },
    Demo {
        title: "Rust in Production: Berlin Summit",
        description: "What happened after the rewrite? Engineers from payments, railways and game studios tell what Rust gave them, what it cost, and what they would do again.",
        category: Category::Conference,
        place: SPREE,
        day: 48,
        hour: 8,
        hours: 9,
        tickets: &[
            ("Standard", 18_900, 350, "All talks, coffee and lunch"),
            ("Supporter", 32_000, 60, "Pays for a student's ticket as well"),
        ],
        tags: &["rust", "software"],
    },
    Demo {
        title: "Design for Everyone: Accessibility Day",
        description: "A day of short talks and long breaks about interfaces that work with a keyboard, a screen reader, one hand, or bad light. Captions and sign language in all sessions.",
        category: Category::Conference,
        place: ROUNDWELL,
        day: 61,
        hour: 9,
        hours: 8,
        tickets: &[
            ("Day ticket", 9500, 240, "All sessions and lunch"),
            ("Community", 2500, 80, "If your employer does not pay"),
        ],
        tags: &["design", "accessibility"],
    },
    Demo {
        title: "Throw Your First Bowl: Pottery for Beginners",
        description: "Three hours at the wheel with two teachers and ten students. You make three pieces; the studio fires them, and you pick them up two weeks later. Aprons are there, short nails help.",
        category: Category::Workshop,
        place: PIKE,
        day: 9,
        hour: 18,
        hours: 3,
        tickets: &[("Place at the wheel", 8500, 10, "Clay, glaze and firing included")],
        tags: &["craft", "beginners"],
    },
    Demo {
        title: "Sourdough from Scratch",
        description: "Feed, fold, shape, bake. You leave with a loaf still warm, a jar of starter with a name of your choosing, and the patience to keep it alive.",
        category: Category::Workshop,
        place: FOUNDRY,
        day: 20,
        hour: 16,
        hours: 4,
        tickets: &[
            ("Baker", 6900, 16, "Flour, starter and lunch"),
            ("Pair of bakers", 12_000, 6, "Two people at one bench"),
        ],
        tags: &["food", "baking"],
    },
    Demo {
        title: "Street Photography Walk",
        description: "An evening walk through Southwark with the photographer Imogen Vale: light, distance, and how to ask a stranger. Any camera will do, phones included.",
        category: Category::Workshop,
        place: ROUNDWELL,
        day: 27,
        hour: 17,
        hours: 3,
        tickets: &[("Walk", 3500, 14, "Map and a review of your five best frames")],
        tags: &["photography", "outdoor"],
    },
    Demo {
        title: "Lakeshore Rollers vs. Twin Rivers",
        description: "The season's last home bout. Roller derby at full speed: eight skaters, two jammers, no ball. New to it? A ten-minute explainer runs before the first whistle.",
        category: Category::Sports,
        place: LAKESHORE,
        day: 16,
        hour: 24,
        hours: 3,
        tickets: &[
            ("Trackside", 4800, 120, "First rows, at your own risk"),
            ("Stand", 2600, 1400, "Unnumbered seat"),
            ("Child", 1000, 300, "Up to 14 years, stand"),
        ],
        tags: &["derby", "family"],
    },
    Demo {
        title: "Harbor Half Marathon",
        description: "21.1 km along the bay, flat and closed to traffic. Start in waves, water every 4 km, soup at the finish. Bibs are handed out the day before.",
        category: Category::Sports,
        place: HARBOR,
        day: 96,
        hour: 15,
        hours: 5,
        tickets: &[
            ("Half marathon", 7200, 3000, "Bib, timing chip and medal"),
            ("10 km", 4500, 1500, "Bib, timing chip and medal"),
        ],
        tags: &["running", "outdoor"],
    },
    Demo {
        title: "The Cartographer's Daughter",
        description: "A new play by Tomasz Irving. In 1761 a map is finished, and one island on it does not exist. Two hours and ten minutes, one interval. From twelve years.",
        category: Category::Theater,
        place: LYCEUM,
        day: 40,
        hour: 25,
        hours: 3,
        tickets: &[
            ("Stalls", 7800, 160, "Rows A to K"),
            ("Circle", 5400, 90, "First floor"),
            ("Restricted view", 2500, 24, "A pillar is involved"),
        ],
        tags: &["drama", "premiere"],
    },
    Demo {
        title: "Unscripted: An Improvised Musical",
        description: "You shout a title, they write the show while you watch. No two evenings are alike, and the band has never heard the songs either.",
        category: Category::Theater,
        place: FOUNDRY,
        day: 23,
        hour: 25,
        hours: 2,
        tickets: &[
            ("Seat", 2900, 140, "Free choice of seats"),
            ("Front row", 4200, 14, "You may be asked for a rhyme"),
        ],
        tags: &["comedy", "improv"],
    },
    Demo {
        title: "Riverside Night Market",
        description: "Sixty stalls, four food trucks and a brass band that walks. Entry is free; a ticket helps us to plan, and its number is in the raffle at midnight.",
        category: Category::Other,
        place: PIER,
        day: 7,
        hour: 22,
        hours: 6,
        tickets: &[("Entry", 0, 2500, "Free; children need none")],
        tags: &["food", "market", "free"],
    },
];

/// The demo events, counted from `now`.
pub fn events(now: Timestamp) -> Vec<EventIn> {
    DEMOS.iter().map(|demo| demo.event(now)).collect()
}

impl Demo {
    fn event(&self, now: Timestamp) -> EventIn {
        let day = 24 * 3600;
        let midnight = now.as_second() - now.as_second().rem_euclid(day);
        let begin = midnight + self.day * day + self.hour * 3600;
        let starts_at = Timestamp::from_second(begin).unwrap_or(now);
        let [name, address, city] = self.place.venue.map(ToOwned::to_owned);
        let currency = self.place.currency;
        let ticket = |&(name, amount, quantity, description): &(&str, i64, u32, &str)| TicketType {
            name: name.into(),
            price: Money::new(amount, currency),
            quantity,
            description: description.into(),
        };
        EventIn {
            title: self.title.into(),
            description: self.description.into(),
            category: self.category,
            venue: Venue { name, address, city },
            starts_at,
            ends_at: starts_at + SignedDuration::from_hours(self.hours),
            time_zone: self.place.time_zone.into(),
            ticket_types: self.tickets.iter().map(ticket).collect(),
            tags: self.tags.iter().map(ToString::to_string).collect(),
            image: None,
            organizer: None,
            max_per_order: shared::event::DEFAULT_MAX_PER_ORDER,
            max_per_buyer: None,
            refund_hours: None,
            sales_start: None,
            sales_end: None,
            status: EventStatus::Published,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use anyhow::Result;
    use validator::Validate;

    use super::*;

    #[test]
    fn every_demo_event_keeps_the_rules() -> Result<()> {
        let now = Timestamp::now();
        for event in events(now) {
            event.validate()?;
            assert!(event.starts_at > now);
        }
        Ok(())
    }

    #[test]
    fn the_demo_shows_every_category_a_free_event_and_a_rare_one() {
        let events = events(Timestamp::now());
        let categories: BTreeSet<&str> = events.iter().map(|event| event.category.as_str()).collect();
        assert_eq!(categories.len(), Category::ALL.len());
        assert!(events.iter().any(|event| event.ticket_types.iter().all(|ticket| ticket.price.is_zero())));
        assert!(events.iter().any(|event| event.ticket_types.iter().map(|ticket| ticket.quantity).sum::<u32>() < 10));
        let titles: BTreeSet<&str> = events.iter().map(|event| event.title.as_str()).collect();
        assert_eq!(titles.len(), events.len());
    }
}
