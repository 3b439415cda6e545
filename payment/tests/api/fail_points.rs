//! The process dies at every point there is, and what it left is settled by the next one.
//!
//! `cargo test -p payment --features fail-points fail_points`

use std::{io::Write, os::unix::process::ExitStatusExt, process::Command};

use bson::doc;
use futures::StreamExt;
use jiff::SignedDuration;
use payment::ProviderKind;
use serde_json::Value;
use shared::{OrderId, Timestamp, auth::Role, server::Clock, testing::Process, ticket::OrderStatus};

use crate::{
    stripe::by_token,
    support::{
        DECLINED, SUCCEEDS, TestApp, by_card,
        stripe::{Fault, StripeStub},
        ticket::Trouble,
        until,
    },
};

const BINARY: &str = env!("CARGO_BIN_EXE_payment");
const ASKS: &str = "4000 0025 0000 3155";
const LOSES_ANSWER: &str = "4000 0000 0000 0341";
/// What a process dies of that ends itself without tidying up.
const SIGABRT: i32 = 6;
/// What each order costs, in cents.
const PRICE: u64 = 9000;
/// More often than a provider that is not able to make an intent is asked for one.
const REFUSALS: usize = 100;

/// Who moves the money: the simulated provider, whose names for intents are known from the beginning, or Stripe, which
/// tells them.
enum Bank {
    Simulated,
    Stripe(StripeStub),
}

impl Bank {
    const fn name(&self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::Stripe(_) => "stripe",
        }
    }

    /// With a card that brings this.
    fn request(&self, order: OrderId, card: &'static str) -> Value {
        match (self, card) {
            (Self::Simulated, card) => by_card(order, card),
            (Self::Stripe(_), DECLINED) => by_token(order, "pm_card_chargeDeclined"),
            (Self::Stripe(_), ASKS) => by_token(order, "pm_card_authenticationRequired"),
            (Self::Stripe(stub), card) => {
                if card == LOSES_ANSWER {
                    stub.fault("confirm", Fault::LosesAnswer);
                }
                by_token(order, "pm_card_visa")
            }
        }
    }

    /// How often money was taken, and given back.
    async fn movements(&self, app: &TestApp) -> (u64, u64) {
        match self {
            Self::Simulated => (app.charges().await, app.given_back().await),
            Self::Stripe(stub) => {
                let taken = stub.intents().iter().filter(|intent| intent["amount_received"] == PRICE).count() as u64;
                (taken, taken - stub.holds() as u64 / PRICE)
            }
        }
    }
}

