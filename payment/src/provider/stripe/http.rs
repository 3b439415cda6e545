//! HTTPS to Stripe. Its own small client: services talk plain HTTP to each other, and TLS in their common client would
//! cost each of them the memory of the root certificates.

use std::time::Duration;

use form_urlencoded::Serializer;
use http_body_util::{BodyExt, Full, Limited};
use hyper::http::request::Builder;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use super::wire::{Failure, Refused};
use crate::provider::ProviderError;

/// How long Stripe may take: less than the time that an attempt is left to whoever drives it.
const TIMEOUT: Duration = Duration::from_secs(6);
/// The largest answer that is read, in bytes.
const LIMIT: usize = 4 * 1024 * 1024;
/// The version of the interface whose fields are read.
const VERSION: &str = "2024-06-20";

/// What is done.
pub enum Call {
    /// Looks something up.
    Get,
    /// Changes something, once for each key.
    Once(String),
    /// Changes something that may be done again.
    Again,
}

/// The client.
pub struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<axum::body::Bytes>>,
    base: String,
    secret_key: SecretString,
}

impl Http {
    pub fn new(base: &str, secret_key: SecretString) -> Result<Self, rustls::Error> {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<rustls::RootCertStore>();
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(30)).build(connector);
        Ok(Self { client, base: base.trim_end_matches('/').to_owned(), secret_key })
    }

    /// Asks for `T`.
    pub async fn call<T: DeserializeOwned>(
        &self,
        call: Call,
        path: &str,
        form: &[(&str, String)],
    ) -> Result<T, Failure> {
        let form = Serializer::new(String::new()).extend_pairs(form).finish();
        let request = hyper::Request::builder()
            .header("authorization", format!("Bearer {}", self.secret_key.expose_secret()))
            .header("stripe-version", VERSION);
        let changes = |request: Builder| {
            let request = request.method("POST").uri(format!("{}{path}", self.base));
            request.header("content-type", "application/x-www-form-urlencoded")
        };
        let request = match call {
            Call::Get => request.uri(format!("{}{path}?{form}", self.base)).body(Full::default()),
            Call::Once(key) => changes(request).header("idempotency-key", key).body(Full::from(form)),
            Call::Again => changes(request).body(Full::from(form)),
        };
        let request = request.map_err(|error| ProviderError::Permanent(error.to_string()))?;
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|error| {
                // Never left this machine.
                if error.is_connect() { ProviderError::Retryable(error.to_string()) } else { unknown(&error) }
            })?;
            let status = answer.status().as_u16();
            let body = Limited::new(answer.into_body(), LIMIT).collect().await.map_err(|error| unknown(&*error))?;
            Ok::<_, Failure>((status, body.to_bytes()))
        };
        let (status, body) = tokio::time::timeout(TIMEOUT, exchange).await.map_err(|error| unknown(&error))??;
        if (200..300).contains(&status) {
            return Ok(serde_json::from_slice(&body).map_err(|error| unknown(&error))?);
        }
        Err(Failure::Refused(Box::new(Refused::read(status, &body))))
    }
}

fn unknown(error: &dyn std::error::Error) -> ProviderError {
    ProviderError::Unknown(shared::server::problem::Cause::of(error).0.to_string())
}
