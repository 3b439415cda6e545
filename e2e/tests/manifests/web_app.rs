//! The web app's server: what it is given and where it is looked for, against its code.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use anyhow::Result;
use web_server::{Config, ConfigError};
use xtask::services::Service;

use crate::{
    papers::table,
    read::{Compose, LOCAL, Probe, REMOTE, WEB_APP, overlay, text, web_app},
};

/// The variable that the operator of a shop must fill in, and what stands there until then.
const KEY: &str = "STRIPE_PUBLISHABLE_KEY";
const PLACEHOLDER: &str = "pk_live_of_your_account";

/// Every variable that the code asks for, where cards are paid by Stripe.
fn asked() -> BTreeSet<String> {
    let asked = RefCell::new(BTreeSet::new());
    let read = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        (name == KEY).then(|| "pk_test_1".to_owned())
    };
    Config::from_variables(read).expect("a configuration");
    asked.into_inner()
}

/// The settings with these variables alone.
fn start_with(env: &BTreeMap<String, String>) -> Result<Config, ConfigError> {
    Config::from_variables(|name| env.get(name).cloned())
}

/// What an overlay gives it, with a key in place of what stands for one.
fn filled_in(name: &str) -> Result<BTreeMap<String, String>> {
    let mut env = web_app(name)?.env;
    if let Some(key) = env.get_mut(KEY).filter(|key| *key == PLACEHOLDER) {
        "pk_live_1".clone_into(key);
    }
    Ok(env)
}

#[test]
fn nobody_sets_a_variable_that_it_does_not_ask_for() -> Result<()> {
    let mut given = vec![("compose", Compose::with(&[])?.env(WEB_APP)?)];
    for name in REMOTE.into_iter().chain([LOCAL]) {
        given.push((name, web_app(name)?.env));
    }
    for (name, env) in given {
        let unknown: Vec<_> = env.keys().filter(|name| !asked().contains(*name)).collect();
        assert!(unknown.is_empty(), "{name}: the web app does not ask for {unknown:?}");
    }
    Ok(())
}

#[test]
fn its_readme_lists_every_variable_and_no_other() -> Result<()> {
    assert_eq!(table(&text("frontend/server/README.md")?), asked());
    Ok(())
}

#[test]
fn in_a_cluster_it_tells_browsers_of_the_one_address_that_the_services_take_requests_from() -> Result<()> {
    for name in REMOTE {
        let site = start_with(&filled_in(name)?)?.site;
        let origin = overlay(name, Service::Auth)?.env["FRONTEND_URL"].clone();
        assert_eq!(site.urls.all(), [origin.as_str(); 4], "{name}");
        assert!(origin.starts_with("https://") && site.https_only.is_some(), "{name}: {origin}");
        // Else it would take an address that is missing for one of a developer's machine.
        for url in ["AUTH_URL", "EVENT_URL", "TICKET_URL", "PAYMENT_URL"] {
            let mut env = filled_in(name)?;
            env.remove(url);
            assert_eq!(start_with(&env).expect_err(url).name, url, "{name}");
        }
    }
    Ok(())
}

#[test]
fn its_pay_page_takes_cards_where_payment_does() -> Result<()> {
    for name in REMOTE {
        let by_stripe = overlay(name, Service::Payment)?.env["PAYMENT_PROVIDER"] == "stripe";
        let site = start_with(&filled_in(name)?)?.site;
        assert_eq!((site.stripe.is_some(), site.test_mode == Some(false)), (by_stripe, by_stripe), "{name}");
    }
    Ok(())
}

#[test]
fn an_overlay_that_nobody_has_filled_in_refuses_its_start() -> Result<()> {
    for name in REMOTE {
        let env = web_app(name)?.env;
        let is_filled_in = env.get(KEY).is_none_or(|key| key != PLACEHOLDER);
        let refused = start_with(&env).err().map(|error| error.name);
        assert_eq!(refused, (!is_filled_in).then_some(KEY), "{name}");
    }
    Ok(())
}

#[test]
fn in_kubernetes_it_listens_where_its_container_its_service_and_its_probes_say() -> Result<()> {
    let probe = Probe { path: "/health".to_owned(), port: "http".to_owned() };
    for name in REMOTE.into_iter().chain([LOCAL]) {
        let (deployed, port) = (web_app(name)?, start_with(&filled_in(name)?)?.address.port());
        assert_eq!(deployed.ports, [("http".to_owned(), port.into())].into(), "{name}");
        assert_eq!(deployed.service_ports, [(port.into(), "http".to_owned())].into(), "{name}");
        let probes = ["startup", "readiness", "liveness"].map(|kind| (kind, probe.clone()));
        assert_eq!(deployed.probes, probes.into(), "{name}");
    }
    Ok(())
}

#[test]
fn in_compose_it_listens_where_its_published_port_leads() -> Result<()> {
    let compose = Compose::with(&[])?;
    let config = start_with(&compose.env(WEB_APP)?)?;
    assert_eq!(compose.published(WEB_APP), [config.address.port().to_string()]);
    assert_eq!(compose.health_check(WEB_APP), ["CMD", "/web-server", "healthcheck"]);
    Ok(())
}

#[test]
fn compose_hands_on_what_is_said_of_it_in_production() -> Result<()> {
    let said = [
        ("APP_ENV", "production"),
        ("AUTH_URL", "https://a.example"),
        ("EVENT_URL", "https://e.example"),
        ("TICKET_URL", "https://t.example"),
        ("PAYMENT_URL", "https://p.example"),
        ("TEST_MODE", "false"),
        (KEY, "pk_live_1"),
        ("HSTS_SECONDS", "60"),
    ];
    let compose = Compose::with(&said.map(|(name, value)| (name, value.to_owned())))?;
    let site = start_with(&compose.env(WEB_APP)?)?.site;
    assert_eq!(site.urls.all(), ["https://a.example", "https://e.example", "https://t.example", "https://p.example"]);
    assert_eq!(site.stripe.map(|stripe| stripe.publishable_key).as_deref(), Some("pk_live_1"));
    assert_eq!((site.test_mode, site.https_only.map(|age| age.as_secs())), (Some(false), Some(60)));
    Ok(())
}
