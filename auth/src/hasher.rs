//! Password hashing on a few threads of its own: argon2id as OWASP recommends it (m = 19 MiB, t = 2, p = 1).
//!
//! The threads are the bound, for cores and for memory: each keeps the 19 MiB that it hashes in while there is work.
//! Asked for anew with each hash, they would be left behind in pieces, and a rush of sign-ins would cost hundreds of MiB.

use std::{
    fmt::Display,
    io,
    sync::{Arc, OnceLock},
    thread,
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::domain::password::is_easy_to_guess;

/// How many passwords wait at the most; at 20 ms each the last would wait for seconds.
const QUEUE: usize = 256;

/// How long the threads keep their memory without work.
const IDLE: Duration = Duration::from_secs(10);

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

/// What a thread hashes in.
#[derive(Default)]
struct Memory(Vec<Block>);

type Work = Box<dyn FnOnce(&mut Memory) + Send>;

/// Hashes and verifies passwords, a few at a time.
#[derive(Clone)]
pub struct Hasher {
    queue: Sender<Work>,
    /// The hash of no one's password: verified where there is no account, so that the answer takes as long.
    nobody: Arc<OnceLock<String>>,
}

fn no_hash(error: impl Display) -> HashError {
    HashError::Argon2(error.to_string())
}

impl Memory {
    fn hash(&mut self, password: &str) -> Result<String, HashError> {
        let (version, params, salt) = (Version::V0x13, Params::DEFAULT, Salt::generate());
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(&params).map_err(no_hash)?,
            hash: Some(self.output(password, &salt, version, params)?),
            salt: Some(salt),
        };
        Ok(hash.to_string())
    }

    fn verify(&mut self, password: &str, hash: &str) -> Result<bool, HashError> {
        let stored = PasswordHash::new(hash).map_err(no_hash)?;
        if stored.algorithm != Algorithm::Argon2id.ident() {
            return Err(no_hash("not argon2id"));
        }
        let version = stored.version.map_or(Ok(Version::V0x13), Version::try_from).map_err(no_hash)?;
        let params = Params::try_from(&stored).map_err(no_hash)?;
        let (Some(salt), Some(output)) = (&stored.salt, &stored.hash) else { return Err(no_hash("incomplete")) };
        // Compared in constant time, as this type does.
        Ok(self.output(password, salt, version, params)? == *output)
    }

    fn output(&mut self, password: &str, salt: &[u8], version: Version, params: Params) -> Result<Output, HashError> {
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        // Never smaller than before: hashes of other costs are rare.
        let blocks = params.block_count().max(self.0.len());
        self.0.resize(blocks, Block::default());
        let argon2 = Argon2::new(Algorithm::Argon2id, version, params);
        let mut output = vec![0; length];
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut output, &mut self.0).map_err(no_hash)?;
        Output::new(&output).map_err(no_hash)
    }
}

fn work(queue: &Receiver<Work>) {
    let mut memory = Memory::default();
    loop {
        match queue.recv_timeout(IDLE) {
            Ok(work) => work(&mut memory),
            Err(RecvTimeoutError::Timeout) => memory = Memory::default(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

impl Hasher {
    /// On `threads` threads, which end with the last clone.
    pub fn new(threads: usize) -> io::Result<Self> {
        let (queue, waiting) = bounded(QUEUE);
        for _ in 0..threads.max(1) {
            let waiting = waiting.clone();
            thread::Builder::new().name("hasher".into()).spawn(move || work(&waiting))?;
        }
        Ok(Self { queue, nobody: Arc::default() })
    }

    /// The hash of a password with a fresh salt, as a PHC string.
    pub async fn hash(&self, password: String) -> Result<String, HashError> {
        self.run(move |memory| memory.hash(&password)).await
    }

    /// Whether `hash` is the password's; without a hash as much work, and no.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, HashError> {
        let nobody = self.nobody.clone();
        self.run(move |memory| {
            if nobody.get().is_none() {
                // Another thread may have been quicker: either hash serves.
                let _ = nobody.set(memory.hash("no one has this password")?);
            }
            let known = hash.is_some();
            let Some(hash) = hash.as_deref().or(nobody.get().map(String::as_str)) else { return Ok(false) };
            Ok(memory.verify(&password, hash)? && known)
        })
        .await
    }

    /// Whether a new password is easy to guess for whoever knows `about` its owner: here, since the estimate is work, too.
    pub async fn is_easy_to_guess<const N: usize>(&self, password: &str, about: [&str; N]) -> Result<bool, HashError> {
        let (password, about) = (password.to_owned(), about.map(ToOwned::to_owned));
        self.run(move |_| Ok(is_easy_to_guess(&password, &about.each_ref().map(String::as_str)))).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let (answer, answered) = oneshot::channel();
        let work = Box::new(move |memory: &mut Memory| {
            // A caller that has gone needs no hash.
            if !answer.is_closed() {
                let _ = answer.send(work(memory));
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

    /// Made by the reference implementation.
    #[tokio::test]
    async fn a_hash_of_another_cost_and_origin_is_verified() {
        let hasher = Hasher::new(1).expect("a hasher");
        let foreign = "$argon2id$v=19$m=4096,t=3,p=1$c2FsdHlzYWx0$Ym6WAhY5N7do6oQU+tol97P56fFAtZVq".to_owned();
        assert!(hasher.verify("velvet".into(), Some(foreign.clone())).await.expect("verified"));
        assert!(!hasher.verify("Velvet".into(), Some(foreign)).await.expect("verified"));
        assert!(hasher.verify("velvet".into(), Some("$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ".into())).await.is_err());
    }
}
