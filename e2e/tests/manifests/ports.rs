//! Ports, probes and neighbours: each is where the other end looks for it.

use anyhow::{Context, Result};
use xtask::services::Service;

use crate::{
    read::{Compose, Probe, REMOTE, overlay, text},
    settings::{start, start_with},
};

/// The ports for requests and metrics that the code has by itself.
fn by_default(service: Service) -> Result<(u16, u16)> {
    let config = start(service, &shared::server::Env::of(&[]))?;
    Ok((config.address.port(), config.metrics_address.port()))
}

#[test]
fn in_kubernetes_a_service_listens_where_its_container_its_service_and_its_probes_say() -> Result<()> {
    for name in REMOTE {
        for service in Service::ALL {
            let deployed = overlay(name, service)?;
            let config = start_with(service, &deployed.with_secrets(service.name(), true))?;
            let (http, metrics) = (config.address.port(), config.metrics_address.port());
            assert_eq!((http, metrics), by_default(service)?, "{name}: {}", service.name());
            let ports = [("http".to_owned(), http.into()), ("metrics".to_owned(), metrics.into())];
            assert_eq!(deployed.ports, ports.into(), "{name}: {}", service.name());
            // Metrics are asked of the pods themselves.
            assert_eq!(deployed.service_ports, [(http.into(), "http".to_owned())].into(), "{name}: {}", service.name());
        }
    }
    Ok(())
}

#[test]
fn probes_ask_readiness_before_traffic_and_only_life_afterwards() -> Result<()> {
    let at = |path: &str| Probe { path: path.to_owned(), port: "http".to_owned() };
    for name in REMOTE {
        for service in Service::ALL {
            let probes = overlay(name, service)?.probes;
            let expected = [("startup", at("/ready")), ("readiness", at("/ready")), ("liveness", at("/health"))];
            assert_eq!(probes, expected.into(), "{name}: {}", service.name());
        }
    }
    Ok(())
}

#[test]
fn in_compose_a_service_listens_where_its_published_port_leads() -> Result<()> {
    let compose = Compose::with(&[])?;
    for service in Service::ALL {
        let config = start_with(service, &compose.env(service.name())?)?;
        let (http, metrics) = (config.address.port(), config.metrics_address.port());
        assert_eq!((http, metrics), by_default(service)?, "{}", service.name());
        assert_eq!(compose.published(service.name()), [http.to_string()]);
        let binary = format!("/{}", service.name());
        assert_eq!(compose.health_check(service.name()), ["CMD", &binary, "healthcheck"]);
        let scraped = text("observability/prometheus/prometheus.yml")?;
        let target = format!("{}:{metrics}", service.name());
        assert!(scraped.contains(&target), "Prometheus does not look at {target}");
    }
    Ok(())
}

#[test]
fn services_look_for_each_other_where_they_listen() -> Result<()> {
    let compose = Compose::with(&[])?;
    for service in Service::ALL {
        let staging = overlay("staging", service)?.env;
        for env in [staging, overlay("production", service)?.env, compose.env(service.name())?] {
            for (name, url) in env.iter().filter(|(name, _)| name.ends_with("_SERVICE_URL")) {
                let mut all = Service::ALL.into_iter();
                let neighbour = all.find(|other| other.url_variable() == *name).with_context(|| name.clone())?;
                let expected = format!("http://{}:{}", neighbour.name(), by_default(neighbour)?.0);
                assert_eq!(*url, expected, "{}: {name}", service.name());
            }
        }
    }
    Ok(())
}
