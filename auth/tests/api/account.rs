//! Accounts.

use serde_json::json;
use shared::auth::{Role, SignedIn};

use crate::{PASSWORD, TestApp, registration, session_cookie};

#[tokio::test]
async fn registering_makes_an_account_and_signs_in() {
    let app = TestApp::start().await;
    let answer = app.client().post("/api/auth/register", &registration("Ada+Tickets@Example.com")).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let SignedIn { user } = answer.parse();
    assert_eq!((user.email.as_str(), user.role), ("ada+tickets@example.com", Role::User));

    let me = app.client().cookie(&session_cookie(&answer)).get("/api/auth/me").await;
    assert_eq!((me.status, me.parse::<SignedIn>().user), (200, user));
}

#[tokio::test]
async fn of_two_registrations_at_once_one_succeeds() {
    let app = TestApp::start().await;
    let attempts = (0..8).map(|i| {
        let (client, email) = (app.client(), if i % 2 == 0 { "ada@example.com" } else { "ADA@example.com" });
        tokio::spawn(async move { client.post("/api/auth/register", &registration(email)).await.status })
    });
    let mut statuses = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        statuses.push(attempt.await.expect("an answer"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn an_easy_password_is_refused() {
    let app = TestApp::start().await;
    let mut form = registration("ada@example.com");
    form["password"] = json!("password1");
    let answer = app.client().post("/api/auth/register", &form).await;
    assert_eq!((answer.status, answer.bad_fields()), (422, vec!["/password"]));
    assert_eq!(app.login("ada@example.com", "password1").await.status, 401);
}

#[tokio::test]
async fn names_can_be_changed() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.com").await;
    let changed = ada.put("/api/auth/me", &json!({ "firstName": "Augusta Ada", "lastName": "King" })).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let SignedIn { user } = ada.get("/api/auth/me").await.parse();
    assert_eq!((user.first_name.as_str(), user.last_name.as_str()), ("Augusta Ada", "King"));
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let app = TestApp::start().await;
    let (phone, laptop) = (app.register("ada@example.com").await, app.login("ada@example.com", PASSWORD).await);
    let laptop = app.client().cookie(&session_cookie(&laptop));
    let new = "quartz lantern umbrella";

    let wrong = laptop.put("/api/auth/password", &json!({ "currentPassword": "no", "newPassword": new })).await;
    assert_eq!((wrong.status, wrong.bad_fields()), (422, vec!["/currentPassword"]));
    assert_eq!(phone.get("/api/auth/me").await.status, 200);

    let changed = laptop.put("/api/auth/password", &json!({ "currentPassword": PASSWORD, "newPassword": new })).await;
    assert_eq!(changed.status, 204, "{}", changed.body);
    assert_eq!(phone.get("/api/auth/me").await.status, 401);
    assert_eq!(laptop.get("/api/auth/me").await.status, 401, "the old id of this session is worth nothing either");
    assert_eq!(app.client().cookie(&session_cookie(&changed)).get("/api/auth/me").await.status, 200);
    assert_eq!(app.login("ada@example.com", PASSWORD).await.status, 401);
    assert_eq!(app.login("ada@example.com", new).await.status, 200);
}

#[tokio::test]
async fn the_first_admin_comes_from_the_environment_once() {
    let admin = [("ADMIN_EMAIL", "Root@Example.com"), ("ADMIN_PASSWORD", PASSWORD)];
    let app = TestApp::with(&admin).await;
    let SignedIn { user } = app.login("root@example.com", PASSWORD).await.parse();
    assert_eq!(user.role, Role::Admin);

    let other = [("ADMIN_EMAIL", "root@example.com"), ("ADMIN_PASSWORD", "another password 77")];
    let again = app.replica(&other).await;
    assert_eq!(again.login("root@example.com", PASSWORD).await.status, 200, "the account stays as it is");
}
