//! The auth service's settings.

use std::time::Duration;

use secrecy::SecretString;
use shared::server::{AppEnv, CommonConfig, ConfigError, Env};

/// The first admin's account.
#[derive(Clone, Debug)]
pub struct Admin {
    /// `ADMIN_EMAIL`.
    pub email: String,
    /// `ADMIN_PASSWORD`.
    pub password: SecretString,
}

/// The settings, read once.
#[derive(Clone, Debug)]
pub struct Config {
    /// What every service has.
    pub common: CommonConfig,
    /// Signs the session cookie.
    pub session_secret: SecretString,
    /// Cookies signed with this one count as well, while the secret is replaced.
    pub session_secret_also_accepted: Option<SecretString>,
    /// Made at the start if there is no such account.
    pub admin: Option<Admin>,
    /// A session not used for so long has ended.
    pub session_idle: Duration,
    /// A session ends after so long, used or not.
    pub session_absolute: Duration,
    /// How many passwords are hashed at once; each takes 19 MiB and a core.
    pub hashing_concurrency: usize,
}

impl Config {
    /// Reads `PORT` (3001), `METRICS_PORT` (9101) and the variables that the README lists.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let admin = match (env.get("ADMIN_EMAIL"), env.get("ADMIN_PASSWORD")) {
            (Some(email), Some(password)) => Some(Admin { email, password: password.into() }),
            (None, None) => None,
            (Some(_), None) => {
                return Err(ConfigError { name: "ADMIN_PASSWORD", reason: "goes with ADMIN_EMAIL".into() });
            }
            (None, Some(_)) => {
                return Err(ConfigError { name: "ADMIN_EMAIL", reason: "goes with ADMIN_PASSWORD".into() });
            }
        };
        Ok(Self {
            common: CommonConfig::from_env(env, "auth", 3001, 9101)?,
            session_secret: env.secret("SESSION_SECRET", "development-only-session-secret")?,
            session_secret_also_accepted: env.secret_if_set("SESSION_SECRET_ALSO_ACCEPTED")?,
            admin,
            session_idle: env.seconds("SESSION_IDLE_SECONDS", 24 * 3600)?,
            session_absolute: env.seconds("SESSION_ABSOLUTE_SECONDS", 7 * 24 * 3600)?,
            hashing_concurrency: env.parse("HASHING_CONCURRENCY", 2)?,
        })
    }

    /// Whether the session cookie is sent over https only.
    pub fn secure_cookie(&self) -> bool {
        self.common.app_env == AppEnv::Production
    }
}

impl AsRef<CommonConfig> for Config {
    fn as_ref(&self) -> &CommonConfig {
        &self.common
    }
}
