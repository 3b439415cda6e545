//! What the payment provider tells by itself.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Request, State},
    http::{StatusCode, request::Parts},
};
use shared::{
    Problem, ProblemType,
    server::{Path, rate_limit::ClientAddress},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Error, app::AppState};

/// The largest event that is read, in bytes.
const LIMIT: usize = 256 * 1024;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(receive_webhook)).layer(DefaultBodyLimit::max(LIMIT))
}

/// Takes a signed event of the payment provider. Only those that are not the provider's are charged to their sender's
/// allowance.
#[utoipa::path(
    post, path = "/api/payment/webhooks/{provider}", tag = "webhooks",
    request_body(content = String, content_type = "application/json"),
    params(
        ("provider" = String, Path, description = "`stripe` or `simulated`: the one that is configured"),
        ("Stripe-Signature" = Option<String>, Header, description = "`t=…,v1=…`; of the simulated one `Ticketer-Signature`"),
    ),
    responses((status = 200, description = "Received, now or before"))
)]
async fn receive_webhook(
    State(app): State<AppState>,
    Path(provider): Path<String>,
    RawEvent { parts, body }: RawEvent,
) -> Result<StatusCode, Error> {
    match app.webhooks.receive(&provider, &parts.headers, &body).await {
        Err(Error::BadSignature(error)) => {
            app.context.limits.charge_address(&ClientAddress::of(&parts, &app.context))?;
            Err(error.into())
        }
        received => received.map(|()| StatusCode::OK),
    }
}

/// A request as it came, to be checked byte by byte.
struct RawEvent {
    parts: Parts,
    body: Bytes,
}

impl FromRequest<AppState> for RawEvent {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts.clone(), body);
        let body = Bytes::from_request(request, app).await.map_err(|rejection| {
            let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
            Problem::new(if too_large { ProblemType::TooLarge } else { ProblemType::Malformed })
        })?;
        Ok(Self { parts, body })
    }
}
