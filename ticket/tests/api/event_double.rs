//! A double of the event service: events by id, and the feed of their changes.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::SignedDuration;
use serde_json::json;
use shared::{
    EventId, Timestamp, UserId,
    event::{Category, Event, EventChange, EventChanges, EventStatus, Organizer, TicketType, Venue},
    testing::INTERNAL_TOKEN,
};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use crate::euros;

#[derive(Default)]
struct Catalogue {
    /// Each event at the place of its latest change.
    changes: Vec<EventChange>,
    seq: i64,
    /// How often an event was asked for by its id.
    asked: u32,
    /// Of these the feed does not tell.
    untold: HashSet<EventId>,
}

type Shared = Arc<Mutex<Catalogue>>;

fn lock(catalogue: &Shared) -> MutexGuard<'_, Catalogue> {
    catalogue.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Feed(Shared);

impl Respond for Feed {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let number = |name: &str| {
            request.url.query_pairs().find(|(key, _)| key == name).and_then(|(_, value)| value.parse::<i64>().ok())
        };
        let (after, limit) = (number("after").expect("after"), number("limit").expect("limit"));
        let catalogue = lock(&self.0);
        let told = catalogue.changes.iter().filter(|change| !catalogue.untold.contains(&change.event.id));
        let newer = told.filter(|change| change.seq > after);
        let changes: Vec<_> = newer.take(usize::try_from(limit).expect("a limit")).cloned().collect();
        let last = changes.last().map_or(after, |change| change.seq);
        ResponseTemplate::new(200).set_body_json(EventChanges { changes, last })
    }
}

struct ById(Shared);

impl Respond for ById {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let id = request.url.path().rsplit('/').next().expect("an id");
        let mut catalogue = lock(&self.0);
        catalogue.asked += 1;
        match catalogue.changes.iter().find(|change| change.event.id.to_string() == id) {
            Some(change) => ResponseTemplate::new(200).set_body_json(&change.event),
            None => ResponseTemplate::new(404)
                .set_body_json(json!({ "type": "/problems/not-found", "title": "Not found", "status": 404 })),
        }
    }
}

/// The event service as ticket sees it.
pub struct EventDouble {
    server: MockServer,
    catalogue: Shared,
    now: Timestamp,
}

impl EventDouble {
    pub async fn start(now: Timestamp) -> Self {
        let (server, catalogue) = (MockServer::start().await, Shared::default());
        let service = || {
            let bearer = format!("Bearer {INTERNAL_TOKEN}");
            Mock::given(matchers::method("GET")).and(matchers::header("authorization", bearer.as_str()))
        };
        service().and(matchers::path("/api/events/changes")).respond_with(Feed(catalogue.clone())).mount(&server).await;
        let by_id = matchers::path_regex("^/api/events/[0-9a-f-]{36}$");
        service().and(by_id).respond_with(ById(catalogue.clone())).mount(&server).await;
        Self { server, catalogue, now }
    }

    pub fn url(&self) -> String {
        self.server.uri()
    }

    /// Publishes an event that sells these types (name, price, quantity).
    pub fn publish(&self, types: &[(&str, i64, u32)]) -> EventId {
        let ticket_types = types.iter().map(|(name, price, quantity)| ticket_type(name, *price, *quantity)).collect();
        let id = EventId::new();
        self.put(Event {
            id,
            version: 1,
            title: "Żółta Łódź 🎷".into(),
            description: String::new(),
            category: Category::Concert,
            venue: Venue { name: "Town Hall".into(), address: "Main Street 1".into(), city: "Łódź".into() },
            starts_at: self.now + SignedDuration::from_hours(240),
            ends_at: self.now + SignedDuration::from_hours(243),
            time_zone: "Europe/Warsaw".into(),
            ticket_types,
            tags: Vec::new(),
            image: None,
            organizer: Organizer::default(),
            max_per_order: 10,
            max_per_buyer: None,
            refund_hours: None,
            sales_start: None,
            sales_end: None,
            status: EventStatus::Published,
            total_tickets: 0,
            min_price: euros(0),
            created_by: UserId::new(),
            created_at: self.now,
            updated_at: self.now,
        });
        id
    }

    /// Changes an event; its version grows.
    pub fn change(&self, id: EventId, change: impl FnOnce(&mut Event)) {
        let mut event = {
            let catalogue = lock(&self.catalogue);
            catalogue.changes.iter().find(|c| c.event.id == id).expect("an event").event.clone()
        };
        change(&mut event);
        event.version += 1;
        self.put(event);
    }

    fn put(&self, event: Event) {
        let mut catalogue = lock(&self.catalogue);
        catalogue.changes.retain(|change| change.event.id != event.id);
        catalogue.seq += 1;
        let seq = catalogue.seq;
        catalogue.changes.push(EventChange { seq, event });
    }

    /// Keeps an event from the feed, which is late: it is found by its id only.
    #[cfg(feature = "fail-points")]
    pub fn keep_from_feed(&self, id: EventId) {
        lock(&self.catalogue).untold.insert(id);
    }

    /// How often an event was asked for by its id.
    pub fn asked(&self) -> u32 {
        lock(&self.catalogue).asked
    }
}

pub fn ticket_type(name: &str, price: i64, quantity: u32) -> TicketType {
    TicketType { name: name.into(), price: euros(price), quantity, description: String::new() }
}
