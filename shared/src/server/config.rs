//! Configuration from environment variables: every fault in one line that names the variable.

#[cfg(feature = "testing")]
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};
use std::{fmt::Display, net::SocketAddr, str::FromStr, time::Duration};

use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

use super::{ServiceToken, trace::TraceConfig};

/// The start is refused: which variable, and why.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct ConfigError {
    /// The variable.
    pub name: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// Where a service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppEnv {
    /// A developer's machine: every setting has a safe default, logs are for reading.
    Development,
    /// Anything that others can reach: secrets must be given, logs are JSON, cookies need https.
    Production,
}

impl FromStr for AppEnv {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "development" => Ok(Self::Development),
            "production" => Ok(Self::Production),
            _ => Err("is development or production"),
        }
    }
}

/// Where variables come from: the process's environment, or a list in tests.
pub struct Env {
    /// `None` is the process's environment.
    pairs: Option<Vec<(String, String)>>,
    /// The names that were asked for.
    #[cfg(feature = "testing")]
    asked: Mutex<BTreeSet<String>>,
}

impl Env {
    /// The process's environment.
    pub fn process() -> Self {
        Self::from(None)
    }

    /// Only these variables; of a name given twice the last counts.
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self::from(Some(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()))
    }

    fn from(pairs: Option<Vec<(String, String)>>) -> Self {
        Self {
            pairs,
            #[cfg(feature = "testing")]
            asked: Mutex::default(),
        }
    }

    /// The names of all variables that were asked for until now, set or not.
    #[cfg(feature = "testing")]
    pub fn asked(&self) -> BTreeSet<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The variable's value; an empty one counts as not set.
    pub fn get(&self, name: &str) -> Option<String> {
        #[cfg(feature = "testing")]
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        let value = match &self.pairs {
            Some(pairs) => pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone()),
            None => std::env::var(name).ok(),
        };
        value.filter(|value| !value.trim().is_empty())
    }

    /// The variable parsed, or `default` where it is not set.
    pub fn parse<T: FromStr<Err: Display>>(&self, name: &'static str, default: T) -> Result<T, ConfigError> {
        match self.get(name) {
            Some(value) => value.trim().parse().map_err(|e: T::Err| ConfigError { name, reason: e.to_string() }),
            None => Ok(default),
        }
    }

    /// Seconds, or `default` where it is not set.
    pub fn seconds(&self, name: &'static str, default: u64) -> Result<Duration, ConfigError> {
        self.parse(name, default).map(Duration::from_secs)
    }

    /// Where the service runs: `APP_ENV`, development unless told.
    pub fn app_env(&self) -> Result<AppEnv, ConfigError> {
        self.parse("APP_ENV", AppEnv::Development)
    }

    /// A setting with a default in development only.
    pub fn required(&self, name: &'static str, development: &str) -> Result<String, ConfigError> {
        match (self.get(name), self.app_env()?) {
            (Some(value), _) => Ok(value),
            (None, AppEnv::Development) => Ok(development.to_owned()),
            (None, AppEnv::Production) => Err(ConfigError { name, reason: "must be set in production".into() }),
        }
    }

    /// A secret with a default in development only; in production it has at least 32 characters.
    pub fn secret(&self, name: &'static str, development: &str) -> Result<SecretString, ConfigError> {
        let value = self.required(name, development)?;
        if self.app_env()? == AppEnv::Production && value == development {
            return Err(ConfigError { name, reason: "must not be the development default in production".into() });
        }
        self.strong(name, value)
    }

    /// A secret that need not be there; in production it has at least 32 characters.
    pub fn secret_if_set(&self, name: &'static str) -> Result<Option<SecretString>, ConfigError> {
        self.get(name).map(|value| self.strong(name, value)).transpose()
    }

    /// In production it is long, and none of those that developers use, which everybody can read.
    fn strong(&self, name: &'static str, value: String) -> Result<SecretString, ConfigError> {
        if self.app_env()? == AppEnv::Production {
            if value.len() < 32 {
                return Err(ConfigError { name, reason: "must have at least 32 characters in production".into() });
            }
            if value.starts_with("development-") {
                return Err(ConfigError { name, reason: "must not be a developer's in production".into() });
            }
        }
        Ok(value.into())
    }

    /// A comma-separated list.
    pub fn list<T: FromStr<Err: Display>>(&self, name: &'static str, default: &str) -> Result<Vec<T>, ConfigError> {
        let value = self.get(name).unwrap_or_else(|| default.to_owned());
        let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
        items
            .map(|item| item.parse().map_err(|e: T::Err| ConfigError { name, reason: format!("{item}: {e}") }))
            .collect()
    }
}

/// How many requests a minute are answered, with as many at once.
#[derive(Clone, Copy, Debug)]
pub struct RateLimitConfig {
    /// For each signed-in user.
    pub per_user: u32,
    /// For each client address that is not signed in.
    pub per_address: u32,
    /// For each client address, of attempts to sign in or register.
    pub credentials: u32,
}

