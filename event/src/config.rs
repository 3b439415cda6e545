//! The event service's settings.

use std::str::FromStr;

use shared::server::{CommonConfig, ConfigError, Env};

/// Who may make events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventCreation {
    /// Everyone who is signed in.
    User,
    /// Admins only.
    Admin,
}

impl FromStr for EventCreation {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "user" => Ok(Self::User),
            "admin" => Ok(Self::Admin),
            _ => Err("is user or admin"),
        }
    }
}

/// The settings, read once.
#[derive(Clone, Debug)]
pub struct Config {
    /// What every service has.
    pub common: CommonConfig,
    /// Where auth answers.
    pub auth_service_url: String,
    /// Who may make events.
    pub event_creation: EventCreation,
}

impl Config {
    /// Reads `PORT` (3002), `METRICS_PORT` (9102) and the variables that the README lists.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            common: CommonConfig::from_env(env, "event", 3002, 9102)?,
            auth_service_url: env.required("AUTH_SERVICE_URL", "http://127.0.0.1:3001")?,
            event_creation: env.parse("EVENT_CREATION", EventCreation::User)?,
        })
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
    fn users_may_make_events_unless_told() {
        let creation = |pairs: &[(&str, &str)]| Config::from_env(&Env::of(pairs)).map(|config| config.event_creation);
        assert_eq!(creation(&[]).expect("a configuration"), EventCreation::User);
        assert_eq!(creation(&[("EVENT_CREATION", "admin")]).expect("a configuration"), EventCreation::Admin);
        let refused = creation(&[("EVENT_CREATION", "nobody")]).expect_err("no such word");
        assert_eq!(refused.to_string(), "EVENT_CREATION: is user or admin");
    }
}
