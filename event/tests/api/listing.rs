//! The lists: which events, in which order, page by page.

use serde_json::{Value, json};
use shared::testing::TestClient;

use crate::{Person, TestApp, form, ticket_type, titles};

/// All pages of a list, by following `next`.
async fn all_pages(client: &TestClient, path: &str) -> Vec<Value> {
    let (mut items, mut next) = (Vec::new(), None::<String>);
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let cursor = next.as_ref().map_or_else(String::new, |next| format!("{separator}cursor={next}"));
        let page = client.get(&format!("{path}{cursor}")).await.body;
        items.extend(page["items"].as_array().unwrap_or_else(|| panic!("no page: {page}")).clone());
        next = page["next"].as_str().map(ToOwned::to_owned);
        if next.is_none() {
            return items;
        }
    }
}

async fn found(app: &TestApp, query: &str) -> Vec<String> {
    let page = app.client().get(&format!("/api/events?{query}")).await.body;
    titles(&page).into_iter().map(ToOwned::to_owned).collect()
}

/// Day of June 2027, lowest price.
async fn publish(person: &Person, title: &str, day: u32, price: i64) {
    let changes = json!({
        "title": title, "startsAt": format!("2027-06-{day:02}T18:00:00Z"), "endsAt": format!("2027-06-{day:02}T22:00:00Z"),
        "ticketTypes": [ticket_type("VIP", price * 2, 5), ticket_type("Seat", price, 5)],
    });
    person.create(&form(changes)).await;
}

#[tokio::test]
async fn the_list_comes_soonest_cheapest_or_newest_first() {
    let app = TestApp::start().await;
    let ada = app.user();
    for (title, day, price) in [("b", 2, 300), ("c", 3, 100), ("a", 1, 200)] {
        publish(&ada, title, day, price).await;
        app.clock.advance(jiff::SignedDuration::from_secs(1));
    }
    assert_eq!(found(&app, "").await, ["a", "b", "c"]);
    assert_eq!(found(&app, "sort=date").await, ["a", "b", "c"]);
    assert_eq!(found(&app, "sort=price").await, ["c", "a", "b"]);
    assert_eq!(found(&app, "sort=newest").await, ["a", "c", "b"]);
}

