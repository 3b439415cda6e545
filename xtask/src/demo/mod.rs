//! Demo accounts and events, made through the public HTTP interfaces like anybody's.

mod catalogue;
pub(crate) mod client;

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::Timestamp;
use shared::{
    Page,
    event::{Event, EventIn},
};

use crate::services::Urls;
use client::Visitor;

/// The first admin; auth itself makes this account.
pub const ADMIN_EMAIL: &str = "admin@ticketer.example";
/// Publishes the demo events.
pub const ORGANIZER_EMAIL: &str = "organizer@ticketer.example";
/// Buys tickets.
pub const BUYER_EMAIL: &str = "buyer@ticketer.example";
/// The password of the demo accounts.
pub const PASSWORD: &str = "demo-Ticketer-2026";

/// Makes what is missing of the demo data and returns how many events it made.
pub async fn load(urls: &Urls) -> Result<usize> {
    Visitor::sign_in_or_register(urls, BUYER_EMAIL, PASSWORD, ("Robin", "Reed")).await?;
    let organizer = Visitor::sign_in_or_register(urls, ORGANIZER_EMAIL, PASSWORD, ("Olive", "Marsh")).await?;
    let now = Timestamp::now();
    let there = upcoming_titles(&organizer, urls, now).await?;
    let missing: Vec<EventIn> =
        catalogue::events(now).into_iter().filter(|event| !there.contains(&event.title)).collect();
    for (index, event) in missing.iter().enumerate() {
        let key = format!("demo-{}-{index}", now.as_millisecond());
        let _: Event = organizer.post(&format!("{}/api/events", urls.event_url), event, &key).await?;
    }
    Ok(missing.len())
}

/// The titles of the organizer's events that have not begun.
async fn upcoming_titles(organizer: &Visitor, urls: &Urls, now: Timestamp) -> Result<BTreeSet<String>> {
    let mut titles = BTreeSet::new();
    let mut cursor = None;
    loop {
        let from = cursor.map_or_else(String::new, |cursor: String| format!("&cursor={cursor}"));
        let url = format!("{}/api/events/my/events?limit=100{from}", urls.event_url);
        let page: Page<Event> = organizer.get(&url).await?;
        let upcoming = page.items.into_iter().filter(|event| event.starts_at > now);
        titles.extend(upcoming.map(|event| event.title));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(titles),
        }
    }
}
