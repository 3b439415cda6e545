//! Sessions.

use bson::{Document, doc};
use jiff::SignedDuration;
use serde_json::json;
use shared::{
    auth::{LOCAL_SESSION_COOKIE, Looked, Verified, VerifiedMany},
    server::mongo,
};

use crate::{PASSWORD, TestApp, registration, session_cookie};

/// The session cookies of new accounts with these names at example.com.
async fn register_all(app: &TestApp, names: &[&str]) -> Vec<String> {
    let mut cookies = Vec::new();
    for name in names {
        let registered = app.client().post("/api/auth/register", &registration(&format!("{name}@example.com"))).await;
        cookies.push(session_cookie(&registered));
    }
    cookies
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_and_foreign_sites() {
    let app = TestApp::start().await;
    let answer = app.client().post("/api/auth/register", &registration("ada@example.com")).await;
    let cookie = answer.headers["set-cookie"].to_str().expect("text");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[tokio::test]
async fn production_cookies_are_sent_over_https_only() {
    let secret = "0123456789abcdef0123456789abcdef";
    let app = TestApp::with(&[("APP_ENV", "production"), ("SESSION_SECRET", secret), ("INTERNAL_TOKEN", secret)]).await;
    let answer = app.client().post("/api/auth/register", &registration("ada@example.com")).await;
    let cookie = answer.headers["set-cookie"].to_str().expect("text");
    assert!(cookie.starts_with("__Host-ticketer_session=") && cookie.contains("Secure"), "{cookie}");
}

#[tokio::test]
async fn signing_in_changes_the_session_id() {
    let app = TestApp::start().await;
    let first = app.client().post("/api/auth/register", &registration("ada@example.com")).await;
    let known = session_cookie(&first);
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    let second = app.client().cookie(&known).post("/api/auth/login", &login).await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert_ne!(session_cookie(&second), known);
    assert_eq!(app.client().cookie(&known).get("/api/auth/me").await.status, 401, "the id known before is dead");
}

#[tokio::test]
async fn unknown_address_and_wrong_password_get_the_same_answer() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let wrong = app.login("ada@example.com", "wrong password 123").await;
    let unknown = app.login("nobody@example.com", "wrong password 123").await;
    assert_eq!((wrong.status, &wrong.body), (401, &unknown.body));
    assert_eq!(unknown.status, 401);
}

#[tokio::test]
async fn logout_ends_the_session() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.com").await;
    assert_eq!(ada.post_empty("/api/auth/logout").await.status, 204);
    assert_eq!(ada.get("/api/auth/me").await.status, 401);
    assert_eq!(ada.clone().as_service().get("/api/auth/verify").await.status, 401);
    assert_eq!(ada.post_empty("/api/auth/logout").await.status, 401);
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.com").await;
    app.advance_hours(23);
    assert_eq!(ada.get("/api/auth/me").await.status, 200);
    app.advance_hours(23);
    assert_eq!(ada.get("/api/auth/me").await.status, 200, "use keeps it alive");
    app.advance_hours(25);
    assert_eq!(ada.get("/api/auth/me").await.status, 401);
}

#[tokio::test]
async fn a_session_ends_however_much_it_is_used() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.com").await;
    for _ in 0..8 {
        app.advance_hours(20);
        assert_eq!(ada.get("/api/auth/me").await.status, 200);
    }
    app.advance_hours(20);
    assert_eq!(ada.get("/api/auth/me").await.status, 401);
}

#[tokio::test]
async fn a_forged_or_changed_cookie_is_nobodys() {
    let app = TestApp::start().await;
    let answer = app.client().post("/api/auth/register", &registration("ada@example.com")).await;
    let good = session_cookie(&answer);
    let (head, tail) = good.split_at(good.len() - 3);
    let changed = format!("{head}{}", tail.chars().rev().collect::<String>());
    let other_secret = TestApp::with(&[("SESSION_SECRET", "another secret")]).await;
    let foreign = other_secret.client().post("/api/auth/register", &registration("eve@example.com")).await;
    for cookie in [
        &changed,
        &format!("{LOCAL_SESSION_COOKIE}=AAAA"),
        &format!("{LOCAL_SESSION_COOKIE}="),
        &session_cookie(&foreign),
    ] {
        assert_eq!(app.client().cookie(cookie).get("/api/auth/me").await.status, 401, "{cookie}");
    }
    assert_eq!(app.client().cookie(&good).get("/api/auth/me").await.status, 200);
}