/// A process of the service that dies at `point`.
fn start(app: &TestApp, bank: &Bank, point: &str) -> Process {
    let point = format!("{point}=abort");
    let mut variables = vec![
        ("FAIL_POINTS", &*point),
        ("MONGODB_URI", app.config.common.mongodb_uri()),
        ("AUTH_SERVICE_URL", &app.config.auth_url),
        ("TICKET_SERVICE_URL", &app.config.ticket_url),
        ("PAYMENT_PROVIDER", bank.name()),
    ];
    if let Bank::Stripe(stub) = bank {
        variables.extend([
            ("STRIPE_SECRET_KEY", "sk_test_key"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_test"),
            ("STRIPE_API_BASE", &stub.url),
        ]);
    }
    Process::start(BINARY, &variables)
}

/// Does what leads to the point, as often as it takes; the process dies on the way.
async fn provoke(app: &TestApp, bank: &Bank, point: &str, url: &str) -> (String, OrderId) {
    let (user, cookie) = app.auth.sign_in(Role::User);
    let order = app.ticket.hold(user.id);
    let starts = |words: &[&str]| words.iter().any(|word| point.starts_with(word));
    let card = match point {
        _ if starts(&["voiding", "voided", "cancel", "release-order"]) => DECLINED,
        _ if starts(&["acting"]) => ASKS,
        // A provider that has said what it did need not be asked again, and need not be waited for.
        _ if starts(&["retrieve", "confirming"]) => LOSES_ANSWER,
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
    if let (true, Bank::Stripe(stub)) = (starts(&["pinned"]), bank) {
        (0..REFUSALS).for_each(|_| stub.fault("payment_intents", Fault::TooMany));
    }
    let request = http.post(format!("{url}/api/payment/process")).header("cookie", &cookie);
    // Gone without an answer, where it died in the request.
    let _ = request.json(&bank.request(order, card)).send().await;
    if starts(&["refunding", "returned", "refunded", "refund", "tell-refunded"]) {
        app.ticket.wants_refund(order);
    }
    (cookie, order)
}

/// Every order is settled: no paid order without tickets, no charge without order, nothing charged twice.
async fn dies_and_recovers((point, bank): (String, Bank)) {
    let mut app = TestApp::not_started(Clock::fixed(Timestamp::now())).await;
    if let Bank::Stripe(stub) = &bank {
        (app.config.provider, app.config.stripe) = (ProviderKind::Stripe, Some(stub.config()));
    }
    let what = format!("{point} with {}", bank.name());
    let mut process = start(&app, &bank, &point);
    let url = process.url.clone();
    let (cookie, order) = provoke(&app, &bank, &point, &url).await;
    until(&format!("it dies at {what}"), || std::future::ready(process.ended().is_some())).await;
    assert_eq!(process.ended().and_then(|ended| ended.signal()), Some(SIGABRT), "{what}");

    // The next process, after the lease of the dead one; then after every deadline.
    app.ticket.recover();
    if let Bank::Stripe(stub) = &bank {
        stub.recover();
    }
    app.clock.advance(SignedDuration::from_secs(10));
    app.resume().await;
    let open = doc! { "state": { "$nin": ["completed", "voided", "refused", "refunded"] } };
    let payments = app.payments().await;
    until(&format!("all is settled after {what}"), async || {
        app.clock.advance(SignedDuration::from_secs(15));
        let open = payments.count_documents(open.clone()).await.expect("a count");
        open == 0 && app.ticket.order(order).status != OrderStatus::Refunding
    })
    .await;
    let differences = payment::audit(app.config.clone(), app.clock.clone()).await.expect("an audit");
    assert!(differences.is_empty(), "{what}: {differences:?}");
    let status = app.ticket.order(order).status;
    let expected = match status {
        OrderStatus::Confirmed => (1, 0),
        OrderStatus::Refunded => (1, 1),
        OrderStatus::Held | OrderStatus::Expired => (0, 0),
        other => panic!("{what}: the order is {other:?}"),
    };
    assert_eq!(bank.movements(&app).await, expected, "{what}: the order is {status:?}");
    if status == OrderStatus::Held {
        let again = app.client().cookie(&cookie);
        let paid = again.post("/api/payment/process", &bank.request(order, SUCCEEDS)).await;
        assert_eq!(paid.status, 200, "{what}: {}", paid.body);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_the_process_dies_every_order_is_settled() {
    let listed = Command::new(BINARY).arg("fail-points").output().expect("the list").stdout;
    let points: Vec<String> = String::from_utf8(listed).expect("text").lines().map(ToOwned::to_owned).collect();
    assert_eq!(points, payment::fail_points());
    let mut all = Vec::new();
    for point in points {
        // The simulated provider makes intents without being asked: nothing can keep it from that.
        if !point.starts_with("pinned") {
            all.push((point.clone(), Bank::Simulated));
        }
        all.push((point, Bank::Stripe(StripeStub::start().await)));
    }
    let planned = all.len();
    let deaths = futures::stream::iter(all).map(dies_and_recovers).buffer_unordered(4).count().await;
    assert_eq!(deaths, planned);
    // Not by `println`, which nobody sees where a test succeeds.
    writeln!(std::io::stderr(), "payment died at {deaths} fail points, each settled").expect("a terminal");
}
