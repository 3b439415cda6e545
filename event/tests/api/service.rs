//! What every service has: probes, documentation, and what becomes of it without its database.

use std::collections::BTreeSet;

use serde_json::json;
use shared::testing::cuttable;

use crate::{TestApp, form, id_of, path, problem};

#[tokio::test]
async fn the_probes_answer() {
    let app = TestApp::start().await;
    let health = app.client().get("/health").await;
    assert_eq!((health.status, health.body["service"].as_str()), (200, Some("event")));
    assert_eq!(app.client().get("/ready").await.status, 200);
}

#[tokio::test]
async fn the_documentation_lists_every_route() {
    let app = TestApp::start().await;
    let api = app.client().get("/openapi.json").await;
    // Sorted: whether a map keeps its order depends on what else is built with it.
    let methods = |path: &str| -> BTreeSet<String> {
        let item = api.body["paths"][path].as_object().unwrap_or_else(|| panic!("{path}"));
        item.keys().cloned().collect()
    };
    let listed = |methods: &[&str]| methods.iter().map(ToString::to_string).collect();
    assert_eq!(methods("/api/events"), listed(&["get", "post"]));
    assert_eq!(methods("/api/events/{id}"), listed(&["delete", "get", "put"]));
    assert_eq!(methods("/api/events/my/events"), listed(&["get"]));
    assert_eq!(methods("/api/events/changes"), listed(&["get"]));
    assert_eq!(app.client().get("/docs/").await.status, 200);
}

#[tokio::test]
async fn a_method_that_a_path_has_not_is_a_problem() {
    let app = TestApp::start().await;
    let ada = app.user();
    assert_eq!(problem(&ada.client.post_empty("/api/events/changes").await), (405, "/problems/method-not-allowed"));
    assert_eq!(problem(&ada.client.delete("/api/events").await), (405, "/problems/method-not-allowed"));
    assert_eq!(problem(&ada.client.get("/api/events/my/tickets").await), (404, "/problems/not-found"));
}

#[tokio::test]
async fn what_is_stored_outlives_the_service() {
    let app = TestApp::start().await;
    let ada = app.user();
    let event = ada.create(&form(json!({}))).await;
    let second = app.replica().await;
    assert_eq!(second.client().get(&path(id_of(&event))).await.body, event);
    app.service.stop().await;
    assert_eq!(ada.client.to(&second).get("/api/events/my/events").await.body["items"], json!([event]));
}

#[tokio::test]
async fn without_a_database_requests_get_503_and_recover_by_themselves() {
    let app = TestApp::start().await;
    let ada = app.user();
    let event = ada.create(&form(json!({}))).await;
    let (uri, link) = cuttable(&app.uri).await;
    let far = crate::serve(&uri, &app.auth.url(), &app.clock, &[("REQUEST_TIMEOUT_MS", "2800")]).await;
    let client = ada.client.clone().to(&far);
    assert_eq!(client.get("/ready").await.status, 200);

    link.cut();
    assert_eq!(problem(&client.get("/api/events").await), (503, "/problems/unavailable"));
    assert_eq!(client.post("/api/events", &form(json!({}))).await.status, 503);
    assert_eq!(client.clone().with("if-match", "\"1\"").put(&path(id_of(&event)), &form(json!({}))).await.status, 503);
    assert_eq!(client.get("/ready").await.status, 503);

    link.mend();
    while client.get("/ready").await.status != 200 {}
    assert_eq!(client.get("/api/events").await.body["items"], json!([event]));
    assert_eq!(client.post("/api/events", &form(json!({}))).await.status, 201);
}
