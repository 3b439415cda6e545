//! Knowing a caller by asking auth: `GET /api/auth/verify` with the caller's session cookie, or `POST` with those of many.

use std::{
    sync::{Arc, Once},
    time::Duration,
};

use axum::http::{HeaderMap, header, request::Parts};
use futures::future::join_all;
use reqwest::Method;
use tokio::time::timeout;

use super::{
    GroupCall, Identify, ServiceToken, Upstream, UpstreamError,
    lease::{self, Memory},
    problem::unavailable,
    upstream,
};
use crate::{
    Problem, ProblemType,
    auth::{Looked, User, Verified, VerifiedMany, VerifyMany},
};

/// How long auth may take; after that the caller is told 503, never 401.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How long a caller waits in all: for the questions under way, and for theirs.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest cookie that is asked for together with others', in bytes: twice one of auth's. So many of them fit into a
/// request though each byte were escaped: nobody can make the others' question too long.
const LONGEST: usize = 240;
const PATH: &str = "/api/auth/verify";

/// Asks auth whose session a request carries, and remembers the answers while it holds a lease on them.
#[derive(Clone)]
pub struct AuthClient {
    auth: Upstream,
    questions: Questions,
    cookie: &'static str,
    memory: Arc<Memory>,
    following: Arc<Once>,
}

impl AuthClient {
    /// The auth service at `base`; `cookie` is the session cookie's name.
    pub fn new(base: &str, token: ServiceToken, cookie: &'static str) -> Result<Self, reqwest::Error> {
        let auth = Upstream::new(base, token, TIMEOUT)?;
        let questions = Questions::start(auth.clone());
        Ok(Self { auth, questions, cookie, memory: Arc::default(), following: Arc::new(Once::new()) })
    }

    /// Begins to follow the revocations, at the first question: only then there is something to remember.
    fn follow(&self) {
        self.following.call_once(|| {
            tokio::spawn(lease::follow(self.auth.clone(), Arc::downgrade(&self.memory)));
        });
    }
}

type Answer = Result<Option<Verified>, Problem>;

/// The questions to auth: few requests at a time, each with all that are asked meanwhile, so that a slow auth service is not
/// asked ever more.
#[derive(Clone)]
struct Questions {
    short: GroupCall<String, Answer>,
    long: GroupCall<String, Answer>,
}

impl Questions {
    fn start(auth: Upstream) -> Self {
        let many = {
            let auth = auth.clone();
            move |cookies| ask_many(auth.clone(), cookies)
        };
        Self {
            short: GroupCall::start("verify", VerifyMany::MOST, many),
            long: GroupCall::start("verify", 1, move |cookies| ask_each(auth.clone(), cookies)),
        }
    }

    async fn ask(&self, cookie: String) -> Answer {
        let questions = if cookie.len() > LONGEST { &self.long } else { &self.short };
        metrics::counter!("session_questions_total").increment(1);
        match timeout(PATIENCE, questions.ask(cookie)).await {
            Ok(Some(answer)) => answer,
            Ok(None) | Err(_) => Err(unavailable()),
        }
    }
}

/// What auth says of each, in their order.
async fn ask_many(auth: Upstream, cookies: Vec<String>) -> Vec<Answer> {
    if cookies.len() == 1 {
        return ask_each(auth, cookies).await;
    }
    let asked = VerifyMany { cookies };
    // It only reads: a connection that auth has closed meanwhile is no reason to fail so many.
    let answer = match auth.request(Method::POST, PATH).json(&asked).that_reads().send().await {
        Ok(response) => upstream::answer::<VerifiedMany>(response).await,
        Err(error) => Err(error.into()),
    };
    match answer {
        Ok(VerifiedMany { sessions }) if sessions.len() == asked.cookies.len() => {
            sessions.into_iter().map(heard).collect()
        }
        // A release from before is asked one by one.
        Err(UpstreamError::Problem(problem)) if problem.is(ProblemType::MethodNotAllowed) => {
            ask_each(auth, asked.cookies).await
        }
        failed => {
            tracing::warn!(error = ?failed.err(), "auth could not verify sessions");
            vec![Err(unavailable()); asked.cookies.len()]
        }
    }
}

