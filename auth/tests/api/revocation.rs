//! Logout is immediate at every replica of every service, though they remember answers.

use axum::http::{Request, request::Parts};
use secrecy::SecretString;
use shared::{
    auth::LOCAL_SESSION_COOKIE,
    server::{AuthClient, Clock, Identify, ServiceToken},
    testing::{INTERNAL_TOKEN, Proxy, database_uri},
};

use crate::{PASSWORD, TestApp, registration, session_cookie};

/// A replica of another service, as far as it knows callers.
fn replica(url: &str) -> AuthClient {
    let token = ServiceToken::new(&SecretString::from(INTERNAL_TOKEN), None);
    AuthClient::new(url, token, LOCAL_SESSION_COOKIE).expect("a client")
}

fn request(cookie: &str) -> Parts {
    Request::get("/").header("cookie", cookie).body(()).expect("a request").into_parts().0
}

async fn accepts(replica: &AuthClient, cookie: &str) -> bool {
    // Not to know for the moment, because auth is busy, is no acceptance either.
    matches!(replica.identify(&request(cookie)).await, Ok(Some(_)))
}

/// Asks until there is an answer: on a busy machine auth may be slow to give one.
async fn knows(replica: &AuthClient, cookie: &str) -> bool {
    loop {
        if let Ok(user) = replica.identify(&request(cookie)).await {
            return user.is_some();
        }
    }
}

/// Leases are real time: these tests run by the system's clock.
async fn start() -> TestApp {
    TestApp::on(&database_uri(), Clock::system(), &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn after_logout_no_request_is_accepted_anywhere() {
    let app = start().await;
    let replicas = [replica(&app.service.url), replica(&app.service.url), replica(&app.service.url)];
    for round in 0..3 {
        let answer = app.client().post("/api/auth/register", &registration(&format!("ada{round}@example.com"))).await;
        let cookie = session_cookie(&answer);
        let busy: Vec<_> = replicas
            .iter()
            .flat_map(|replica| (0..10).map(move |_| replica.clone()))
            .map(|replica| {
                let cookie = cookie.clone();
                // Requests in flight all through the logout.
                tokio::spawn(async move { while accepts(&replica, &cookie).await {} })
            })
            .collect();
        assert!(knows(&replicas[0], &cookie).await);
        let logout = app.client().cookie(&cookie).post_empty("/api/auth/logout").await;
        assert_eq!(logout.status, 204, "{}", logout.body);
        for i in 0..500 {
            assert!(!accepts(&replicas[i % 3], &cookie).await, "request {i} of round {round}");
        }
        for request in busy {
            request.await.expect("each ends at its first refusal");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_remembered_sessions_too() {
    let app = start().await;
    let service = replica(&app.service.url);
    app.register("ada@example.com").await;
    let (phone, laptop) = (app.login("ada@example.com", PASSWORD).await, app.login("ada@example.com", PASSWORD).await);
    let (phone, laptop) = (session_cookie(&phone), session_cookie(&laptop));
    assert!(knows(&service, &phone).await && knows(&service, &phone).await);
    let change = serde_json::json!({ "currentPassword": PASSWORD, "newPassword": "quartz lantern umbrella" });
    assert_eq!(app.client().cookie(&laptop).put("/api/auth/password", &change).await.status, 204);
    assert!(!accepts(&service, &phone).await);
    assert!(!accepts(&service, &laptop).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_at_one_replica_of_auth_reaches_the_lease_holders_of_another() {
    let (one, other) = {
        let one = start().await;
        let other = one.replica(&[]).await;
        (one, other)
    };
    let service = replica(&other.service.url);
    let cookie = session_cookie(&one.client().post("/api/auth/register", &registration("ada@example.com")).await);
    for _ in 0..100 {
        assert!(knows(&service, &cookie).await);
    }
    assert_eq!(one.client().cookie(&cookie).post_empty("/api/auth/logout").await.status, 204);
    assert!(!accepts(&service, &cookie).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_cut_off_delays_logout_by_its_lease_and_accepts_nothing_after() {
    let app = start().await;
    let link = Proxy::start(app.service.url.trim_start_matches("http://")).await;
    let (near, far) = (replica(&app.service.url), replica(&format!("http://{}", link.address)));
    let cookie = session_cookie(&app.client().post("/api/auth/register", &registration("ada@example.com")).await);
    for replica in [&near, &far] {
        for _ in 0..100 {
            assert!(knows(replica, &cookie).await);
        }
    }
    link.silence();
    assert_eq!(app.client().cookie(&cookie).post_empty("/api/auth/logout").await.status, 204);
    assert!(!accepts(&near, &cookie).await);
    let cut_off = far.identify(&request(&cookie)).await;
    assert_eq!(cut_off.expect_err("it cannot ask").status, 503, "neither let in nor told that it is not signed in");
    link.mend();
}
