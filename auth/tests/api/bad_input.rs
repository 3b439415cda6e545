//! What bad input gets: a 4xx problem that names the field, and nothing stored.

use reqwest::Method;
use serde_json::json;

use crate::{PASSWORD, TestApp, registration};

#[tokio::test]
async fn every_bad_field_is_named() {
    let app = TestApp::start().await;
    let form = json!({ "email": "ada", "password": "short", "firstName": " ", "lastName": "x".repeat(51) });
    let answer = app.client().post("/api/auth/register", &form).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.bad_fields(), ["/email", "/firstName", "/lastName", "/password"]);
}

#[tokio::test]
async fn a_field_that_breaks_its_rule_is_refused() {
    let app = TestApp::start().await;
    let long = format!("{}@example.com", "a".repeat(300));
    let cases = [
        ("email", json!(long), "/email"),
        ("email", json!("ada\0@example.com"), "/email"),
        ("email", json!(7), "/email"),
        ("email", json!(null), "/email"),
        ("password", json!("a".repeat(129)), "/password"),
        ("password", json!("velvet\0otter brass"), "/password"),
        ("password", json!(["velvet otter"]), "/password"),
        ("firstName", json!("Ada\0"), "/firstName"),
        ("firstName", json!("Ada\nLovelace"), "/firstName"),
        ("lastName", json!({}), "/lastName"),
        ("role", json!("admin"), "/role"),
    ];
    for (field, value, pointer) in cases {
        let mut form = registration("ada@example.com");
        form[field] = value;
        let answer = app.client().post("/api/auth/register", &form).await;
        assert_eq!((answer.status, answer.bad_fields()), (422, vec![pointer]), "{field}: {}", answer.body);
    }
    assert_eq!(app.login("ada@example.com", PASSWORD).await.status, 401, "nothing was stored");
}

#[tokio::test]
async fn names_may_be_written_in_any_script() {
    let app = TestApp::start().await;
    let mut form = registration("ada@example.com");
    form["firstName"] = json!("Zażółć 🎫");
    form["lastName"] = json!("محمد");
    assert_eq!(app.client().post("/api/auth/register", &form).await.status, 201);
}

#[tokio::test]
async fn what_is_no_json_is_malformed() {
    let app = TestApp::start().await;
    let client = app.client();
    for body in ["", "{", "{\"email\": }", "\u{0}"] {
        let request = client.request(Method::POST, "/api/auth/login").header("content-type", "application/json");
        let answer = client.send(request.body(body)).await;
        assert_eq!((answer.status, answer.body["type"].as_str()), (400, Some("/problems/malformed")), "{body}");
    }
    assert_eq!(client.post("/api/auth/login", &json!(["ada@example.com", PASSWORD])).await.status, 422);
    let request = client.request(Method::POST, "/api/auth/login").header("content-type", "text/plain").body("{}");
    assert_eq!(client.send(request).await.status, 415);
    let request = client.request(Method::POST, "/api/auth/login").header("content-type", "application/json");
    assert_eq!(client.send(request.body(vec![b' '; 10_000_000])).await.status, 413);
}

#[tokio::test]
async fn a_foreign_page_cannot_act_for_the_user() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.com").await;
    let foreign = ada.clone().with("origin", "https://evil.example");
    assert_eq!(foreign.post_empty("/api/auth/logout").await.status, 403);
    assert_eq!(ada.send(ada.request(Method::POST, "/api/auth/logout")).await.status, 403, "any page could send this");
    assert_eq!(ada.get("/api/auth/me").await.status, 200);
    assert_eq!(ada.with("origin", "http://localhost:5173").post_empty("/api/auth/logout").await.status, 204);
}

#[tokio::test]
async fn attempts_to_sign_in_are_limited_by_address() {
    let app = TestApp::with(&[("RATE_LIMIT_CREDENTIALS", "1"), ("TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let attempt = async |from: &str| {
        let form = json!({ "email": "nobody@example.com", "password": "wrong password 1" });
        app.client().with("x-forwarded-for", from).post("/api/auth/login", &form).await
    };
    assert_eq!(attempt("192.0.2.1").await.status, 401);
    let refused = attempt("192.0.2.1").await;
    assert_eq!(refused.status, 429);
    assert!(refused.headers["retry-after"].to_str().is_ok_and(|s| s.parse::<u64>().is_ok_and(|s| s >= 1)));
    assert_eq!(attempt("198.51.100.9, 192.0.2.1").await.status, 429, "what the client wrote itself is not believed");
    assert_eq!(attempt("192.0.2.2").await.status, 401);
    assert_eq!(app.client().get("/health").await.status, 200, "health is never limited");
}
