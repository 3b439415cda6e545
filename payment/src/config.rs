//! The payment service's settings.

use std::{str::FromStr, time::Duration};

use shared::server::{AppEnv, CommonConfig, ConfigError, Env};

use crate::provider::{StripeConfig, Switch, WebhookConfig};

/// Who moves the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderKind {
    /// Nobody: test cards decide the outcome, and no money moves.
    Simulated,
    /// Stripe.
    Stripe,
}

impl FromStr for ProviderKind {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "simulated" => Ok(Self::Simulated),
            "stripe" => Ok(Self::Stripe),
            _ => Err("is simulated or stripe"),
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
    /// The account at Stripe, where that is the provider.
    pub stripe: Option<StripeConfig>,
    /// The simulated provider's webhooks.
    pub webhooks: WebhookConfig,
    /// A payment still undecided after so long is cancelled at the provider.
    pub deadline: Duration,
    /// The same where the buyer must act.
    pub action_deadline: Duration,
    /// How long a buyer is let wait for the outcome before the answer is that it is not decided yet.
    pub patience: Duration,
    /// How often undecided payments are looked for.
    pub resolve_every: Duration,
    /// How often ticket is asked for orders to refund.
    pub refund_every: Duration,
    /// How often the provider's books are compared with ours.
    pub audit_every: Duration,
}

impl Config {
    /// Reads `PORT` (3004), `METRICS_PORT` (9104) and the variables that the README lists.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let common = CommonConfig::from_env(env, "payment", 3004, 9104)?;
        let provider = env.parse("PAYMENT_PROVIDER", ProviderKind::Simulated)?;
        Ok(Self {
            auth_url: env.required("AUTH_SERVICE_URL", "http://127.0.0.1:3001")?,
            ticket_url: env.required("TICKET_SERVICE_URL", "http://127.0.0.1:3003")?,
            stripe: if provider == ProviderKind::Stripe { Some(stripe(env, &common)?) } else { None },
            webhooks: webhooks(env, &common, provider)?,
            provider,
            deadline: env.seconds("PAYMENT_DEADLINE_SECONDS", 20)?,
            action_deadline: env.seconds("PAYMENT_ACTION_DEADLINE_SECONDS", 300)?,
            // With the question to auth it fits into the time of a request.
            patience: Duration::from_millis(1_700),
            resolve_every: Duration::from_secs(1),
            refund_every: Duration::from_secs(1),
            audit_every: env.seconds("PAYMENT_AUDIT_SECONDS", 60)?,
            common,
        })
    }

    /// Whether people could take the test cards for real ones.
    pub fn is_pretending_in_production(&self) -> bool {
        self.common.app_env == AppEnv::Production && self.provider == ProviderKind::Simulated
    }
}

fn given(env: &Env, name: &'static str) -> Result<String, ConfigError> {
    env.get(name).ok_or_else(|| ConfigError { name, reason: "must be set with PAYMENT_PROVIDER=stripe".into() })
}

fn stripe(env: &Env, common: &CommonConfig) -> Result<StripeConfig, ConfigError> {
    let name = "STRIPE_API_BASE";
    let api_base = env.get(name).unwrap_or_else(|| "https://api.stripe.com".to_owned());
    if common.app_env == AppEnv::Production && !api_base.starts_with("https://") {
        return Err(ConfigError { name, reason: "must begin with https:// in production".into() });
    }
    Ok(StripeConfig {
        secret_key: given(env, "STRIPE_SECRET_KEY")?.into(),
        webhook_secret: given(env, "STRIPE_WEBHOOK_SECRET")?.into(),
        api_base,
        web_app: common.frontend_urls.first().cloned().unwrap_or_default(),
    })
}

/// In production the simulated provider's webhooks are believed only where a secret is given for them.
fn webhooks(env: &Env, common: &CommonConfig, provider: ProviderKind) -> Result<WebhookConfig, ConfigError> {
    let Switch(send) = env.parse("SIMULATED_WEBHOOKS", Switch::default())?;
    let send = send.filter(|_| provider == ProviderKind::Simulated);
    let name = "SIMULATED_WEBHOOK_SECRET";
    let wanted = send.is_some() || env.get(name).is_some() || common.app_env == AppEnv::Development;
    let own = format!("http://127.0.0.1:{}/api/payment/webhooks/simulated", common.address.port());
    Ok(WebhookConfig {
        secret: if wanted { Some(env.secret(name, "development-only-webhook-secret")?) } else { None },
        send,
        url: env.get("PAYMENT_WEBHOOK_URL").unwrap_or(own),
    })
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
        let refused = Config::from_env(&Env::of(&[("PAYMENT_PROVIDER", "cash")])).expect_err("unknown");
        assert!(refused.to_string().starts_with("PAYMENT_PROVIDER: "), "{refused}");
        assert!(Config::from_env(&Env::of(&[])).is_ok());
    }

    #[test]
    fn stripe_needs_its_secrets() {
        let mut given = vec![("PAYMENT_PROVIDER", "stripe")];
        for name in ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"] {
            let refused = Config::from_env(&Env::of(&given)).expect_err("a secret is missing");
            assert_eq!(refused.name, name);
            given.push((name, "a secret"));
        }
        assert!(Config::from_env(&Env::of(&given)).is_ok_and(|config| config.stripe.is_some()));
    }

    #[test]
    fn in_production_no_webhook_is_believed_by_a_secret_that_everyone_knows() {
        let production = |more: &[(&str, &str)]| {
            let token = "0123456789abcdef0123456789abcdef";
            let (database, url) = ("mongodb://mongo/payment_db", "http://neighbour");
            let mut given = vec![("APP_ENV", "production"), ("INTERNAL_TOKEN", token), ("MONGODB_URI", database)];
            given.extend([("AUTH_SERVICE_URL", url), ("TICKET_SERVICE_URL", url)]);
            given.extend(more);
            Config::from_env(&Env::of(&given))
        };
        assert!(production(&[]).is_ok_and(|config| config.webhooks.secret.is_none()));
        let refused = production(&[("SIMULATED_WEBHOOKS", "on")]).expect_err("no secret");
        assert_eq!(refused.name, "SIMULATED_WEBHOOK_SECRET");
    }
}
