//! The process dies at every point there is, and what it left is settled by the next one.
//!
//! `cargo test -p payment --features fail-points fail_points`

use std::{io::Write, os::unix::process::ExitStatusExt, process::Command};

use bson::doc;
use futures::StreamExt;
use jiff::SignedDuration;
use shared::{OrderId, Timestamp, auth::Role, server::Clock, testing::Process, ticket::OrderStatus};

use crate::support::{DECLINED, SUCCEEDS, TestApp, by_card, ticket::Trouble, until};

const BINARY: &str = env!("CARGO_BIN_EXE_payment");
const ASKS: &str = "4000 0025 0000 3155";
const LOSES_ANSWER: &str = "4000 0000 0000 0341";
/// What a process dies of that ends itself without tidying up.
const SIGABRT: i32 = 6;

/// A process of the service that dies at `point`.
fn start(app: &TestApp, point: &str) -> Process {
    let variables = [
        ("FAIL_POINTS", &*format!("{point}=abort")),
        ("MONGODB_URI", app.config.common.mongodb_uri()),
        ("AUTH_SERVICE_URL", &app.config.auth_url),
        ("TICKET_SERVICE_URL", &app.config.ticket_url),
    ];
    Process::start(BINARY, &variables)
}

/// Whether the provider's store lets intents be made.
async fn provider_takes_intents(app: &TestApp, takes: bool) {
    let only = doc! { "$expr": takes };
    let changed = app.database().await.run_command(doc! { "collMod": "provider_intents", "validator": only }).await;
    changed.expect("another rule");
}

/// Does what leads to the point, as often as it takes; the process dies on the way.
async fn provoke(app: &TestApp, point: &str, url: &str) -> (String, OrderId) {
    let (user, cookie) = app.auth.sign_in(Role::User);
    let order = app.ticket.hold(user.id);
    let starts = |words: &[&str]| words.iter().any(|word| point.starts_with(word));
    let card = match point {
        _ if starts(&["voiding", "voided", "cancel", "release-order"]) => DECLINED,
        _ if starts(&["acting"]) => ASKS,
        _ if starts(&["retrieve"]) => LOSES_ANSWER,
        _ => SUCCEEDS,
    };
    if starts(&["refused"]) {
        app.ticket.set(order, OrderStatus::Expired, 0);
    }
    let http = reqwest::Client::new();
    until("the service answers", async || http.get(format!("{url}/ready")).send().await.is_ok()).await;
    // Passed by where every neighbour answers.
    if starts(&["captured"]) {
        app.ticket.trouble_with(Trouble::Down, OrderStatus::Confirmed);
    }
    if starts(&["pinned"]) {
        provider_takes_intents(app, false).await;
    }
    let request = http.post(format!("{url}/api/payment/process")).header("cookie", &cookie);
    // Gone without an answer, where it died in the request.
    let _ = request.json(&by_card(order, card)).send().await;
    if starts(&["refunding", "returned", "refunded", "refund", "tell-refunded"]) {
        app.ticket.wants_refund(order);
    }
    (cookie, order)
}

/// Every order is settled: no paid order without tickets, no charge without order, nothing charged twice.
async fn dies_and_recovers(point: String) {
    let mut app = TestApp::not_started(Clock::fixed(Timestamp::now())).await;
    let mut process = start(&app, &point);
    let url = process.url.clone();
    let (cookie, order) = provoke(&app, &point, &url).await;
    until(&format!("it dies at {point}"), || std::future::ready(process.ended().is_some())).await;
    assert_eq!(process.ended().and_then(|ended| ended.signal()), Some(SIGABRT), "{point}");

    // The next process, after the lease of the dead one; then after every deadline.
    app.ticket.recover();
    provider_takes_intents(&app, true).await;
    app.clock.advance(SignedDuration::from_secs(10));
    app.resume().await;
    let open = doc! { "state": { "$nin": ["completed", "voided", "refused", "refunded"] } };
    let payments = app.payments().await;
    until(&format!("all is settled after {point}"), async || {
        app.clock.advance(SignedDuration::from_secs(15));
        let open = payments.count_documents(open.clone()).await.expect("a count");
        open == 0 && app.ticket.order(order).status != OrderStatus::Refunding
    })
    .await;
    let differences = payment::audit(app.config.clone(), app.clock.clone()).await.expect("an audit");
    assert!(differences.is_empty(), "{point}: {differences:?}");
    let (taken, back) = (app.charges().await, app.given_back().await);
    let status = app.ticket.order(order).status;
    let expected = match status {
        OrderStatus::Confirmed => (1, 0),
        OrderStatus::Refunded => (1, 1),
        OrderStatus::Held | OrderStatus::Expired => (0, 0),
        other => panic!("{point}: the order is {other:?}"),
    };
    assert_eq!((taken, back), expected, "{point}: the order is {status:?}");
    if status == OrderStatus::Held {
        let again = app.client().cookie(&cookie);
        let paid = again.post("/api/payment/process", &by_card(order, SUCCEEDS)).await;
        assert_eq!(paid.status, 200, "{point}: {}", paid.body);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_the_process_dies_every_order_is_settled() {
    let listed = Command::new(BINARY).arg("fail-points").output().expect("the list").stdout;
    let points: Vec<String> = String::from_utf8(listed).expect("text").lines().map(ToOwned::to_owned).collect();
    assert_eq!(points, payment::fail_points());
    let deaths = futures::stream::iter(points.clone()).map(dies_and_recovers).buffer_unordered(4).count().await;
    assert_eq!(deaths, points.len());
    // Not by `println`, which nobody sees where a test succeeds.
    writeln!(std::io::stderr(), "payment died at {deaths} fail points, each settled").expect("a terminal");
}
