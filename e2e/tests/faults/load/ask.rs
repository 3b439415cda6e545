//! Asking as a real client does: again, with the same key, until there is an answer to go on from.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use e2e::{Answer, Person};
use rand::{Rng, rngs::StdRng};
use reqwest::Method;
use serde_json::Value;
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;
use xtask::services::Service;

use super::record::Record;

/// How long one answer may take. The services promise 503 within three seconds; a machine under load is forgiven more.
const LONGEST: Duration = Duration::from_secs(20);
/// How long somebody asks in vain once nothing goes wrong any more.
const PATIENCE: Duration = Duration::from_mins(1);

/// What is asked.
pub struct Question {
    pub service: Service,
    pub method: Method,
    pub path: String,
    pub body: Option<Value>,
    pub key: Option<String>,
}

impl Question {
    /// `GET path`.
    pub fn get(service: Service, path: impl Into<String>) -> Self {
        Self { service, method: Method::GET, path: path.into(), body: None, key: None }
    }

    /// `POST path` with or without a JSON body.
    pub fn post(service: Service, path: impl Into<String>, body: Option<Value>) -> Self {
        Self { service, method: Method::POST, path: path.into(), body, key: None }
    }

    /// `DELETE path`.
    pub fn delete(service: Service, path: impl Into<String>) -> Self {
        Self { service, method: Method::DELETE, path: path.into(), body: None, key: None }
    }

    /// The same under a key.
    pub fn keyed(self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self }
    }
}

/// Someone who asks, and notes what they are told.
pub struct Asker {
    pub person: Person,
    pub record: Arc<Record>,
    /// Whether services are killed, so that connections break.
    pub may_break: bool,
    pub stop: watch::Receiver<bool>,
    rng: Mutex<StdRng>,
}

impl Asker {
    /// One whose choices are `rng`'s.
    pub fn new(person: Person, record: Arc<Record>, may_break: bool, stop: watch::Receiver<bool>, rng: StdRng) -> Self {
        Self { person, record, may_break, stop, rng: Mutex::new(rng) }
    }

    /// A number below `bound`.
    pub fn choose(&self, bound: u64) -> u64 {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).random_range(0..bound)
    }

    /// A key that nobody has used: every other one as the web app makes them.
    pub fn new_key(&self) -> String {
        let random = || self.rng.lock().unwrap_or_else(PoisonError::into_inner).random::<u128>();
        if self.choose(2) == 0 { Uuid::now_v7().to_string() } else { format!("{:x}", random()) }
    }

    /// Rests for so many milliseconds.
    pub async fn rest(&self, from: u64, to: u64) {
        sleep(Duration::from_millis(from + self.choose(to - from))).await;
    }

    /// Whether the act is over.
    pub fn is_over(&self) -> bool {
        *self.stop.borrow()
    }

    /// Asks until there is an answer to go on from; none only where there is none for a minute after the act was over,
    /// which is wrong.
    pub async fn ask(&self, question: &Question) -> Option<Answer> {
        let mut over_since = None;
        loop {
            if let Some(answer) = self.ask_once(question).await {
                return Some(answer);
            }
            if self.is_over() && over_since.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                self.record.wrong(format!("{} {}: no answer for a minute", question.method, question.path));
                return None;
            }
            self.rest(40, 200).await;
        }
    }

    async fn ask_once(&self, question: &Question) -> Option<Answer> {
        let _under_way = self.record.ask();
        let at = || format!("{} {}", question.method, question.path);
        let answer = match timeout(LONGEST, self.person.send(self.request(question))).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                self.record.count("broken off");
                if !self.may_break {
                    self.record.wrong(format!("{}: {error:#}", at()));
                }
                return None;
            }
            Err(_) => {
                self.record.wrong(format!("{}: no answer in {LONGEST:?}", at()));
                return None;
            }
        };
        match (answer.status, answer.body["type"].as_str()) {
            (503, Some("/problems/unavailable")) => {
                self.record.count("busy");
                None
            }
            (409, Some("/problems/still-running")) if !self.is_over() => {
                self.record.count("still running");
                None
            }
            _ => Some(answer),
        }
    }

    fn request(&self, question: &Question) -> reqwest::RequestBuilder {
        let mut request = self.person.request(question.service, question.method.clone(), &question.path);
        if let Some(key) = &question.key {
            request = request.header("idempotency-key", key);
        }
        match &question.body {
            Some(body) => request.json(body),
            None => request.header("x-requested-with", "test"),
        }
    }

    /// Notes an answer that the question should never get.
    pub fn unexpected(&self, question: &Question, answer: &Answer) {
        self.record.wrong(format!("{} {}: {} {}", question.method, question.path, answer.status, answer.body));
    }
}

/// The last word of a problem's type, such as `sold-out`.
pub fn problem(answer: &Answer) -> &str {
    answer.body["type"].as_str().and_then(|kind| kind.rsplit('/').next()).unwrap_or_default()
}
