//! A visitor with a session, as the services see a browser.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, RequestBuilder, Response, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use shared::auth::{Login, Register};
use tokio::time::sleep;

use crate::{say, services::Urls};

const TRIES: u32 = 5;

/// Somebody who has signed in.
pub struct Visitor {
    client: Client,
    cookie: String,
}

impl Visitor {
    /// Signs in, or makes the account first.
    pub async fn sign_in_or_register(urls: &Urls, email: &str, password: &str, name: (&str, &str)) -> Result<Self> {
        let client = Client::builder().timeout(Duration::from_secs(15)).build()?;
        let login = Login { email: email.into(), password: password.into() };
        let request = client.post(format!("{}/api/auth/login", urls.auth_url)).json(&login);
        let mut response = send(request).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            let register = Register {
                email: email.into(),
                password: password.into(),
                first_name: name.0.into(),
                last_name: name.1.into(),
            };
            response = send(client.post(format!("{}/api/auth/register", urls.auth_url)).json(&register)).await?;
        }
        let response = well(response).await.with_context(|| format!("signing in as {email}"))?;
        let cookie = session_cookie(&response).context("auth has set no cookie")?;
        Ok(Self { client, cookie })
    }

    /// Asks for something.
    pub async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T> {
        let request = self.client.get(url).header(header::COOKIE, &self.cookie);
        Ok(well(send(request).await?).await?.json().await?)
    }

    /// Makes something, once for each key.
    pub async fn post<T: DeserializeOwned>(&self, url: &str, body: &impl Serialize, key: &str) -> Result<T> {
        let request =
            self.client.post(url).header(header::COOKIE, &self.cookie).header("idempotency-key", key).json(body);
        Ok(well(send(request).await?).await?.json().await?)
    }
}

/// Sends a request, and again where the service asks to come back later.
async fn send(request: RequestBuilder) -> Result<Response> {
    for _ in 0..TRIES {
        let again = request.try_clone().context("a request that cannot be repeated")?;
        let response = again.send().await?;
        let later = matches!(response.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        if !later {
            return Ok(response);
        }
        let seconds = response.headers().get(header::RETRY_AFTER);
        let seconds = seconds.and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(1).clamp(1, 60);
        say::note(format_args!("… {} answers {}, trying again in {seconds} s", response.url(), response.status()));
        sleep(Duration::from_secs(seconds)).await;
    }
    Ok(request.send().await?)
}

async fn well(response: Response) -> Result<Response> {
    let status = response.status();
    if !status.is_success() {
        let url = response.url().clone();
        bail!("{url} answers {status}: {}", response.text().await.unwrap_or_default());
    }
    Ok(response)
}

fn session_cookie(response: &Response) -> Option<String> {
    let set = response.headers().get_all(header::SET_COOKIE).iter();
    let pairs: Vec<&str> = set.filter_map(|value| value.to_str().ok()?.split(';').next()).collect();
    (!pairs.is_empty()).then(|| pairs.join("; "))
}