async fn ask_each(auth: Upstream, cookies: Vec<String>) -> Vec<Answer> {
    join_all(cookies.iter().map(|cookie| ask_one(&auth, cookie))).await
}

async fn ask_one(auth: &Upstream, cookie: &str) -> Answer {
    let request = auth.request(Method::GET, PATH).header(header::COOKIE, cookie);
    let answer = match request.send().await {
        Ok(response) => upstream::answer::<Verified>(response).await,
        Err(error) => Err(error.into()),
    };
    match answer {
        Ok(verified) => Ok(Some(verified)),
        Err(UpstreamError::Problem(problem)) => heard(Looked::Problem(*problem)),
        Err(error) => {
            tracing::warn!(%error, "auth could not verify a session");
            Err(unavailable())
        }
    }
}

fn heard(looked: Looked) -> Answer {
    match looked {
        Looked::Verified(verified) => Ok(Some(verified)),
        Looked::Problem(problem) if problem.is(ProblemType::NotSignedIn) => Ok(None),
        Looked::Problem(problem) => {
            tracing::warn!(%problem, "auth could not verify a session");
            Err(unavailable())
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
            async move { questions.ask(cookie).await }
        };
        self.memory.recall(&cookie, ask).await
    }

    async fn identify_afresh(&self, parts: &Parts) -> Result<Option<User>, Problem> {
        let Some(cookie) = session_cookie(&parts.headers, self.cookie) else { return Ok(None) };
        Ok(self.questions.ask(cookie).await?.map(|verified| verified.user))
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

    #[cfg(feature = "testing")]
    #[tokio::test]
    async fn many_who_call_at_once_are_each_known_for_who_they_are() {
        use axum::http::Request;

        use crate::{
            auth::{LOCAL_SESSION_COOKIE, Role},
            testing::{AuthDouble, INTERNAL_TOKEN},
        };

        let auth = AuthDouble::start().await;
        let token = ServiceToken::new(&INTERNAL_TOKEN.into(), None);
        let client = AuthClient::new(&auth.url(), token, LOCAL_SESSION_COOKIE).expect("a client");
        let people: Vec<(User, String)> = (0..300).map(|_| auth.sign_in(Role::User)).collect();
        // Some send what nobody is signed in by: too long to be asked for with the others, or longer on the wire.
        let of = |(number, (user, cookie)): (usize, &(User, String))| match number % 5 {
            3 => (None, format!("{LOCAL_SESSION_COOKIE}={}", "x".repeat(5_000))),
            4 => (None, format!("{LOCAL_SESSION_COOKIE}={}", "\\".repeat(LONGEST - 30))),
            _ => (Some(user.id), cookie.clone()),
        };
        let callers: Vec<_> = people.iter().enumerate().map(of).collect();
        let ask = async |cookie: &String| {
            let (parts, ()) =
                Request::builder().header(header::COOKIE, cookie).body(()).expect("a request").into_parts();
            client.identify_afresh(&parts).await.expect("an answer").map(|user| user.id)
        };
        let expected: Vec<_> = callers.iter().map(|(user, _)| *user).collect();
        assert_eq!(join_all(callers.iter().map(|(_, cookie)| ask(cookie))).await, expected);
        let groups = auth.groups();
        assert!((1..30).contains(&groups), "asked {groups} times for several");

        auth.takes_no_groups();
        assert_eq!(join_all(callers.iter().map(|(_, cookie)| ask(cookie))).await, expected);
        assert!(auth.groups() > groups);
    }

    #[test]
    fn the_longest_question_is_one_that_auth_takes() {
        let cookies = vec!["\\".repeat(LONGEST); VerifyMany::MOST];
        let question = serde_json::to_vec(&VerifyMany { cookies }).expect("JSON");
        assert!(question.len() <= crate::server::web::BODY_LIMIT, "{} bytes", question.len());
    }
}
