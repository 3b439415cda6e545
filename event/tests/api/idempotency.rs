//! `Idempotency-Key` on creating an event.

use serde_json::json;
use shared::testing::{Answer, TestClient};

use crate::{TestApp, form, id_of, path, problem, titles};

async fn post(client: &TestClient, key: &str, form: &serde_json::Value) -> Answer {
    client.clone().with("idempotency-key", key).post("/api/events", form).await
}

#[tokio::test]
async fn a_request_sent_again_makes_nothing_and_is_answered_the_same() {
    let app = TestApp::start().await;
    let ada = app.user();
    for status in ["draft", "published"] {
        let request = form(json!({ "status": status }));
        let first = post(&ada.client, status, &request).await;
        let again = post(&ada.client, status, &request).await;
        assert_eq!((first.status, again.status), (201, 201));
        assert_eq!(first.body, again.body);
        assert_eq!(first.headers["location"], again.headers["location"]);
    }
    assert_eq!(titles(&ada.client.get("/api/events/my/events").await.body).len(), 2);
}

#[tokio::test]
async fn a_request_is_answered_again_when_it_would_be_refused_by_now() {
    let app = TestApp::start().await;
    let ada = app.user();
    let first = post(&ada.client, "k", &form(json!({}))).await;
    app.advance_days(365);
    let again = post(&ada.client, "k", &form(json!({}))).await;
    assert_eq!((again.status, id_of(&again.body)), (201, id_of(&first.body)));
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_user() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user(), app.user());
    let first = post(&ada.client, "k", &form(json!({}))).await;
    let other = post(&ada.client, "k", &form(json!({ "title": "Blues" }))).await;
    assert_eq!(problem(&other), (422, "/problems/key-reused"));
    let eves = post(&eve.client, "k", &form(json!({}))).await;
    assert_eq!(eves.status, 201);
    assert_ne!(id_of(&eves.body), id_of(&first.body));
    assert_eq!(titles(&ada.client.get("/api/events/my/events").await.body), ["Jazz Night"]);
}

#[tokio::test]
async fn requests_at_once_with_one_key_make_one_event() {
    let app = TestApp::start().await;
    let (ada, replica) = (app.user(), app.replica().await);
    let far = ada.client.clone().to(&replica);
    for status in ["draft", "published"] {
        let request = form(json!({ "status": status }));
        let requests = (0..8).map(|i| post(if i % 2 == 0 { &ada.client } else { &far }, status, &request));
        let answers = futures::future::join_all(requests).await;
        for answer in &answers {
            assert_eq!((answer.status, id_of(&answer.body)), (201, id_of(&answers[0].body)));
        }
    }
    assert_eq!(titles(&ada.client.get("/api/events/my/events").await.body).len(), 2);
    let feed = app.client().as_service().get("/api/events/changes").await.body;
    assert_eq!((feed["changes"].as_array().map(Vec::len), &feed["last"]), (Some(1), &json!(1)), "no number was lost");
}

#[tokio::test]
async fn requests_without_a_key_make_an_event_each() {
    let app = TestApp::start().await;
    let ada = app.user();
    let (one, two) = (ada.create(&form(json!({}))).await, ada.create(&form(json!({}))).await);
    assert_ne!(id_of(&one), id_of(&two));
}

#[tokio::test]
async fn a_key_outlives_changes_of_its_event() {
    let app = TestApp::start().await;
    let ada = app.user();
    let first = post(&ada.client, "k", &form(json!({}))).await;
    let changed = ada.change(id_of(&first.body), 1, &form(json!({ "title": "Blues" }))).await;
    let again = post(&ada.client, "k", &form(json!({}))).await;
    assert_eq!((again.status, &again.body), (201, &changed.body));
    assert_eq!(ada.client.delete(&path(id_of(&first.body))).await.status, 200);
    assert_eq!(post(&ada.client, "k", &form(json!({}))).await.body["status"], "cancelled");
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let app = TestApp::start().await;
    let ada = app.user();
    for key in ["", &"k".repeat(256)] {
        let refused = post(&ada.client, key, &form(json!({}))).await;
        assert_eq!((refused.status, refused.bad_fields()), (422, vec!["Idempotency-Key"]));
    }
}
