//! The change feed: what ticket learns, and that it misses nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shared::{event::EventChanges, testing::TestClient};

use crate::{TestApp, form, id_of, path, problem};

async fn changes(service: &TestClient, after: i64, limit: u32) -> EventChanges {
    let answer = service.get(&format!("/api/events/changes?after={after}&limit={limit}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.parse()
}

#[tokio::test]
async fn the_feed_is_for_services() {
    let app = TestApp::start().await;
    let refused = (401, "/problems/not-a-service");
    assert_eq!(problem(&app.client().get("/api/events/changes").await), refused);
    assert_eq!(problem(&app.user().client.get("/api/events/changes").await), refused);
    let guessed = app.client().with("authorization", "Bearer guess");
    assert_eq!(problem(&guessed.get("/api/events/changes").await), refused);
    let service = app.client().as_service();
    assert_eq!(service.get("/api/events/changes").await.body, json!({ "changes": [], "last": 0 }));
    for query in ["after=-1", "after=x", "limit=0", "limit=501", "since=1"] {
        assert_eq!(service.get(&format!("/api/events/changes?{query}")).await.status, 422, "{query}");
    }
}

#[tokio::test]
async fn an_event_stands_at_its_latest_change() {
    let app = TestApp::start().await;
    let (ada, service) = (app.user(), app.client().as_service());
    let draft = ada.create(&form(json!({ "title": "a", "status": "draft" }))).await;
    let other = ada.create(&form(json!({ "title": "b" }))).await;
    assert_eq!(ada.change(id_of(&draft), 1, &form(json!({ "title": "a", "status": "draft" }))).await.status, 200);
    let seen = |feed: &EventChanges| -> Vec<(i64, String, i64)> {
        feed.changes.iter().map(|change| (change.seq, change.event.title.clone(), change.event.version)).collect()
    };
    let feed = changes(&service, 0, 10).await;
    assert_eq!((seen(&feed), feed.last), (vec![(1, "b".into(), 1)], 1), "drafts are nobody's business");

    assert_eq!(ada.change(id_of(&draft), 2, &form(json!({ "title": "a" }))).await.status, 200);
    assert_eq!(ada.client.delete(&path(id_of(&other))).await.status, 200);
    let feed = changes(&service, 1, 10).await;
    assert_eq!(seen(&feed), [(2, "a".into(), 3), (3, "b".into(), 2)]);
    assert_eq!(serde_json::to_value(feed.changes[1].event.status).expect("a word"), "cancelled");
    assert_eq!(seen(&changes(&service, 0, 1).await), [(2, "a".into(), 3)]);
    let end = changes(&service, 3, 10).await;
    assert_eq!((end.changes.len(), end.last), (0, 3), "the place is kept where there is nothing new");

    assert_eq!(ada.change(id_of(&draft), 1, &form(json!({ "title": "c" }))).await.status, 412);
    assert_eq!(ada.create(&form(json!({ "title": "d" }))).await["version"], 1);
    assert_eq!(changes(&service, 3, 10).await.last, 4, "a refused change takes no number");
}

#[tokio::test]
async fn an_event_that_has_ended_stays_in_the_feed() {
    let app = TestApp::start().await;
    app.user().create(&form(json!({}))).await;
    app.advance_days(365);
    let feed = app.client().as_service().get("/api/events/changes").await.body;
    assert_eq!(feed["changes"][0]["event"]["status"], "completed");
}

#[tokio::test]
async fn concurrent_publishing_numbers_each_event_once_without_a_gap() {
    let app = TestApp::start().await;
    let (ada, replica) = (app.user(), app.replica().await);
    let far = ada.client.clone().to(&replica);
    let request = form(json!({}));
    let requests = (0..40).map(|i| if i % 2 == 0 { &ada.client } else { &far }.post("/api/events", &request));
    for answer in futures::future::join_all(requests).await {
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    let feed = changes(&app.client().as_service(), 0, 500).await;
    let numbers: Vec<i64> = feed.changes.iter().map(|change| change.seq).collect();
    assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
    let events: BTreeSet<_> = feed.changes.iter().map(|change| change.event.id).collect();
    assert_eq!(events.len(), 40);
}

/// Publishes an event and changes it, `rounds` times; returns each event with its last version.
async fn write(client: TestClient, rounds: usize) -> Vec<(String, i64)> {
    let mut written = Vec::new();
    for _ in 0..rounds {
        let made: Value = client.post("/api/events", &form(json!({}))).await.body;
        let id = id_of(&made).to_owned();
        let changed =
            client.clone().with("if-match", "\"1\"").put(&path(&id), &form(json!({ "title": "Blues" }))).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        written.push((id, 2));
    }
    written
}

#[tokio::test]
async fn a_reader_that_follows_the_feed_while_others_write_misses_nothing() {
    let app = TestApp::start().await;
    let (ada, replica) = (app.user(), app.replica().await);
    let writers: Vec<_> = (0..6)
        .map(|i| {
            let client = ada.client.clone();
            tokio::spawn(write(if i % 2 == 0 { client } else { client.to(&replica) }, 10))
        })
        .collect();
    let reader = tokio::spawn({
        let service = app.client().as_service();
        async move {
            let (mut after, mut known) = (0, BTreeMap::new());
            // Until every event has been seen at its last version: a missed one would never come again.
            while known.len() < 60 || known.values().any(|version| *version < 2) {
                let feed = changes(&service, after, 3).await;
                for change in feed.changes {
                    assert!(change.seq > after, "in order");
                    after = change.seq;
                    known.insert(change.event.id.to_string(), change.event.version);
                }
                assert_eq!(feed.last, after);
                if after >= 120 {
                    break;
                }
            }
            known
        }
    });
    let mut written = BTreeMap::new();
    for writer in writers {
        written.extend(writer.await.expect("a writer"));
    }
    assert_eq!(reader.await.expect("a reader"), written);
    assert_eq!(changes(&app.client().as_service(), 0, 500).await.last, 120, "one number for each change");
}
