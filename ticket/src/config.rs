//! The settings of the ticket service.

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use shared::{
    server::{CommonConfig, ConfigError, Env},
    ticket::HOLD_SECONDS,
};

use crate::domain::pass::{Key, Signer};

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
    /// Signs tickets.
    pub signer: Signer,
}

/// Signs tickets on a developer's machine: as secret as this file.
const DEVELOPMENT_KEY: &str = "ZGV2ZWxvcG1lbnQtb25seS10aWNrZXQtc2VlZC0zMmI";

impl Config {
    /// Reads `PORT` (3003), `METRICS_PORT` (9103) and the variables that the README lists.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let hold: u32 = env.parse("HOLD_SECONDS", u32::try_from(HOLD_SECONDS).unwrap_or(u32::MAX))?;
        if hold == 0 {
            return Err(ConfigError { name: "HOLD_SECONDS", reason: "must be at least 1".into() });
        }
        Ok(Self {
            signer: signer(env)?,
            common: CommonConfig::from_env(env, "ticket", 3003, 9103)?,
            auth_service_url: env.required("AUTH_SERVICE_URL", "http://127.0.0.1:3001")?,
            event_service_url: env.required("EVENT_SERVICE_URL", "http://127.0.0.1:3002")?,
            hold: SignedDuration::from_secs(hold.into()),
        })
    }
}

fn signer(env: &Env) -> Result<Signer, ConfigError> {
    let bad = |name, reason: &str| ConfigError { name, reason: reason.into() };
    let old: Vec<String> = env.list("TICKET_SIGNING_KEYS_OLD", "")?;
    let old: Option<Vec<Key>> = old.iter().map(|key| Key::parse(key)).collect();
    let old = old.ok_or_else(|| bad("TICKET_SIGNING_KEYS_OLD", "must be Ed25519 public keys in base64url"))?;
    let seed = env.secret("TICKET_SIGNING_KEY", DEVELOPMENT_KEY)?;
    let signer = Signer::parse(seed.expose_secret(), old);
    signer.ok_or_else(|| bad("TICKET_SIGNING_KEY", "must be 32 random bytes in base64url without padding"))
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
    fn a_signing_key_is_32_bytes_and_in_production_its_own() {
        let start = |pairs: &[(&str, &str)]| Config::from_env(&Env::of(pairs)).map(drop).map_err(|error| error.name);
        assert_eq!(start(&[("TICKET_SIGNING_KEY", "c2hvcnQ")]), Err("TICKET_SIGNING_KEY"));
        assert_eq!(start(&[("TICKET_SIGNING_KEYS_OLD", "c2hvcnQ")]), Err("TICKET_SIGNING_KEYS_OLD"));
        let production = [
            ("APP_ENV", "production"),
            ("MONGODB_URI", "mongodb://db/ticket_db"),
            ("INTERNAL_TOKEN", "0123456789abcdef0123456789abcdef"),
            ("FRONTEND_URL", "https://tickets.example.com"),
            ("AUTH_SERVICE_URL", "http://auth"),
            ("EVENT_SERVICE_URL", "http://event"),
        ];
        let with = |key| start(&[&production[..], &[("TICKET_SIGNING_KEY", key)]].concat());
        assert_eq!(with(""), Err("TICKET_SIGNING_KEY"));
        assert_eq!(with(DEVELOPMENT_KEY), Err("TICKET_SIGNING_KEY"));
        assert_eq!(with("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"), Ok(()));
    }

    #[test]
    fn a_hold_lasts_ten_minutes_unless_told() {
        let hold = |pairs: &[(&str, &str)]| Config::from_env(&Env::of(pairs)).map(|config| config.hold);
        assert_eq!(hold(&[]).expect("defaults"), SignedDuration::from_mins(10));
        assert_eq!(hold(&[("HOLD_SECONDS", "5")]).expect("given"), SignedDuration::from_secs(5));
        assert!(hold(&[("HOLD_SECONDS", "0")]).is_err());
    }
}