/// The settings that every service has.
#[derive(Clone, Debug)]
pub struct CommonConfig {
    /// Where it runs.
    pub app_env: AppEnv,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where its metrics are read.
    pub metrics_address: SocketAddr,
    /// Its own database; the path names it.
    pub mongodb_uri: SecretString,
    /// The origins whose pages may call it.
    pub frontend_urls: Vec<String>,
    /// What services show each other.
    pub internal_token: SecretString,
    /// What they may show as well, while the token is replaced.
    pub internal_token_also_accepted: Option<SecretString>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How many requests are answered.
    pub rate_limits: RateLimitConfig,
    /// After how long a request is answered 503.
    pub request_timeout: Duration,
    /// Where its traces go.
    pub traces: TraceConfig,
}

impl CommonConfig {
    /// Reads them; `service` names the database, `port` and `metrics_port` are the defaults.
    pub fn from_env(env: &Env, service: &str, port: u16, metrics_port: u16) -> Result<Self, ConfigError> {
        let local = format!("mongodb://127.0.0.1:27117/{service}_db?replicaSet=rs0&directConnection=true");
        let any = |port| SocketAddr::from(([0, 0, 0, 0], port));
        let frontend_urls: Vec<String> = env.list("FRONTEND_URL", "http://localhost:5173,http://localhost:3000")?;
        Ok(Self {
            app_env: env.app_env()?,
            address: any(env.parse("PORT", port)?),
            metrics_address: any(env.parse("METRICS_PORT", metrics_port)?),
            mongodb_uri: env.required("MONGODB_URI", &local)?.into(),
            frontend_urls: frontend_urls.into_iter().map(|url| url.trim_end_matches('/').to_owned()).collect(),
            internal_token: env.secret("INTERNAL_TOKEN", "development-only-internal-token")?,
            internal_token_also_accepted: env.secret_if_set("INTERNAL_TOKEN_ALSO_ACCEPTED")?,
            trusted_proxies: env.list("TRUSTED_PROXIES", "")?,
            rate_limits: RateLimitConfig {
                per_user: env.parse("RATE_LIMIT_PER_USER", 300)?,
                per_address: env.parse("RATE_LIMIT_PER_ADDRESS", 600)?,
                credentials: env.parse("RATE_LIMIT_CREDENTIALS", 20)?,
            },
            request_timeout: Duration::from_millis(env.parse("REQUEST_TIMEOUT_MS", 2_800)?),
            traces: TraceConfig::from_env(env, service),
        })
    }

    /// The session cookie's name: only a cookie sent over https may have the `__Host-` prefix.
    pub fn session_cookie(&self) -> &'static str {
        match self.app_env {
            AppEnv::Production => crate::auth::SECURE_SESSION_COOKIE,
            AppEnv::Development => crate::auth::LOCAL_SESSION_COOKIE,
        }
    }

    /// What services show each other.
    pub fn service_token(&self) -> ServiceToken {
        ServiceToken::new(&self.internal_token, self.internal_token_also_accepted.as_ref())
    }

    /// The database's address, to connect.
    pub fn mongodb_uri(&self) -> &str {
        self.mongodb_uri.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_starts_with_strong_secrets_only() {
        let secret = |value: &str| {
            Env::of(&[("APP_ENV", "production"), ("INTERNAL_TOKEN", value)])
                .secret("INTERNAL_TOKEN", "development-default")
        };
        assert!(secret("").is_err());
        assert!(secret("short").is_err());
        assert!(secret("development-0123456789abcdef0123456789abcdef").is_err());
        let default = "0123456789abcdef0123456789abcdef";
        let env = Env::of(&[("APP_ENV", "production"), ("TICKET_SIGNING_KEY", default)]);
        assert!(env.secret("TICKET_SIGNING_KEY", default).is_err());
        assert!(secret("0123456789abcdef0123456789abcdef").is_ok());
        let second = |value: &str| {
            Env::of(&[("APP_ENV", "production"), ("INTERNAL_TOKEN_ALSO_ACCEPTED", value)])
                .secret_if_set("INTERNAL_TOKEN_ALSO_ACCEPTED")
        };
        assert!(second("").is_ok_and(|secret| secret.is_none()));
        assert!(second("short").is_err());
        assert!(second("0123456789abcdef0123456789abcdef").is_ok_and(|secret| secret.is_some()));
    }

    #[test]
    fn a_refused_start_names_the_variable() {
        let refused = Env::of(&[("PORT", "eighty")]).parse("PORT", 1_u16).expect_err("not a number");
        assert!(refused.to_string().starts_with("PORT: "));
    }

    #[test]
    fn development_needs_no_variable() {
        assert!(CommonConfig::from_env(&Env::of(&[]), "auth", 3001, 9101).is_ok());
    }
}
