//! What the tests have in common.

pub mod provider;
pub mod stripe;
pub mod ticket;

use std::{future::Future, sync::Arc, time::Duration};

use bson::{Document, doc};
use futures::TryStreamExt;
use mongodb::{Collection, Database};
use payment::{
    Config, ProviderKind,
    provider::{PaymentProvider, StripeConfig},
};
use serde_json::{Value, json};
use shared::{
    OrderId,
    auth::{Role, User},
    payment::PaymentStatus,
    server::{Clock, Env},
    testing::{Answer, AuthDouble, TestClient, TestService, database_uri},
};
use ticket::TicketDouble;

pub const SUCCEEDS: &str = "4242 4242 4242 4242";
pub const DECLINED: &str = "4000 0000 0000 0002";

/// The service with its neighbours.
pub struct TestApp {
    pub auth: AuthDouble,
    pub ticket: TicketDouble,
    pub clock: Clock,
    pub config: Config,
    service: Option<TestService>,
}

/// Someone who buys.
pub struct Buyer {
    pub user: User,
    pub client: TestClient,
    cookie: String,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(Clock::system(), |provider| provider).await
    }

    /// With a clock of the test's, and the provider in a wrapper.
    pub async fn start_with(
        clock: Clock,
        wrap: impl FnOnce(Arc<dyn PaymentProvider>) -> Arc<dyn PaymentProvider> + Send + 'static,
    ) -> Self {
        let mut app = Self::not_started(clock).await;
        app.resume_with(wrap).await;
        app
    }

    /// With Stripe as the provider.
    pub async fn start_with_stripe(clock: Clock, stripe: StripeConfig) -> Self {
        let mut app = Self::not_started(clock).await;
        (app.config.provider, app.config.stripe) = (ProviderKind::Stripe, Some(stripe));
        app.resume().await;
        app
    }

    /// With its neighbours, and not running yet.
    pub async fn not_started(clock: Clock) -> Self {
        let (auth, ticket) = (AuthDouble::start().await, TicketDouble::start().await);
        let mut config = Config::from_env(&Env::of(&[
            ("MONGODB_URI", &database_uri()),
            ("AUTH_SERVICE_URL", &auth.url()),
            ("TICKET_SERVICE_URL", &ticket.url),
        ]))
        .expect("a configuration");
        config.resolve_every = Duration::from_millis(50);
        config.refund_every = Duration::from_millis(50);
        config.audit_every = Duration::from_millis(200);
        config.common.rate_limits.per_user = 100_000;
        // A busy machine is no reason to answer that a payment is not decided yet.
        config.patience = Duration::from_secs(20);
        config.common.request_timeout = Duration::from_secs(30);
        Self { auth, ticket, clock, config, service: None }
    }

    pub fn url(&self) -> &str {
        &self.service.as_ref().expect("a running service").url
    }

    /// Starts again after [`TestApp::stop`], on the same database.
    pub async fn resume(&mut self) {
        self.resume_with(|provider| provider).await;
    }

    async fn resume_with(
        &mut self,
        wrap: impl FnOnce(Arc<dyn PaymentProvider>) -> Arc<dyn PaymentProvider> + Send + 'static,
    ) {
        let (config, clock) = (self.config.clone(), self.clock.clone());
        let run = |listener, stop| payment::run_with(config, listener, clock, stop, wrap);
        self.service = Some(TestService::start(run).await);
    }

    /// A second replica beside it.
    pub async fn replica(&self) -> TestService {
        self.replica_with(|provider| provider).await
    }

    /// The same with its provider in a wrapper.
    pub async fn replica_with(
        &self,
        wrap: impl FnOnce(Arc<dyn PaymentProvider>) -> Arc<dyn PaymentProvider> + Send + 'static,
    ) -> TestService {
        let (config, clock) = (self.config.clone(), self.clock.clone());
        TestService::start(|listener, stop| payment::run_with(config, listener, clock, stop, wrap)).await
    }

    pub async fn stop(&mut self) {
        self.service.take().expect("a running service").stop().await;
    }

    pub fn client(&self) -> TestClient {
        self.service.as_ref().expect("a running service").client()
    }

    pub fn buyer(&self) -> Buyer {
        let (user, cookie) = self.auth.sign_in(Role::User);
        Buyer { user, client: self.client().cookie(&cookie), cookie }
    }

    /// A buyer with an order that is held.
    pub fn buyer_with_order(&self) -> (Buyer, OrderId) {
        let buyer = self.buyer();
        let order = self.ticket.hold(buyer.user.id);
        (buyer, order)
    }

    pub async fn database(&self) -> Database {
        let client = mongodb::Client::with_uri_str(self.config.common.mongodb_uri()).await.expect("a client");
        client.default_database().expect("a database")
    }

    pub async fn intents(&self) -> Collection<Document> {
        self.database().await.collection("provider_intents")
    }

    pub async fn payments(&self) -> Collection<Document> {
        self.database().await.collection("payments")
    }

    /// How often money was taken.
    pub async fn charges(&self) -> u64 {
        self.intents().await.count_documents(doc! { "status": "succeeded" }).await.expect("a count")
    }

    /// How much of the order's first payment the simulated provider has given back.
    pub async fn refunded(&self, order: OrderId) -> Option<i64> {
        let mut taken = first_intent(order);
        taken.insert("status", "succeeded");
        let intent = self.intents().await.find_one(taken).await;
        let intent = intent.expect("a query").expect("an intent");
        intent.get_document("refunded").ok().map(|money| money.get_i64("amount").expect("an amount"))
    }

    /// How often money was given back.
    #[cfg(feature = "fail-points")]
    pub async fn given_back(&self) -> u64 {
        self.intents().await.count_documents(doc! { "refunded": { "$ne": null } }).await.expect("a count")
    }

    /// The states of an order's attempts, the first one first.
    pub async fn states(&self, order: OrderId) -> Vec<String> {
        let found = self.payments().await.find(doc! { "orderId": order }).sort(doc! { "attempt": 1 }).await;
        let found: Vec<Document> = found.expect("a query").try_collect().await.expect("documents");
        found.iter().map(|payment| payment.get_str("state").expect("a state").to_owned()).collect()
    }
}

impl Buyer {
    /// The `Cookie` header that says who it is.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    pub async fn pay(&self, order: OrderId, number: &str) -> Answer {
        self.client.post("/api/payment/process", &by_card(order, number)).await
    }

    pub async fn status(&self, order: OrderId) -> Answer {
        self.client.get(&format!("/api/payment/status/{order}")).await
    }

    /// Waits until the order's payment has come to this.
    pub async fn until_status(&self, order: OrderId, status: PaymentStatus) {
        until(&format!("the payment is {status:?}"), async || {
            let answer = self.status(order).await;
            answer.status == 200 && answer.body["status"] == json!(status)
        })
        .await;
    }
}

/// What finds the intent of the order's first attempt at the simulated provider, whoever pays.
pub fn first_intent(order: OrderId) -> Document {
    doc! { "_id": { "$regex": format!("^sim_{order}:1:") } }
}

/// A request to pay by card.
pub fn by_card(order: OrderId, number: &str) -> Value {
    json!({
        "orderId": order,
        "paymentMethod": "credit_card",
        "card": { "number": number, "expiryMonth": 12, "expiryYear": 2099, "cvc": "123" },
    })
}

/// Waits until the condition holds, or fails: nothing tells when another process has come so far.
pub async fn until<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let reached = tokio::time::timeout(Duration::from_secs(20), async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(reached.await.is_ok(), "waited in vain until {what}");
}
