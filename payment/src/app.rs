//! What the handlers are given, and the routes with their layers.

use std::{ops::Deref, sync::Arc};

use axum::{Router, extract::FromRef};
use mongodb::Database;
use shared::{
    payment::ProcessPaymentByToken,
    server::{AuthClient, Clock, ServiceContext, health::Health, run::RunError, web},
};
use tokio_util::task::TaskTracker;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    Config,
    cashier::Cashier,
    clients::TicketClient,
    driver::{Deadlines, Driver},
    provider::PaymentProvider,
    routes,
    store::{Events, Payments},
    webhooks::Webhooks,
};

/// What the handlers are given. Each request clones it several times, so a clone costs next to nothing.
#[derive(Clone)]
pub struct AppState(Arc<App>);

/// The parts of an [`AppState`].
pub struct App {
    pub(crate) context: ServiceContext,
    pub(crate) payments: Payments,
    pub(crate) cashier: Cashier,
    pub(crate) driver: Driver,
    pub(crate) webhooks: Webhooks,
    /// What goes on after its request was answered.
    pub(crate) tasks: TaskTracker,
}

impl Deref for AppState {
    type Target = App;

    fn deref(&self) -> &App {
        &self.0
    }
}

impl FromRef<AppState> for ServiceContext {
    fn from_ref(app: &AppState) -> Self {
        app.context.clone()
    }
}

impl AppState {
    /// The state over `database`.
    pub fn new(
        config: &Config,
        database: &Database,
        clock: Clock,
        provider: Arc<dyn PaymentProvider>,
    ) -> Result<Self, RunError> {
        if config.is_pretending_in_production() {
            tracing::warn!("PAYMENT_PROVIDER=simulated: tickets are sold for test cards, no money moves");
        }
        let token = config.common.service_token();
        let auth = AuthClient::new(&config.auth_url, token.clone(), config.common.session_cookie())?;
        let ticket = TicketClient::new(&config.ticket_url, token)?;
        let payments = Payments::of(database, clock.clone());
        let deadlines = Deadlines { machines: config.deadline, buyer: config.action_deadline };
        let driver = Driver::new(payments.clone(), ticket, provider, clock.clone(), deadlines);
        let webhooks = Webhooks::new(driver.clone(), Events::of(database, clock.clone()));
        let tasks = TaskTracker::new();
        let cashier = Cashier::new(payments.clone(), driver.clone(), tasks.clone(), config.patience);
        let context = ServiceContext::new(&config.common, clock, Arc::new(auth));
        Ok(Self(Arc::new(App { context, payments, cashier, driver, webhooks, tasks })))
    }
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Ticketer payment", description = "Paying for orders."),
    components(schemas(ProcessPaymentByToken))
)]
struct ApiDoc;

/// All routes of the service.
pub fn router(app: AppState, health: Health, config: &Config) -> Router {
    let routes = OpenApiRouter::with_openapi(ApiDoc::openapi()).merge(routes::router());
    let context = app.context.clone();
    web::service(routes, app, &context, health, &config.common)
}
