//! What the handlers are given, and the routes with their layers.

use std::{ops::Deref, sync::Arc};

use axum::{Router, extract::FromRef};
use mongodb::Database;
use shared::server::{AuthClient, Clock, ServiceContext, health::Health, run::RunError, web};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    Config,
    booking::{Batcher, Bookings, Catalogue, Queues, Shelf},
    clients::EventClient,
    domain::pass::Signer,
    routes,
    store::Cursors,
    workers::{auditor::Auditor, called_off, expiry, feed::Feed},
};

/// What the handlers are given. Each request clones it several times, so a clone costs next to nothing.
#[derive(Clone)]
pub struct AppState(Arc<App>);

/// The parts of an [`AppState`].
pub struct App {
    pub(crate) context: ServiceContext,
    pub(crate) bookings: Bookings,
    pub(crate) catalogue: Catalogue,
    pub(crate) signer: Arc<Signer>,
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
    /// The state over `database`, with the batchers and workers behind it among `tasks`. The workers go until `stop`,
    /// the batchers until the state and the workers are gone.
    pub fn start(
        config: &Config,
        database: &Database,
        clock: Clock,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self, RunError> {
        let token = config.common.service_token();
        let auth = AuthClient::new(&config.auth_service_url, token.clone(), config.common.session_cookie())?;
        let events = EventClient::new(&config.event_service_url, token)?;

        let shelf = Shelf::default();
        let batcher = Arc::new(Batcher::new(database, shelf.clone(), clock.clone(), config.hold));
        let queues = Queues::start(&batcher, tasks);
        let catalogue = Catalogue::new(database, shelf, events.clone());
        let signer = Arc::new(config.signer.clone());
        let bookings = Bookings::new(database, queues, catalogue.clone(), signer.clone(), clock.clone());

        tasks.spawn(Feed::new(events, Cursors::of(database), bookings.clone()).run(stop.clone()));
        tasks.spawn(Auditor::of(database).run(stop.clone()));
        tasks.spawn(called_off::run(bookings.clone(), stop.clone()));
        tasks.spawn(expiry::run(bookings.clone(), clock.clone(), stop.clone()));
        Ok(Self(Arc::new(App {
            context: ServiceContext::new(&config.common, clock, Arc::new(auth)),
            bookings,
            catalogue,
            signer,
        })))
    }
}

#[derive(OpenApi)]
#[openapi(info(title = "Ticketer ticket", description = "What is left, orders and their tickets."))]
struct ApiDoc;

/// All routes of the service.
pub fn router(app: AppState, health: Health, config: &Config) -> Router {
    let routes = OpenApiRouter::with_openapi(ApiDoc::openapi()).merge(routes::router(&app));
    let context = app.context.clone();
    web::service(routes, app, &context, health, &config.common)
}
