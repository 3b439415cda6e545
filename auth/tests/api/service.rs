//! What every service has: probes, documentation, headers, problems for what is not there.

use reqwest::Method;
use shared::testing::cuttable;

use crate::{PASSWORD, TestApp, registration};

#[tokio::test]
async fn the_probes_answer() {
    let app = TestApp::start().await;
    let health = app.client().get("/health").await;
    assert_eq!(
        (health.status, health.body["status"].as_str(), health.body["service"].as_str()),
        (200, Some("ok"), Some("auth"))
    );
    assert_eq!(app.client().get("/ready").await.status, 200);
}

#[tokio::test]
async fn the_documentation_lists_every_route() {
    let app = TestApp::start().await;
    let api = app.client().get("/openapi.json").await;
    let paths = api.body["paths"].as_object().expect("paths");
    for path in ["register", "login", "logout", "me", "verify", "password"] {
        assert!(paths.contains_key(&format!("/api/auth/{path}")), "{path}");
    }
    assert!(api.body["components"]["schemas"]["Problem"].is_object());
    assert_eq!(app.client().get("/docs/").await.status, 200);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let app = TestApp::start().await;
    let missing = app.client().get("/api/auth/nothing").await;
    assert_eq!((missing.status, missing.body["type"].as_str()), (404, Some("/problems/not-found")));
    let wrong = app.client().get("/api/auth/login").await;
    assert_eq!((wrong.status, wrong.body["type"].as_str()), (405, Some("/problems/method-not-allowed")));
    assert!(missing.headers.contains_key("x-request-id"));
    assert_eq!(missing.headers["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn a_preflight_from_the_web_app_is_allowed() {
    let app = TestApp::start().await;
    let client = app.client();
    let preflight = |origin: &'static str| {
        let request = client.request(Method::OPTIONS, "/api/auth/login").header("origin", origin);
        client.send(
            request
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type,idempotency-key"),
        )
    };
    let own = preflight("http://localhost:5173").await;
    assert_eq!(own.headers["access-control-allow-origin"], "http://localhost:5173");
    assert_eq!(own.headers["access-control-allow-credentials"], "true");
    assert!(!preflight("https://evil.example").await.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn without_a_database_requests_get_503_and_recover_by_themselves() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.com").await;
    let (uri, link) = cuttable(&app.uri).await;
    let far = TestApp::on(&uri, app.clock.clone(), &[]).await;
    assert_eq!(far.client().get("/ready").await.status, 200);

    link.cut();
    let answer = far.login("ada@example.com", PASSWORD).await;
    assert_eq!((answer.status, answer.body["type"].as_str()), (503, Some("/problems/unavailable")));
    assert_eq!(far.client().post("/api/auth/register", &registration("eve@example.com")).await.status, 503);
    assert_eq!(ada.clone().to(&far.service).get("/api/auth/me").await.status, 503, "never 401");
    assert_eq!(far.client().get("/ready").await.status, 503);
    assert_eq!(far.client().get("/health").await.status, 200, "alive all the same");

    link.mend();
    while far.client().get("/ready").await.status != 200 {}
    assert_eq!(far.login("ada@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_database_that_says_nothing_is_503_too() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let (uri, link) = cuttable(&app.uri).await;
    let far = TestApp::on(&uri, app.clock.clone(), &[]).await;
    assert_eq!(far.login("ada@example.com", PASSWORD).await.status, 200);
    link.silence();
    assert_eq!(far.login("ada@example.com", PASSWORD).await.status, 503);
}
