//! The payment service's settings.

use std::{str::FromStr, time::Duration};

use shared::server::{AppEnv, CommonConfig, ConfigError, Env};

/// Who moves the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderKind {
    /// Nobody: test cards decide the outcome, and no money moves.
    Simulated,
}

impl FromStr for ProviderKind {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "simulated" => Ok(Self::Simulated),
            "stripe" => Err("stripe is not supported by this version: use simulated"),
            _ => Err("is simulated"),
        }
    }
}

/// The settings, read once.
#[derive(Clone, Debug)]
pub struct Config {
    /// What every service has.
    pub common: CommonConfig,
    /// Where auth is.
    pub auth_url: String,
    /// Where ticket is.
    pub ticket_url: String,
    /// Who moves the money.
    pub provider: ProviderKind,
    /// A payment still undecided after so long is cancelled at the provider.
    pub deadline: Duration,
    /// How long a buyer is let wait for the outcome before the answer is that it is not decided yet.
    pub patience: Duration,
    /// How often undecided payments are looked for.
    pub resolve_every: Duration,
}

impl Config {
    /// Reads `PORT` (3004), `METRICS_PORT` (9104) and the variables that the README lists.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            common: CommonConfig::from_env(env, "payment", 3004, 9104)?,
            auth_url: env.required("AUTH_SERVICE_URL", "http://127.0.0.1:3001")?,
            ticket_url: env.required("TICKET_SERVICE_URL", "http://127.0.0.1:3003")?,
            provider: env.parse("PAYMENT_PROVIDER", ProviderKind::Simulated)?,
            deadline: env.seconds("PAYMENT_DEADLINE_SECONDS", 20)?,
            // With the question to auth it fits into the time of a request.
            patience: Duration::from_millis(1_700),
            resolve_every: Duration::from_secs(1),
        })
    }

    /// Whether people could take the test cards for real ones.
    pub fn is_pretending_in_production(&self) -> bool {
        self.common.app_env == AppEnv::Production && self.provider == ProviderKind::Simulated
    }
}

impl AsRef<CommonConfig> for Config {
    fn as_ref(&self) -> &CommonConfig {
        &self.common
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_is_not_built_in_refuses_the_start() {
        let refused = Config::from_env(&Env::of(&[("PAYMENT_PROVIDER", "stripe")])).expect_err("not yet");
        assert!(refused.to_string().starts_with("PAYMENT_PROVIDER: stripe"), "{refused}");
        assert!(Config::from_env(&Env::of(&[])).is_ok());
    }
}
