//! In production no service starts with a secret that is missing, weak or known to everyone.

use std::collections::BTreeSet;

use anyhow::Result;
use xtask::services::Service;

use crate::{
    papers::example,
    read::{REMOTE, overlay},
    settings::start_with,
};

/// Those that only we give; the others are given by the one who runs the database or moves the money.
const OURS: [&str; 3] = ["INTERNAL_TOKEN", "SESSION_SECRET", "TICKET_SIGNING_KEY"];

#[test]
fn a_required_secret_that_is_missing_refuses_the_start_and_is_named() -> Result<()> {
    for name in REMOTE {
        for service in Service::ALL {
            let deployed = overlay(name, service)?;
            assert!(deployed.required.contains("MONGODB_URI") && deployed.required.contains("INTERNAL_TOKEN"));
            for secret in &deployed.required {
                let mut env = deployed.with_secrets(service.name(), true);
                env.remove(secret);
                let refused = start_with(service, &env).expect_err(secret);
                assert_eq!(refused.name, secret, "{name}: {}", service.name());
            }
        }
    }
    Ok(())
}

#[test]
fn a_weak_secret_and_the_one_that_developers_use_are_refused() -> Result<()> {
    let mut seen = BTreeSet::new();
    for service in Service::ALL {
        let (deployed, example) = (overlay("production", service)?, example(service)?);
        for secret in OURS.iter().filter(|secret| deployed.required.contains(**secret)) {
            for weak in ["", "short", "changeme", example[*secret].as_str()] {
                let mut env = deployed.with_secrets(service.name(), true);
                env.insert((*secret).to_owned(), weak.to_owned());
                let refused = start_with(service, &env).expect_err(weak);
                assert_eq!(refused.name, *secret, "{}: {weak}", service.name());
            }
            seen.insert(*secret);
        }
    }
    assert_eq!(seen, BTreeSet::from(OURS));
    Ok(())
}

#[test]
fn the_manifests_hold_no_secret() -> Result<()> {
    for name in REMOTE {
        for service in Service::ALL {
            let deployed = overlay(name, service)?;
            let secrets = deployed.required.union(&deployed.optional);
            let in_the_tree: Vec<_> = secrets.filter(|secret| deployed.env.contains_key(*secret)).collect();
            assert!(in_the_tree.is_empty(), "{name}: {}: {in_the_tree:?}", service.name());
        }
    }
    Ok(())
}
