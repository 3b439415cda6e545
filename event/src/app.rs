//! What the handlers are given, and the routes with their layers.

use std::{ops::Deref, sync::Arc};

use axum::{Router, extract::FromRef};
use mongodb::Database;
use shared::server::{AuthClient, Clock, ServiceContext, health::Health, run::RunError, web};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{Config, catalogue::Catalogue, routes, store::Events};

/// What the handlers are given. Each request clones it several times, so a clone costs next to nothing.
#[derive(Clone)]
pub struct AppState(Arc<App>);

/// The parts of an [`AppState`].
pub struct App {
    pub(crate) context: ServiceContext,
    pub(crate) catalogue: Catalogue,
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
    pub fn new(config: &Config, database: &Database, clock: Clock) -> Result<Self, RunError> {
        let token = config.common.service_token();
        let auth = AuthClient::new(&config.auth_service_url, token, config.common.session_cookie())?;
        let catalogue = Catalogue::new(Events::of(database), clock.clone(), config.event_creation);
        Ok(Self(Arc::new(App { context: ServiceContext::new(&config.common, clock, Arc::new(auth)), catalogue })))
    }
}

#[derive(OpenApi)]
#[openapi(info(title = "Ticketer event", description = "The catalogue of events."))]
struct ApiDoc;

/// All routes of the service.
pub fn router(app: AppState, health: Health, config: &Config) -> Router {
    let routes = OpenApiRouter::with_openapi(ApiDoc::openapi()).merge(routes::router(&app));
    let context = app.context.clone();
    web::service(routes, app, &context, health, &config.common)
}
