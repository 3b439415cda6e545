//! The layers around the routes of every service.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use ipnet::IpNet;
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
    set_header::SetResponseHeaderLayer,
};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use super::{
    Clock, CommonConfig, Identify, RateLimits, ServiceToken,
    health::{self, Health},
    observe::{REQUEST_ID, observe},
    origin,
    problem::unavailable,
};
use crate::{Problem, ProblemType};

/// The largest body that is read, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// What the extractors and layers of every service need; part of each service's state.
#[derive(Clone)]
pub struct ServiceContext {
    /// What time it is.
    pub clock: Clock,
    /// How many requests are answered.
    pub limits: Arc<RateLimits>,
    /// How a caller is known.
    pub identity: Arc<dyn Identify>,
    /// What services show each other.
    pub service_token: ServiceToken,
    /// The origins whose pages may call.
    pub origins: Arc<[String]>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Arc<[IpNet]>,
    /// Routes that may take longer than the usual request timeout, and how long.
    pub patience: &'static [(&'static str, Duration)],
}

impl ServiceContext {
    /// The context that `config` describes.
    pub fn new(config: &CommonConfig, clock: Clock, identity: Arc<dyn Identify>) -> Self {
        Self {
            clock,
            limits: Arc::new(RateLimits::new(config.rate_limits)),
            identity,
            service_token: ServiceToken::new(config.internal_token.clone()),
            origins: config.frontend_urls.clone().into(),
            trusted_proxies: config.trusted_proxies.clone().into(),
            patience: &[],
        }
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
    let cors = cors(&config.frontend_urls);
    routes
        .fallback(async || Problem::new(ProblemType::NotFound))
        .method_not_allowed_fallback(async || Problem::new(ProblemType::MethodNotAllowed))
        .with_state(state)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state((config.request_timeout, context.patience), deadline))
        .layer(from_fn_with_state(context.clone(), origin::guard))
        .layer(header_layer("content-security-policy", "default-src 'none'; frame-ancestors 'none'"))
        .layer(header_layer("cache-control", "no-store"))
        .layer(CatchPanicLayer::custom(|_| Problem::new(ProblemType::Internal).into_response()))
        .layer(from_fn(observe))
        .merge(health::router(health))
        .merge(SwaggerUi::new("/docs").url("/openapi.json", api))
        .layer(header_layer("x-content-type-options", "nosniff"))
        .layer(header_layer("x-frame-options", "DENY"))
        .layer(header_layer("referrer-policy", "no-referrer"))
        .layer(header_layer("strict-transport-security", "max-age=31536000; includeSubDomains"))
        // Outermost: a preflight carries no cookie, and an error must be readable by the page too.
        .layer(cors)
}

fn header_layer(name: &'static str, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value))
}

type Deadlines = (Duration, &'static [(&'static str, Duration)]);

/// Answers 503 when the handler takes too long; what it has begun is dropped.
async fn deadline(State((usual, patience)): State<Deadlines>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let longer = patience.iter().find(|(path, _)| route == Some(*path));
    let limit = longer.map_or(usual, |(_, limit)| *limit);
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
