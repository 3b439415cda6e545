//! Password hashing on a bounded number of threads: argon2id as OWASP recommends it (m = 19 MiB, t = 2, p = 1).

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::{
    sync::Semaphore,
    task::{JoinError, spawn_blocking},
};

/// Why a password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The stored hash is not one.
    #[error("argon2: {0}")]
    Argon2(String),
    /// The thread died.
    #[error(transparent)]
    Thread(#[from] JoinError),
}

/// Hashes and verifies passwords, a few at a time: each takes 19 MiB, and more than there are cores gain nothing.
#[derive(Clone)]
pub struct Hasher {
    permits: Arc<Semaphore>,
    /// The hash of no one's password: verified where there is no account, so that the answer takes as long.
    nobody: Arc<str>,
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

fn hash_blocking(password: &str) -> Result<String, HashError> {
    let hash = argon2().hash_password(password.as_bytes()).map_err(|e| HashError::Argon2(e.to_string()))?;
    Ok(hash.to_string())
}

impl Hasher {
    /// At most `concurrency` at a time.
    pub async fn new(concurrency: usize) -> Result<Self, HashError> {
        let nobody = spawn_blocking(|| hash_blocking("no one has this password")).await??;
        Ok(Self { permits: Arc::new(Semaphore::new(concurrency.max(1))), nobody: nobody.into() })
    }

    /// The hash of a password with a fresh salt, as a PHC string.
    pub async fn hash(&self, password: String) -> Result<String, HashError> {
        self.run(move || hash_blocking(&password)).await
    }

    /// Whether `hash` is the password's; without a hash as much work, and no.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, HashError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.to_string());
        self.run(move || {
            let hash = PasswordHash::new(&hash).map_err(|e| HashError::Argon2(e.to_string()))?;
            Ok(argon2().verify_password(password.as_bytes(), &hash).is_ok() && known)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        // The semaphore is never closed. The permit goes with the work: a caller that gives up does not free a core.
        let permit = self.permits.clone().acquire_owned().await.ok();
        spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let hasher = Hasher::new(1).await.expect("a hasher");
        let hash = hasher.hash("velvet otter".into()).await.expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify("velvet otter".into(), Some(hash.clone())).await.expect("verified"));
        assert!(!hasher.verify("velvet Otter".into(), Some(hash)).await.expect("verified"));
        assert!(!hasher.verify("no one has this password".into(), None).await.expect("verified"));
    }
}
