//! What is written about a service's variables: each `.env.example` and each README's table.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use xtask::services::Service;

use crate::{
    read::text,
    settings::{asked, start_with},
};

/// The lines of a service's `.env.example`.
pub fn example(service: Service) -> Result<BTreeMap<String, String>> {
    let text = text(format!("{}/.env.example", service.name()))?;
    let lines = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    Ok(lines.map(|(name, value)| (name.to_owned(), value.trim_matches(['"', '\'']).to_owned())).collect())
}

/// The variables of the first column of a README's tables.
pub fn table(readme: &str) -> BTreeSet<String> {
    let cells = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    let words = cells.flat_map(|cell| cell.split('`'));
    let is_variable =
        |word: &&str| word.contains('_') || word.chars().all(|letter| letter.is_ascii_uppercase()) && word.len() > 3;
    let is_upper = |word: &&str| {
        word.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
    };
    words.map(str::trim).filter(is_upper).filter(is_variable).map(ToOwned::to_owned).collect()
}

#[test]
fn each_example_has_every_variable_of_its_service_and_no_other() -> Result<()> {
    for service in Service::ALL {
        let shown: BTreeSet<String> = example(service)?.into_keys().collect();
        assert_eq!(shown, asked(service), "{}/.env.example", service.name());
    }
    Ok(())
}

#[test]
fn with_its_example_a_service_starts_as_without_it() -> Result<()> {
    for service in Service::ALL {
        let (with, without) = (start_with(service, &example(service)?)?, start_with(service, &BTreeMap::new())?);
        let both = [&with, &without].map(|config| format!("{config:?} {}", config.mongodb_uri()));
        assert_eq!(both[0], both[1], "{}/.env.example", service.name());
    }
    Ok(())
}

#[test]
fn each_readme_lists_every_variable_of_its_service_and_no_other() -> Result<()> {
    for service in Service::ALL {
        let listed = table(&text(format!("{}/README.md", service.name()))?);
        assert_eq!(listed, asked(service), "{}/README.md", service.name());
    }
    Ok(())
}