#[tokio::test]
async fn verify_answers_services_only() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.com").await;
    assert_eq!(ada.get("/api/auth/verify").await.status, 401);
    let wrong = ada.clone().with("authorization", "Bearer wrong").get("/api/auth/verify").await;
    assert_eq!((wrong.status, wrong.body["type"].as_str()), (401, Some("/problems/not-a-service")));

    let right = ada.as_service().get("/api/auth/verify").await;
    let Verified { valid, user, .. } = right.parse();
    assert_eq!((valid, user.email.as_str()), (true, "ada@example.com"));
    let nobody = app.client().as_service().get("/api/auth/verify").await;
    assert_eq!((nobody.status, nobody.body["valid"].as_bool()), (401, Some(false)));
}

#[tokio::test]
async fn what_is_asked_of_many_is_answered_of_each_as_if_it_were_asked_alone() {
    let app = TestApp::start().await;
    let mut cookies = register_all(&app, &["ada", "bob", "eve"]).await;
    assert_eq!(app.client().cookie(&cookies[1]).post_empty("/api/auth/logout").await.status, 204);
    cookies.extend(["ticketer_session=forged", "other=1", ""].map(ToOwned::to_owned));
    cookies.push(format!("no\nheader=1; {}", cookies[0]));
    cookies.push(cookies[0].clone());
    let service = app.client().as_service();
    let answer = service.post("/api/auth/verify", &json!({ "cookies": cookies })).await;
    let VerifiedMany { sessions } = answer.parse();
    assert_eq!(sessions.len(), cookies.len());
    for (cookie, looked) in cookies.iter().zip(&sessions).filter(|(cookie, _)| !cookie.contains('\n')) {
        let alone = app.client().cookie(cookie).as_service().get("/api/auth/verify").await;
        match looked {
            Looked::Verified(verified) => assert_eq!(verified, &alone.parse::<Verified>()),
            Looked::Problem(problem) => assert_eq!((alone.status, &alone.body), (problem.status, &json!(problem))),
        }
    }
    let known: Vec<Option<&str>> = sessions
        .iter()
        .map(|looked| if let Looked::Verified(verified) = looked { Some(verified.user.email.as_str()) } else { None })
        .collect();
    let (ada, eve) = (Some("ada@example.com"), Some("eve@example.com"));
    assert_eq!(known, [ada, None, eve, None, None, None, None, ada]);

    let stranger = app.client().post("/api/auth/verify", &json!({ "cookies": cookies })).await;
    assert_eq!((stranger.status, stranger.body["type"].as_str()), (401, Some("/problems/not-a-service")));
    for bad in [json!({ "cookies": [] }), json!({ "cookies": vec![""; 129] }), json!({ "cookies": [1] }), json!({})] {
        assert_eq!(service.post("/api/auth/verify", &bad).await.status, 422, "{bad}");
    }
}

