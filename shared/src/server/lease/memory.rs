//! The remembered answers.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use sha2::{Digest, Sha256};

use crate::{
    Problem,
    auth::{Revoked, User, Verified},
    server::{problem::unavailable, trace::follow},
};

/// How long an answer is remembered, within the lease.
const REMEMBERED: Duration = Duration::from_secs(5);
/// How many answers are remembered; then all are forgotten.
const CAPACITY: usize = 100_000;
/// How often a request waits for an answer that a revocation overtakes before it asks for itself.
const TRIES: usize = 3;

/// A hash of the cookie: who reads the memory cannot act for anyone.
type Key = [u8; 32];
type Answer = Result<Option<Verified>, Problem>;
type Flight = Shared<BoxFuture<'static, Answer>>;

/// Answers about sessions, remembered while there is a lease.
#[derive(Default)]
pub struct Memory(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// Until when answers may be used and shared.
    leased_until: Option<Instant>,
    /// Changes with every revocation and every new lease: an answer from before is not used.
    generation: u64,
    remembered: HashMap<Key, (Verified, Instant)>,
    flights: HashMap<Key, (u64, Flight)>,
}

impl Inner {
    fn is_leased(&mut self) -> bool {
        let leased = self.leased_until.is_some_and(|until| Instant::now() < until);
        if !leased && self.leased_until.take().is_some() {
            self.forget();
        }
        leased
    }

    fn forget(&mut self) {
        self.generation += 1;
        self.remembered.clear();
        self.flights.clear();
    }
}

/// What is to be done for a request.
enum Way {
    Known(User),
    Join(u64, Flight),
    Ask,
}

impl Memory {
    /// The session's user: from memory, or by `ask`, once for any number of requests at the same time.
    pub async fn recall<F>(self: &Arc<Self>, cookie: &str, ask: impl Fn(String) -> F) -> Result<Option<User>, Problem>
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let key: Key = Sha256::digest(cookie).into();
        for _ in 0..TRIES {
            let (generation, flight) = match self.way(key, || ask(cookie.to_owned())) {
                Way::Known(user) => return Ok(Some(user)),
                Way::Ask => break,
                Way::Join(generation, flight) => (generation, flight),
            };
            let answer = flight.await;
            if self.stands(generation) {
                return answer.map(|verified| verified.map(|verified| verified.user));
            }
        }
        // Asked after this request came: whatever was revoked before it is in the answer.
        Ok(ask(cookie.to_owned()).await?.map(|verified| verified.user))
    }

    fn way<F>(self: &Arc<Self>, key: Key, ask: impl FnOnce() -> F) -> Way
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let mut inner = self.lock();
        if !inner.is_leased() {
            return Way::Ask;
        }
        if let Some((verified, until)) = inner.remembered.get(&key)
            && Instant::now() < *until
        {
            return Way::Known(verified.user.clone());
        }
        let generation = inner.generation;
        match inner.flights.get(&key) {
            Some((begun, flight)) if *begun == generation && flight.peek().is_none() => {
                Way::Join(generation, flight.clone())
            }
            _ => {
                let flight = self.fly(key, generation, ask());
                inner.flights.insert(key, (generation, flight.clone()));
                Way::Join(generation, flight)
            }
        }
    }

    /// Asks in a task of its own: a question comes to its end though all who waited for it went away.
    fn fly(
        self: &Arc<Self>,
        key: Key,
        generation: u64,
        question: impl Future<Output = Answer> + Send + 'static,
    ) -> Flight {
        let memory = self.clone();
        let asked = tokio::spawn(follow(async move {
            let answer = question.await;
            memory.land(key, generation, &answer);
            answer
        }));
        async move { asked.await.unwrap_or_else(|_| Err(unavailable())) }.boxed().shared()
    }

    /// Remembers a good answer to a question of this generation.
    fn land(&self, key: Key, generation: u64, answer: &Answer) {
        let mut inner = self.lock();
        if inner.flights.get(&key).is_some_and(|(begun, _)| *begun == generation) {
            inner.flights.remove(&key);
        }
        if let Ok(Some(verified)) = answer
            && inner.is_leased()
            && inner.generation == generation
        {
            if inner.remembered.len() >= CAPACITY {
                inner.remembered.clear();
            }
            inner.remembered.insert(key, (verified.clone(), Instant::now() + REMEMBERED));
        }
    }

    /// Whether an answer to a question of this generation may be used.
    fn stands(&self, generation: u64) -> bool {
        let mut inner = self.lock();
        inner.is_leased() && inner.generation == generation
    }

    /// Takes revocations to heart and renews the lease; what came before `fresh` leases is forgotten.
    pub fn renew(&self, until: Instant, fresh: bool, revoked: &[Revoked]) {
        let mut inner = self.lock();
        if fresh || !inner.is_leased() {
            inner.forget();
        }
        if !revoked.is_empty() {
            inner.generation += 1;
            inner.flights.clear();
            inner.remembered.retain(|_, (verified, _)| {
                !revoked.iter().any(|revoked| match revoked {
                    Revoked::Session(session) => *session == verified.session,
                    Revoked::User(user) => *user == verified.user.id,
                })
            });
        }
        inner.leased_until = Some(until);
    }

    /// Gives the lease up at once.
    pub fn give_up(&self) {
        let mut inner = self.lock();
        inner.leased_until = None;
        inner.forget();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
