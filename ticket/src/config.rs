//! The settings of the ticket service.

use jiff::SignedDuration;
use shared::{
    server::{CommonConfig, ConfigError, Env},
    ticket::HOLD_SECONDS,
};

/// The settings, read once.
#[derive(Clone, Debug)]
pub struct Config {
    /// What every service has.
    pub common: CommonConfig,
    /// Where auth is asked who calls.
    pub auth_service_url: String,
    /// Where events come from.
    pub event_service_url: String,
    /// How long an unpaid order keeps its seats.
    pub hold: SignedDuration,
}

impl Config {
    /// Reads `PORT` (3003), `METRICS_PORT` (9103) and the variables that the README lists.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let hold: u32 = env.parse("HOLD_SECONDS", u32::try_from(HOLD_SECONDS).unwrap_or(u32::MAX))?;
        if hold == 0 {
            return Err(ConfigError { name: "HOLD_SECONDS", reason: "must be at least 1".into() });
        }
        Ok(Self {
            common: CommonConfig::from_env(env, "ticket", 3003, 9103)?,
            auth_service_url: env.required("AUTH_SERVICE_URL", "http://127.0.0.1:3001")?,
            event_service_url: env.required("EVENT_SERVICE_URL", "http://127.0.0.1:3002")?,
            hold: SignedDuration::from_secs(hold.into()),
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
    fn a_hold_lasts_ten_minutes_unless_told() {
        let hold = |pairs: &[(&str, &str)]| Config::from_env(&Env::of(pairs)).map(|config| config.hold);
        assert_eq!(hold(&[]).expect("defaults"), SignedDuration::from_mins(10));
        assert_eq!(hold(&[("HOLD_SECONDS", "5")]).expect("given"), SignedDuration::from_secs(5));
        assert!(hold(&[("HOLD_SECONDS", "0")]).is_err());
    }
}
