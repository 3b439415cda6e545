//! The layers around the routes of every service.

use std::{ops::Deref, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use ipnet::IpNet;
use tower::{ServiceBuilder, util::MapResponseLayer};
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use super::{
    Clock, CommonConfig, Identify, RateLimits, ServiceToken,
    health::{self, Health},
    measures::Measures,
    observe::{REQUEST_ID, observe},
    origin,
    problem::unavailable,
};
use crate::{Problem, ProblemType};

/// The largest body that is read, in bytes.
pub(super) const BODY_LIMIT: usize = 64 * 1024;

/// Answers of routes: what no page may do with them.
const ANSWER_HEADERS: [(HeaderName, HeaderValue); 2] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];
/// All answers: what no browser shall guess or tell.
const COMMON_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains")),
];

/// What the extractors and layers of every service need; part of each service's state. Each request clones it several
/// times, so a clone costs next to nothing.
#[derive(Clone)]
pub struct ServiceContext(Arc<ContextParts>);

/// The parts of a [`ServiceContext`].
pub struct ContextParts {
    /// What time it is.
    pub clock: Clock,
    /// How many requests are answered.
    pub limits: Arc<RateLimits>,
    /// How a caller is known.
    pub identity: Arc<dyn Identify>,
    /// What services show each other.
    pub service_token: ServiceToken,
    /// The origins whose pages may call.
    pub origins: Vec<String>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// What is measured of requests.
    pub(super) measures: Measures,
    /// How long a request may take.
    deadlines: Deadlines,
}

/// How long requests may take.
struct Deadlines {
    usual: Duration,
    /// Routes that may take longer.
    longer: &'static [(&'static str, Duration)],
}

impl Deref for ServiceContext {
    type Target = ContextParts;

    fn deref(&self) -> &ContextParts {
        &self.0
    }
}

impl ServiceContext {
    /// The context that `config` describes.
    pub fn new(config: &CommonConfig, clock: Clock, identity: Arc<dyn Identify>) -> Self {
        Self::patient(config, clock, identity, &[])
    }

    /// The same, with routes that may take longer than the usual request timeout, and how long.
    pub fn patient(
        config: &CommonConfig,
        clock: Clock,
        identity: Arc<dyn Identify>,
        longer: &'static [(&'static str, Duration)],
    ) -> Self {
        Self(Arc::new(ContextParts {
            clock,
            limits: Arc::new(RateLimits::new(config.rate_limits)),
            identity,
            service_token: config.service_token(),
            origins: config.frontend_urls.clone(),
            trusted_proxies: config.trusted_proxies.clone(),
            measures: Measures::default(),
            deadlines: Deadlines { usual: config.request_timeout, longer },
        }))
    }
}

/// A whole service: its routes with the common layers, the probes, `/openapi.json` and `/docs`.
pub fn service<S>(
    routes: OpenApiRouter<S>,
    state: S,
    context: &ServiceContext,
    health: Health,
    config: &CommonConfig,
) -> Router
where
    S: Clone + Send + Sync + 'static,
{
    let (routes, mut api) = routes.split_for_parts();
    describe_problems(&mut api);
    // One stack, and one middleware in it: each clones all that lies within it once more for every request.
    let layers = ServiceBuilder::new()
        .layer(add_headers(ANSWER_HEADERS))
        .layer(from_fn_with_state(context.clone(), around))
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    // Outermost: a preflight carries no cookie, and an error must be readable by the page too.
    let outer = ServiceBuilder::new().layer(cors(&config.frontend_urls)).layer(add_headers(COMMON_HEADERS));
    routes
        .fallback(async || Problem::new(ProblemType::NotFound))
        .method_not_allowed_fallback(async || Problem::new(ProblemType::MethodNotAllowed))
        .with_state(state)
        .layer(layers)
        .merge(health::router(health))
        .merge(SwaggerUi::new("/docs").url("/openapi.json", api))
        .layer(outer)
}

/// Adds headers to answers that do not have them.
fn add_headers<const N: usize>(
    headers: [(HeaderName, HeaderValue); N],
) -> MapResponseLayer<impl FnOnce(Response) -> Response + Clone> {
    MapResponseLayer::new(move |mut response: Response| {
        for (name, value) in headers {
            response.headers_mut().entry(name).or_insert(value);
        }
        response
    })
}

/// Middleware around every route.
async fn around(State(context): State<ServiceContext>, request: Request, next: Next) -> Response {
    observe(&context, request, |request| admitted(&context, request, next)).await
}

/// Keeps foreign pages out, and answers 500 for a handler that panics.
async fn admitted(context: &ServiceContext, request: Request, next: Next) -> Response {
    if let Err(problem) = origin::guard(context, &request) {
        return problem.into_response();
    }
    match AssertUnwindSafe(in_time(context, request, next)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => Problem::new(ProblemType::Internal).into_response(),
    }
}

/// Answers 503 when the handler takes too long; what it has begun is dropped.
async fn in_time(context: &ServiceContext, request: Request, next: Next) -> Response {
    let Deadlines { usual, longer } = context.deadlines;
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let limit = longer.iter().find(|(path, _)| route == Some(*path)).map_or(usual, |(_, limit)| *limit);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(elapsed) => super::error_response(unavailable(), &elapsed),
    }
}

fn cors(origins: &[String]) -> CorsLayer {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let header = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header("idempotency-key"),
            header("x-requested-with"),
            REQUEST_ID,
            header("traceparent"),
        ])
        .expose_headers([header::ETAG, header::RETRY_AFTER, header::LOCATION, REQUEST_ID])
        .max_age(Duration::from_hours(1))
}

/// Every operation may answer with a problem; said here once.
fn describe_problems(api: &mut OpenApi) {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response =
        ResponseBuilder::new().description("A problem (RFC 9457)").content("application/problem+json", problem).build();
    let items = api.paths.paths.values_mut();
    let operations = items.flat_map(|item| [&mut item.get, &mut item.post, &mut item.put, &mut item.delete]);
    for operation in operations.flatten() {
        operation.responses.responses.insert("default".to_owned(), RefOr::T(response.clone()));
    }
    let mut schemas = Vec::new();
    <Problem as utoipa::ToSchema>::schemas(&mut schemas);
    schemas.push(("Problem".to_owned(), <Problem as utoipa::PartialSchema>::schema()));
    api.components.get_or_insert_default().schemas.extend(schemas);
}
