//! What the handlers are given, and the routes with their layers.

use std::{ops::Deref, sync::Arc, time::Duration};

use axum::{Router, extract::FromRef, middleware::from_fn_with_state};
use mongodb::Database;
use secrecy::{ExposeSecret, SecretString};
use shared::{
    UserId,
    auth::{Revoked, Role},
    server::{Clock, ServiceContext, health::Health, run::RunError, web},
};
use tower::{ServiceBuilder, util::option_layer};
use tower_sessions::Session;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    Config, Error,
    config::Admin,
    domain::account,
    hasher::Hasher,
    revoker::Revoker,
    routes,
    session::{self, LocalSessions, Lookup},
    store::{RevocationLog, Sessions, Users, users::UserDocument},
};

/// Ending a session may wait until a lease has run out on a replica that is cut off.
const PATIENCE: &[(&str, Duration)] = &[
    ("/api/auth/login", Duration::from_secs(6)),
    ("/api/auth/logout", Duration::from_secs(6)),
    ("/api/auth/password", Duration::from_secs(6)),
    ("/api/auth/register", Duration::from_secs(6)),
];

/// What the handlers are given. Each request clones it several times, so a clone costs next to nothing.
#[derive(Clone)]
pub struct AppState(Arc<App>);

/// The parts of an [`AppState`].
pub struct App {
    pub(crate) context: ServiceContext,
    pub(crate) users: Users,
    pub(crate) sessions: Sessions,
    pub(crate) lookup: Lookup,
    pub(crate) hasher: Hasher,
    pub(crate) revoker: Revoker,
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
        let users = Users::of(database);
        let sessions = Sessions::of(database, clock.clone(), config.session_idle);
        let identity = LocalSessions::new(users.clone(), clock.clone(), config);
        let lookup = Lookup::new(config, sessions.clone(), identity.clone());
        let hasher = Hasher::new(config.hashing_concurrency)?;
        let revoker = Revoker::new(RevocationLog::of(database), clock.clone());
        let context = ServiceContext::patient(&config.common, clock, Arc::new(identity), PATIENCE);
        Ok(Self(Arc::new(App { context, users, sessions, lookup, hasher, revoker })))
    }

    /// Signs `user` in; a session that this ends is accepted nowhere any more.
    pub async fn begin_session(&self, session: &Session, user: &UserDocument) -> Result<(), Error> {
        if let Some(former) = session::begin(session, user, self.context.clock.now()).await? {
            self.revoker.revoke(&Revoked::Session(former)).await?;
        }
        Ok(())
    }

    /// Makes the first admin's account where there is none with its address. One that exists is left as it is: who
    /// registered it is not known to be the operator.
    pub async fn create_admin(&self, admin: Option<&Admin>) -> Result<(), RunError> {
        let Some(Admin { email, password }) = admin else { return Ok(()) };
        match self.insert_admin(email, password).await {
            Ok(()) => tracing::info!("created the first admin"),
            Err(Error::EmailTaken) => {}
            Err(error) => return Err(RunError::Other(format!("ADMIN_EMAIL: {error}"))),
        }
        Ok(())
    }

    async fn insert_admin(&self, email: &str, password: &SecretString) -> Result<(), Error> {
        let password_hash = self.hasher.hash(password.expose_secret().to_owned()).await?;
        let now = self.context.clock.now();
        self.users
            .insert(&UserDocument {
                id: UserId::new(),
                email: account::normalize_email(email),
                password_hash,
                first_name: "Ticketer".into(),
                last_name: "Admin".into(),
                role: Role::Admin,
                is_active: true,
                created_at: now.into(),
                last_login: None,
            })
            .await
    }
}

#[derive(OpenApi)]
#[openapi(info(title = "Ticketer auth", description = "Accounts and sessions."))]
struct ApiDoc;

/// All routes of the service.
pub fn router(app: AppState, health: Health, config: &Config) -> Router {
    let sessions = session::layer(app.sessions.clone(), config);
    let rotation = option_layer(session::rotation(config).map(|r| from_fn_with_state(r, session::sign_again)));
    let layers = ServiceBuilder::new().layer(rotation).layer(sessions);
    let routes = OpenApiRouter::with_openapi(ApiDoc::openapi()).merge(routes::router()).layer(layers);
    let context = app.context.clone();
    web::service(routes, app, &context, health, &config.common)
}
