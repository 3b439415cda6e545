//! Password hashing on a few threads of its own: argon2id as OWASP recommends it (m = 19 MiB, t = 2, p = 1).
//!
//! The threads are the bound, for cores and for memory: the C library keeps the 19 MiB of a hash for the thread that
//! asked for them, so on a pool that grows a rush of sign-ins would leave hundreds of MiB behind.

use std::{
    io,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::oneshot;

/// How many passwords wait at the most; at 20 ms each the last would wait for seconds.
const QUEUE: usize = 256;

/// Why a password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The stored hash is not one.
    #[error("argon2: {0}")]
    Argon2(String),
    /// More wait than can be served in time.
    #[error("too many passwords to hash")]
    Busy,
    /// The thread died.
    #[error("the hashing thread died")]
    Thread,
}

type Work = Box<dyn FnOnce() + Send>;

/// Hashes and verifies passwords, a few at a time.
#[derive(Clone)]
pub struct Hasher {
    queue: SyncSender<Work>,
    /// The hash of no one's password: verified where there is no account, so that the answer takes as long.
    nobody: Arc<OnceLock<String>>,
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

fn hash_blocking(password: &str) -> Result<String, HashError> {
    let hash = argon2().hash_password(password.as_bytes()).map_err(|e| HashError::Argon2(e.to_string()))?;
    Ok(hash.to_string())
}

fn work(queue: &Mutex<Receiver<Work>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return };
        work();
    }
}

impl Hasher {
    /// On `threads` threads, which end with the last clone.
    pub fn new(threads: usize) -> io::Result<Self> {
        let (queue, waiting) = sync_channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..threads.max(1) {
            let waiting = waiting.clone();
            thread::Builder::new().name("hasher".into()).spawn(move || work(&waiting))?;
        }
        Ok(Self { queue, nobody: Arc::default() })
    }

    /// The hash of a password with a fresh salt, as a PHC string.
    pub async fn hash(&self, password: String) -> Result<String, HashError> {
        self.run(move || hash_blocking(&password)).await
    }

    /// Whether `hash` is the password's; without a hash as much work, and no.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, HashError> {
        let nobody = self.nobody.clone();
        self.run(move || {
            if nobody.get().is_none() {
                // Another thread may have been quicker: either hash serves.
                let _ = nobody.set(hash_blocking("no one has this password")?);
            }
            let known = hash.is_some();
            let Some(hash) = hash.as_deref().or(nobody.get().map(String::as_str)) else { return Ok(false) };
            let hash = PasswordHash::new(hash).map_err(|e| HashError::Argon2(e.to_string()))?;
            Ok(argon2().verify_password(password.as_bytes(), &hash).is_ok() && known)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let (answer, answered) = oneshot::channel();
        let work = Box::new(move || {
            // A caller that has gone needs no hash.
            if !answer.is_closed() {
                let _ = answer.send(work());
            }
        });
        self.queue.try_send(work).map_err(|error| match error {
            TrySendError::Full(_) => HashError::Busy,
            TrySendError::Disconnected(_) => HashError::Thread,
        })?;
        answered.await.map_err(|_| HashError::Thread)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let hasher = Hasher::new(1).expect("a hasher");
        let hash = hasher.hash("velvet otter".into()).await.expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify("velvet otter".into(), Some(hash.clone())).await.expect("verified"));
        assert!(!hasher.verify("velvet Otter".into(), Some(hash)).await.expect("verified"));
        assert!(!hasher.verify("no one has this password".into(), None).await.expect("verified"));
    }
}
