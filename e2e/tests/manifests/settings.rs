//! The variables of the manifests are those that the code asks for, and with them it starts.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use shared::server::{AppEnv, CommonConfig, ConfigError, Env};
use xtask::services::Service;

use crate::read::{Compose, LOCAL, REMOTE, overlay, strong, text};

/// Read by what writes logs, before and beside the settings.
const LOGS: &str = "RUST_LOG";
/// OpenTelemetry's own variables; some are read by its library. `observability/README.md` lists them.
const TRACES: &str = "OTEL_";

/// The service's settings as it reads them when it starts.
pub fn start(service: Service, env: &Env) -> Result<CommonConfig, ConfigError> {
    match service {
        Service::Auth => auth::Config::from_env(env).map(|config| config.common),
        Service::Event => event::Config::from_env(env).map(|config| config.common),
        Service::Ticket => ticket::Config::from_env(env).map(|config| config.common),
        Service::Payment => payment::Config::from_env(env).map(|config| config.common),
    }
}

/// The settings with these variables alone.
pub fn start_with(service: Service, env: &BTreeMap<String, String>) -> Result<CommonConfig, ConfigError> {
    start(service, &Env::of(&pairs(env)))
}

fn pairs(env: &BTreeMap<String, String>) -> Vec<(&str, &str)> {
    env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// Read by all, as one of the limits, and used where people sign in.
const OF_AUTH_ALONE: &str = "RATE_LIMIT_CREDENTIALS";

/// Every variable that the service's code asks for, whoever moves the money; without OpenTelemetry's.
pub fn asked(service: Service) -> BTreeSet<String> {
    let stripe = [("PAYMENT_PROVIDER", "stripe"), ("STRIPE_SECRET_KEY", "key"), ("STRIPE_WEBHOOK_SECRET", "secret")];
    let mut asked = BTreeSet::from([LOGS.to_owned()]);
    for pairs in [&[][..], &stripe] {
        let env = Env::of(pairs);
        start(service, &env).expect("a configuration");
        asked.extend(env.asked());
    }
    let is_used = |name: &String| !name.starts_with(TRACES) && (service == Service::Auth || name != OF_AUTH_ALONE);
    asked.into_iter().filter(is_used).collect()
}

/// Those that neither the service nor OpenTelemetry asks for.
fn unknown<'a>(service: Service, names: impl Iterator<Item = &'a String>) -> Result<Vec<String>> {
    let (asked, traces) = (asked(service), text("observability/README.md")?);
    let is_known =
        |name: &str| asked.contains(name) || (name.starts_with(TRACES) && traces.contains(&format!("`{name}`")));
    Ok(names.filter(|name| !is_known(name)).cloned().collect())
}

#[test]
fn kubernetes_sets_only_variables_that_the_service_asks_for() -> Result<()> {
    for name in REMOTE {
        for service in Service::ALL {
            let deployed = overlay(name, service)?;
            let env = deployed.with_secrets(service.name(), true);
            let unknown = unknown(service, env.keys())?;
            assert!(unknown.is_empty(), "{name}: {} does not ask for {unknown:?}", service.name());
        }
    }
    Ok(())
}

#[test]
fn compose_sets_only_variables_that_the_service_asks_for() -> Result<()> {
    let compose = Compose::with(&[])?;
    for service in Service::ALL {
        let unknown = unknown(service, compose.env(service.name())?.keys())?;
        assert!(unknown.is_empty(), "{} does not ask for {unknown:?}", service.name());
    }
    Ok(())
}

#[test]
fn with_the_variables_of_kubernetes_a_service_starts_in_production() -> Result<()> {
    for name in REMOTE {
        for service in Service::ALL {
            let env = overlay(name, service)?.with_secrets(service.name(), true);
            let config = start_with(service, &env)?;
            assert_eq!(config.app_env, AppEnv::Production, "{name}: {}", service.name());
            assert!(config.frontend_urls.iter().all(|url| url.starts_with("https://")), "{:?}", config.frontend_urls);
            assert!(config.traces.endpoint.is_some(), "{name}: {} sends no traces", service.name());
        }
    }
    Ok(())
}

#[test]
fn where_no_money_moves_the_secrets_that_terraform_requires_are_enough() -> Result<()> {
    for name in REMOTE {
        for service in Service::ALL {
            let mut env = overlay(name, service)?.with_secrets(service.name(), false);
            // Whoever moves the money there now.
            env.entry("PAYMENT_PROVIDER".to_owned()).and_modify(|provider| "simulated".clone_into(provider));
            start_with(service, &env)?;
        }
        let mut env = overlay(name, Service::Payment)?.with_secrets("payment", false);
        env.insert("PAYMENT_PROVIDER".to_owned(), "stripe".to_owned());
        let refused = start_with(Service::Payment, &env);
        assert_eq!(refused.expect_err("Stripe has secrets").name, "STRIPE_SECRET_KEY", "{name}");
    }
    Ok(())
}

#[test]
fn on_a_laptop_a_service_starts_in_production_with_the_secrets_that_are_made_there() -> Result<()> {
    for service in Service::ALL {
        let deployed = overlay(LOCAL, service)?;
        let unknown = unknown(service, deployed.env.keys())?;
        assert!(unknown.is_empty(), "{} does not ask for {unknown:?}", service.name());
        let config = start_with(service, &deployed.env)?;
        assert_eq!(config.app_env, AppEnv::Production);
        assert_eq!(deployed.ports["http"], u64::from(config.address.port()));
    }
    Ok(())
}

#[test]
fn compose_starts_every_service_in_development_without_any_variable() -> Result<()> {
    let compose = Compose::with(&[])?;
    for service in Service::ALL {
        let config = start_with(service, &compose.env(service.name())?)?;
        assert_eq!(config.app_env, AppEnv::Development);
        assert_eq!(config.frontend_urls, ["http://localhost:3000"]);
    }
    Ok(())
}

#[test]
fn compose_starts_every_service_in_production_with_the_secrets_and_not_without() -> Result<()> {
    let production = ("APP_ENV", "production".to_owned());
    let all = ["INTERNAL_TOKEN", "SESSION_SECRET", "TICKET_SIGNING_KEY"].map(|name| (name, strong()));
    let with = Compose::with(&[std::slice::from_ref(&production), &all[..]].concat())?;
    let without = Compose::with(&[production])?;
    for service in Service::ALL {
        let config = start_with(service, &with.env(service.name())?)?;
        assert_eq!(config.app_env, AppEnv::Production);
        assert!(start_with(service, &without.env(service.name())?).is_err(), "{}", service.name());
    }
    Ok(())
}
