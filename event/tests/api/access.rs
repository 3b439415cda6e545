//! Who may do what.

use reqwest::Method;
use serde_json::json;
use shared::{
    auth::{LOCAL_SESSION_COOKIE, Role},
    testing::TestClient,
};

use crate::{TestApp, form, id_of, path, problem};

/// Everything that needs someone signed in.
async fn each_refusal(client: &TestClient, id: &str) -> Vec<(u16, String)> {
    let versioned = client.clone().with("if-match", "\"1\"");
    let answers = [
        client.get("/api/events/my/events").await,
        client.post("/api/events", &form(json!({}))).await,
        versioned.put(&path(id), &form(json!({}))).await,
        client.delete(&path(id)).await,
    ];
    answers.iter().map(|answer| (problem(answer).0, problem(answer).1.to_owned())).collect()
}

#[tokio::test]
async fn what_is_the_organizers_needs_a_session() {
    let app = TestApp::start().await;
    let ada = app.user();
    let event = ada.create(&form(json!({}))).await;
    let refused = vec![(401, "/problems/not-signed-in".to_owned()); 4];
    assert_eq!(each_refusal(&app.client(), id_of(&event)).await, refused);
    let forged = app.client().cookie(&format!("{LOCAL_SESSION_COOKIE}=forged"));
    assert_eq!(each_refusal(&forged, id_of(&event)).await, refused);
    app.auth.sign_everyone_out();
    assert_eq!(each_refusal(&ada.client, id_of(&event)).await, refused, "a session that has ended");
    assert_eq!(app.client().get(&path(id_of(&event))).await.body, event, "nothing has changed");
}

#[tokio::test]
async fn without_auth_nobody_is_let_in_and_the_public_pages_stay() {
    let app = TestApp::start().await;
    let ada = app.user();
    let (event, draft) = (ada.create(&form(json!({}))).await, ada.create(&form(json!({ "status": "draft" }))).await);
    // Another replica, whose auth is nowhere: no one listens on port 1.
    let cut_off = crate::serve(&app.uri, "http://127.0.0.1:1", &app.clock, &[]).await;
    let client = ada.client.to(&cut_off);
    let refused = vec![(503, "/problems/unavailable".to_owned()); 4];
    assert_eq!(each_refusal(&client, id_of(&event)).await, refused);
    assert_eq!(client.get(&path(id_of(&draft))).await.status, 503);
    assert_eq!(client.get(&path(id_of(&event))).await.status, 200);
    assert_eq!(client.get("/api/events").await.status, 200);
    assert_eq!(cut_off.client().get(&path(id_of(&draft))).await.status, 404, "nobody's draft needs no answer");
}

#[tokio::test]
async fn anothers_event_cannot_be_changed() {
    let app = TestApp::start().await;
    let (ada, eve, admin) = (app.user(), app.user(), app.sign_in(Role::Admin));
    for status in ["draft", "published"] {
        let event = ada.create(&form(json!({ "status": status }))).await;
        let id = id_of(&event);
        assert_eq!(problem(&eve.change(id, 1, &form(json!({}))).await), (404, "/problems/not-found"));
        assert_eq!(eve.client.put(&path(id), &form(json!({}))).await.status, 404, "not 428: that would tell");
        assert_eq!(problem(&eve.client.delete(&path(id)).await), (404, "/problems/not-found"));
        assert_eq!(ada.client.get(&path(id)).await.body, event);
        assert_eq!(admin.change(id, 1, &form(json!({ "status": status }))).await.status, 200);
        assert!(matches!(admin.client.delete(&path(id)).await.status, 200 | 204));
    }
}

#[tokio::test]
async fn what_is_no_event_is_not_found() {
    let app = TestApp::start().await;
    let ada = app.user();
    for id in ["0", "not-an-id", "%00", "..%2f", "0190b2a4-0000-7000-8000-000000000000", "🎫"] {
        assert_eq!(ada.client.get(&path(id)).await.status, 404, "{id}");
        assert_eq!(ada.change(id, 1, &form(json!({}))).await.status, 404, "{id}");
        assert_eq!(ada.client.delete(&path(id)).await.status, 404, "{id}");
    }
}

#[tokio::test]
async fn events_are_made_by_admins_only_where_so_configured() {
    let app = TestApp::with(&[("EVENT_CREATION", "admin")]).await;
    let (ada, admin) = (app.user(), app.sign_in(Role::Admin));
    assert_eq!(problem(&ada.client.post("/api/events", &form(json!({}))).await), (403, "/problems/forbidden"));
    assert_eq!(admin.client.post("/api/events", &form(json!({}))).await.status, 201);
    assert_eq!(app.client().post("/api/events", &form(json!({}))).await.status, 401);
}

#[tokio::test]
async fn a_foreign_page_changes_nothing() {
    let app = TestApp::start().await;
    let ada = app.user();
    let event = ada.create(&form(json!({}))).await;
    let event_path = path(id_of(&event));
    let foreign = ada.client.clone().with("origin", "https://evil.example").with("if-match", "\"1\"");
    for answer in [
        foreign.post("/api/events", &form(json!({}))).await,
        foreign.put(&event_path, &form(json!({}))).await,
        foreign.delete(&event_path).await,
        // What a plain form or link could send.
        ada.client.send(ada.client.request(Method::DELETE, &event_path)).await,
    ] {
        assert_eq!(problem(&answer), (403, "/problems/foreign-origin"));
    }
    assert_eq!(app.client().get(&event_path).await.body, event);
    let own = ada.client.clone().with("origin", "http://localhost:5173");
    let answer = own.delete(&event_path).await;
    assert_eq!(
        (answer.status, answer.headers["access-control-allow-origin"].to_str().ok()),
        (200, Some("http://localhost:5173"))
    );
}

#[tokio::test]
async fn an_allowance_runs_out_for_users_and_addresses() {
    let app = TestApp::with(&[("RATE_LIMIT_PER_USER", "2"), ("RATE_LIMIT_PER_ADDRESS", "3")]).await;
    let ada = app.user();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(ada.client.get("/api/events/my/events").await.status);
    }
    for _ in 0..4 {
        statuses.push(app.client().get("/api/events").await.status);
    }
    assert_eq!(statuses, [200, 200, 429, 200, 200, 200, 429]);
    assert_eq!(app.client().get("/health").await.status, 200);
    assert!(app.client().get("/api/events").await.headers.contains_key("retry-after"));
}