#[tokio::test]
async fn going_through_all_pages_meets_each_event_once() {
    let app = TestApp::start().await;
    let ada = app.user();
    for i in 0..23 {
        // Equal keys in every order: the clock stands still.
        publish(&ada, &format!("{i}"), 1 + i % 3, i64::from(i % 4) * 100).await;
    }
    for sort in ["date", "price", "newest"] {
        let whole = all_pages(&app.client(), &format!("/api/events?sort={sort}&limit=100")).await;
        for limit in [1, 4, 23] {
            let paged = all_pages(&app.client(), &format!("/api/events?sort={sort}&limit={limit}")).await;
            assert_eq!(paged, whole, "{sort} by {limit}");
        }
        let mut distinct: Vec<_> = whole.iter().filter_map(|event| event["title"].as_str()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 23);
        let key = |event: &Value| match sort {
            "date" => event["startsAt"].to_string(),
            "price" => format!("{:09}", event["minPrice"]["amount"].as_i64().expect("an amount")),
            _ => String::new(),
        };
        assert!(whole.is_sorted_by_key(key), "{sort}");
    }
    let mine = all_pages(&ada.client, "/api/events/my/events?limit=5").await;
    let newest_first: Vec<_> = mine.iter().filter_map(|event| event["title"].as_str()).collect();
    assert_eq!(newest_first, (0..23).rev().map(|i| i.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_page_holds_20_events_unless_told() {
    let app = TestApp::start().await;
    let ada = app.user();
    for i in 0..21 {
        publish(&ada, &format!("{i}"), 1, 100).await;
    }
    let page = app.client().get("/api/events").await.body;
    assert_eq!(titles(&page).len(), 20);
    assert!(page["next"].is_string());
    let page = app.client().get("/api/events?limit=21").await.body;
    assert_eq!((titles(&page).len(), &page["next"]), (21, &json!(null)));
}

#[tokio::test]
async fn what_is_new_while_paging_moves_nothing() {
    let app = TestApp::start().await;
    let ada = app.user();
    for day in [5, 10, 15, 20] {
        publish(&ada, &day.to_string(), day, 100).await;
    }
    let first = app.client().get("/api/events?limit=2").await.body;
    publish(&ada, "before", 1, 100).await;
    publish(&ada, "after", 17, 100).await;
    let next = first["next"].as_str().expect("a cursor");
    assert_eq!(titles(&app.client().get(&format!("/api/events?cursor={next}")).await.body), ["15", "after", "20"]);
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let app = TestApp::start().await;
    let ada = app.user();
    publish(&ada, "a", 1, 100).await;
    publish(&ada, "b", 2, 100).await;
    let page = app.client().get("/api/events?limit=1").await.body;
    let next = page["next"].as_str().expect("a cursor");
    let mine = ada.client.get("/api/events/my/events?limit=1").await.body;
    let own = mine["next"].as_str().expect("a cursor");
    for query in [format!("sort=price&cursor={next}"), format!("cursor={own}"), "cursor=x".into(), "cursor=".into()] {
        let refused = app.client().get(&format!("/api/events?{query}")).await;
        assert_eq!((refused.status, refused.bad_fields()), (422, vec!["?cursor"]), "{query}");
    }
    let refused = ada.client.get(&format!("/api/events/my/events?cursor={next}")).await;
    assert_eq!((refused.status, refused.bad_fields()), (422, vec!["?cursor"]));
}

#[tokio::test]
async fn filters_hold_together() {
    let app = TestApp::start().await;
    let ada = app.user();
    publish(&ada, "early", 1, 1000).await;
    publish(&ada, "late", 20, 5000).await;
    ada.create(&form(json!({ "title": "play", "category": "theater", "startsAt": "2027-06-10T18:00:00Z", "endsAt": "2027-06-10T20:00:00Z" })))
        .await;
    assert_eq!(found(&app, "category=concert").await, ["early", "late"]);
    assert_eq!(found(&app, "category=sports").await, Vec::<String>::new());
    assert_eq!(found(&app, "from=2027-06-10T18:00:00Z").await, ["play", "late"]);
    assert_eq!(found(&app, "to=2027-06-10T18:00:00Z").await, ["early"]);
    assert_eq!(found(&app, "from=2027-06-02T00:00:00Z&to=2027-06-15T00:00:00Z").await, ["play"]);
    assert_eq!(found(&app, "priceMax=2000").await, ["early"]);
    assert_eq!(found(&app, "priceMin=4600").await, ["late"]);
    assert_eq!(found(&app, "priceMin=2500&priceMax=4999").await, ["play"], "one ticket must be within both bounds");
    assert_eq!(found(&app, "category=concert&from=2027-06-02T00:00:00Z&priceMin=1").await, ["late"]);
}

#[tokio::test]
async fn what_has_begun_is_listed_until_it_ends() {
    let app = TestApp::start().await;
    let ada = app.user();
    for (title, ends_at) in
        [("hours", "2027-01-02T12:00:00Z"), ("day", "2027-01-03T00:00:00Z"), ("days", "2027-01-04T00:00:00Z")]
    {
        ada.create(&form(json!({ "title": title, "startsAt": "2027-01-02T00:00:00Z", "endsAt": ends_at }))).await;
    }
    let hours = |hours| app.clock.advance(jiff::SignedDuration::from_hours(hours));
    for sort in ["date", "price", "newest"] {
        assert_eq!(found(&app, &format!("sort={sort}")).await.len(), 3);
    }
    for (passed, left) in [(35, 3), (1, 2), (11, 2), (1, 1), (23, 1), (1, 0)] {
        hours(passed);
        for query in ["sort=date", "sort=price", "sort=newest", "category=concert"] {
            assert_eq!(found(&app, query).await.len(), left, "{query}");
        }
    }
}