#[tokio::test]
async fn a_session_that_is_asked_for_among_others_counts_as_used_and_ends_all_the_same() {
    let app = TestApp::start().await;
    let cookies = register_all(&app, &["ada", "bob", "eve"]).await;
    let service = app.client().as_service();
    let known = async |cookies: &[String]| -> Vec<bool> {
        let answer = service.post("/api/auth/verify", &json!({ "cookies": cookies })).await;
        let VerifiedMany { sessions } = answer.parse();
        sessions.iter().map(|looked| matches!(looked, Looked::Verified(_))).collect()
    };
    assert_eq!(known(&cookies).await, [true, true, true]);
    let users = mongo::connect(&app.uri, "test").await.expect("a database").collection::<Document>("users");
    for (email, change) in
        [("bob@example.com", doc! { "isActive": false }), ("eve@example.com", doc! { "passwordHash": "another one" })]
    {
        users.update_one(doc! { "email": email }, doc! { "$set": change }).await.expect("an update");
    }
    for _ in 0..8 {
        app.advance_hours(20);
        assert_eq!(known(&cookies).await, [true, false, false], "use keeps it alive");
    }
    app.advance_hours(20);
    assert_eq!(known(&cookies).await, [false, false, false], "it has lasted too long");
    let idle = app.client().post("/api/auth/register", &registration("ida@example.com")).await;
    let idle = [session_cookie(&idle), cookies[0].clone()];
    assert_eq!(known(&idle).await, [true, false]);
    app.advance_hours(25);
    assert_eq!(known(&idle).await, [false, false]);
}

#[tokio::test]
async fn an_account_that_makes_no_sense_is_no_trouble_to_those_who_are_asked_for_with_it() {
    let app = TestApp::start().await;
    let cookies = register_all(&app, &["ada", "bob"]).await;
    let users = mongo::connect(&app.uri, "test").await.expect("a database").collection::<Document>("users");
    let broken = doc! { "$unset": { "isActive": "" } };
    users.update_one(doc! { "email": "bob@example.com" }, broken).await.expect("an update");
    let alone = app.client().cookie(&cookies[1]).as_service().get("/api/auth/verify").await;
    let answer = app.client().as_service().post("/api/auth/verify", &json!({ "cookies": cookies })).await;
    let VerifiedMany { sessions } = answer.parse();
    let [Looked::Verified(ada), Looked::Problem(bob)] = &*sessions else { panic!("{sessions:?}") };
    assert_eq!((ada.user.email.as_str(), bob.status, alone.status), ("ada@example.com", 503, 503));
}

#[tokio::test]
async fn the_secret_is_replaced_and_nobody_is_signed_out() {
    const NEW: (&str, &str) = ("SESSION_SECRET", "the new secret");
    let before = TestApp::start().await;
    let ada = session_cookie(&before.client().post("/api/auth/register", &registration("ada@example.com")).await);
    let between = before.replica(&[NEW, ("SESSION_SECRET_ALSO_ACCEPTED", "development-only-session-secret")]).await;
    assert_eq!(between.client().cookie(&ada).get("/api/auth/me").await.status, 200);
    let many = between.client().as_service().post("/api/auth/verify", &json!({ "cookies": [&ada, &ada] })).await;
    let both = many.parse::<VerifiedMany>().sessions;
    assert!(both.len() == 2 && both.iter().all(|looked| matches!(looked, Looked::Verified(_))));
    between.clock.advance(SignedDuration::from_mins(6));
    // Whoever comes back now and then has the new signature by the time that the old one counts no more.
    let again = session_cookie(&between.client().cookie(&ada).get("/api/auth/me").await);
    let after = before.replica(&[NEW]).await;
    assert_eq!(after.client().cookie(&again).get("/api/auth/me").await.status, 200);
    assert_eq!(after.client().cookie(&ada).get("/api/auth/me").await.status, 401);
    assert_eq!(between.client().cookie("ticketer_session=forged").get("/api/auth/me").await.status, 401);
}

#[tokio::test]
async fn any_replica_knows_the_session() {
    let app = TestApp::start().await;
    let answer = app.client().post("/api/auth/register", &registration("ada@example.com")).await;
    let other = app.replica(&[]).await;
    let ada = other.client().cookie(&session_cookie(&answer));
    assert_eq!(ada.get("/api/auth/me").await.status, 200);
    assert_eq!(ada.post_empty("/api/auth/logout").await.status, 204);
    assert_eq!(app.client().cookie(&session_cookie(&answer)).get("/api/auth/me").await.status, 401);
}
