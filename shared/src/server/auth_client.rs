//! Knowing a caller by asking auth: `GET /api/auth/verify` with the caller's session cookie.

use std::{
    sync::{Arc, Once},
    time::Duration,
};

use axum::http::{HeaderMap, header, request::Parts};
use reqwest::Method;
use tokio::sync::Semaphore;

use super::{
    Identify, ServiceToken, Upstream,
    lease::{self, Memory},
    problem::unavailable,
    upstream,
};
use crate::{
    Problem, ProblemType,
    auth::{User, Verified},
};

/// How long auth may take; after that the caller is told 503, never 401.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How many questions are under way at once, so that a slow auth service is not asked ever more.
const CONCURRENCY: usize = 64;

/// Asks auth whose session a request carries, and remembers the answers while it holds a lease on them.
#[derive(Clone)]
pub struct AuthClient {
    questions: Questions,
    cookie: &'static str,
    memory: Arc<Memory>,
    following: Arc<Once>,
}

/// The questions to auth.
#[derive(Clone)]
struct Questions {
    auth: Upstream,
    permits: Arc<Semaphore>,
}

impl AuthClient {
    /// The auth service at `base`; `cookie` is the session cookie's name.
    pub fn new(base: &str, token: ServiceToken, cookie: &'static str) -> Result<Self, reqwest::Error> {
        let auth = Upstream::new(base, token, TIMEOUT)?;
        let questions = Questions { auth, permits: Arc::new(Semaphore::new(CONCURRENCY)) };
        Ok(Self { questions, cookie, memory: Arc::default(), following: Arc::new(Once::new()) })
    }

    /// Begins to follow the revocations, at the first question: only then there is something to remember.
    fn follow(&self) {
        self.following.call_once(|| {
            tokio::spawn(lease::follow(self.questions.auth.clone(), Arc::downgrade(&self.memory)));
        });
    }
}

impl Questions {
    async fn ask(&self, cookie: &str) -> Result<Option<Verified>, Problem> {
        let permit = tokio::time::timeout(TIMEOUT, self.permits.acquire()).await;
        let Ok(Ok(_permit)) = permit else { return Err(unavailable()) };
        metrics::counter!("session_questions_total").increment(1);
        let request = self.auth.request(Method::GET, "/api/auth/verify").header(header::COOKIE, cookie);
        let answer = match request.send().await {
            Ok(response) => upstream::answer::<Verified>(response).await,
            Err(error) => Err(error.into()),
        };
        match answer {
            Ok(verified) => Ok(Some(verified)),
            Err(upstream::UpstreamError::Problem(problem)) if problem.is(ProblemType::NotSignedIn) => Ok(None),
            Err(error) => {
                tracing::warn!(%error, "auth could not verify a session");
                Err(unavailable())
            }
        }
    }
}

#[async_trait::async_trait]
impl Identify for AuthClient {
    async fn identify(&self, parts: &Parts) -> Result<Option<User>, Problem> {
        let Some(cookie) = session_cookie(&parts.headers, self.cookie) else { return Ok(None) };
        self.follow();
        let ask = |cookie: String| {
            let questions = self.questions.clone();
            async move { questions.ask(&cookie).await }
        };
        self.memory.recall(&cookie, ask).await
    }

    async fn identify_afresh(&self, parts: &Parts) -> Result<Option<User>, Problem> {
        let Some(cookie) = session_cookie(&parts.headers, self.cookie) else { return Ok(None) };
        Ok(self.questions.ask(&cookie).await?.map(|verified| verified.user))
    }
}

/// The session cookie alone, as a `Cookie` header; other cookies of the host are none of auth's business.
fn session_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .map(str::trim)
        .find(|pair| pair.split_once('=').is_some_and(|(key, value)| key == name && !value.is_empty()))
        .map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_session_cookie_is_shown_to_auth() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "theme=dark; ticketer_session=abc; other=1".parse().expect("a header"));
        assert_eq!(session_cookie(&headers, "ticketer_session").as_deref(), Some("ticketer_session=abc"));
        assert_eq!(session_cookie(&headers, "__Host-ticketer_session"), None);
    }
}
