//! Two services, one of which calls the other.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{FromRef, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bson::{Document, doc};
use mongodb::{Database, IndexModel, error::Error, options::IndexOptions};
use shared::{
    Problem,
    auth::User,
    server::{
        Clock, CommonConfig, Env, Identify, Json, Path, ServiceContext, Upstream, error_response,
        health::Health,
        mongo, run,
        trace::{self, BatchSpan, Origin},
        web,
    },
    testing::{TestClient, TestService, database_uri},
};
use tokio::sync::{Barrier, mpsc, oneshot};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

/// The thing that there is.
pub const THING: &str = "0193d9a2-7c1e-7b3a-9a51-3c2f6f1d2e4b";
/// How many requests make a batch.
const BATCH: usize = 3;

type Waiting = (Origin, oneshot::Sender<()>);

#[derive(Clone)]
struct App {
    context: ServiceContext,
    database: Database,
    back: Upstream,
    together: Arc<Barrier>,
    batcher: mpsc::UnboundedSender<Waiting>,
}

impl FromRef<App> for ServiceContext {
    fn from_ref(app: &App) -> Self {
        app.context.clone()
    }
}

struct Nobody;

#[async_trait::async_trait]
impl Identify for Nobody {
    async fn identify(&self, _: &Parts) -> Result<Option<User>, Problem> {
        Ok(None)
    }
}

/// Both services on a database of their own.
pub struct Stage {
    /// The one that calls.
    pub front: TestService,
    /// The one that is called.
    pub back: TestService,
}

impl Stage {
    pub async fn start() -> Self {
        let uri = database_uri();
        let database = mongo::connect(&uri, "test").await.expect("a database");
        let things = database.collection::<Document>("things");
        things.insert_one(doc! { "_id": THING, "left": 3 }).await.expect("a thing");
        let unique = IndexOptions::builder().unique(true).build();
        let people = database.collection::<Document>("people");
        people
            .create_index(IndexModel::builder().keys(doc! { "email": 1 }).options(unique).build())
            .await
            .expect("an index");
        let back = service(&uri, "http://127.0.0.1:9").await;
        let front = service(&uri, &back.url).await;
        Self { front, back }
    }

    /// Someone who calls the first of them.
    pub fn client(&self) -> TestClient {
        self.front.client()
    }
}

async fn service(uri: &str, back: &str) -> TestService {
    let config =
        CommonConfig::from_env(&Env::of(&[("MONGODB_URI", uri)]), "test", 3001, 9101).expect("a configuration");
    let back = back.to_owned();
    TestService::start(async move |listener, stop| {
        let database = mongo::connect(config.mongodb_uri(), "test").await?;
        let token = config.service_token();
        let back = Upstream::new(&back, token, Duration::from_secs(5))?;
        let context = ServiceContext::new(&config, Clock::system(), Arc::new(Nobody));
        let (batcher, queue) = mpsc::unbounded_channel();
        tokio::spawn(commit(database.clone(), queue));
        let together = Arc::new(Barrier::new(BATCH));
        let app = App { context: context.clone(), database: database.clone(), back, together, batcher };
        let health = Health::new("test", database);
        let router = web::service(routes(), app, &context, health.clone(), &config);
        run::serve(listener, router, health, config.mongodb_uri(), stop).await
    })
    .await
}

fn routes() -> OpenApiRouter<App> {
    let routes = Router::new()
        .route("/api/shop/{id}", get(show))
        .route("/api/shop/people", post(add_person))
        .route("/api/shop/task", get(begin_task))
        .route("/api/shop/batch", get(join_batch))
        .route("/api/stock/{id}", get(count));
    OpenApiRouter::from(routes)
}

async fn show(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<i32>, Problem> {
    app.back.get::<i32>(&format!("/api/stock/{id}?secret=email")).await.map(Json).map_err(|error| error.problem())
}

async fn count(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<i32>, Response> {
    find(&app.database, &id.to_string()).await.map(Json).map_err(|error| failed(&error))
}

async fn find(database: &Database, id: &str) -> Result<i32, Error> {
    let thing = database.collection::<Document>("things").find_one(doc! { "_id": id }).await?;
    Ok(thing.and_then(|thing| thing.get_i32("left").ok()).unwrap_or_default())
}

async fn add_person(State(app): State<App>, axum::Json(email): axum::Json<String>) -> Result<StatusCode, Response> {
    let person = doc! { "email": email };
    let added = app.database.collection::<Document>("people").insert_one(person).await;
    added.map(|_| StatusCode::NO_CONTENT).map_err(|error| failed(&error))
}

fn failed(error: &Error) -> Response {
    error_response(mongo::problem(error), error).into_response()
}

async fn begin_task(State(app): State<App>) -> StatusCode {
    tracing::info!("a handler speaks");
    let task = async move {
        tracing::info!("a task speaks");
        find(&app.database, THING).await
    };
    let done = tokio::spawn(trace::follow(task)).await;
    if done.is_ok_and(|found| found.is_ok()) { StatusCode::NO_CONTENT } else { StatusCode::INTERNAL_SERVER_ERROR }
}

async fn join_batch(State(app): State<App>) -> StatusCode {
    app.together.wait().await;
    let (reply, done) = oneshot::channel();
    let sent = app.batcher.send((Origin::current(), reply));
    if sent.is_ok() && done.await.is_ok() { StatusCode::NO_CONTENT } else { StatusCode::INTERNAL_SERVER_ERROR }
}

/// Does the work of a whole batch at once.
async fn commit(database: Database, mut queue: mpsc::UnboundedReceiver<Waiting>) {
    let mut waiting = Vec::new();
    while let Some(next) = queue.recv().await {
        waiting.push(next);
        if waiting.len() < BATCH {
            continue;
        }
        let batch = BatchSpan::start("commit batch", waiting.iter().map(|(origin, _)| origin));
        batch.around(find(&database, THING)).await.expect("a thing");
        for (_, reply) in waiting.drain(..) {
            // Whoever went away needs no answer.
            let _ = reply.send(());
        }
    }
}
