//! `docker-compose.yml`.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;
use xtask::deploy::{variables::expand, yaml};

/// The file with variables of the one who runs it.
pub struct Compose {
    services: Value,
    given: BTreeMap<String, String>,
}

impl Compose {
    /// As started with these variables; the others have the file's defaults.
    pub fn with(given: &[(&str, String)]) -> Result<Self> {
        let file = yaml::document(&super::text("docker-compose.yml")?)?;
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Ok(Self { services: file["services"].clone(), given })
    }

    /// What a service is started with.
    pub fn env(&self, service: &str) -> Result<BTreeMap<String, String>> {
        let env =
            self.services[service]["environment"].as_object().with_context(|| format!("{service}: no variables"))?;
        Ok(env.iter().map(|(name, value)| (name.clone(), self.expanded(value))).collect())
    }

    /// The ports inside of a container that are published.
    pub fn published(&self, service: &str) -> Vec<String> {
        let ports = self.services[service]["ports"].as_array().into_iter().flatten();
        ports.filter_map(|port| self.expanded(port).rsplit(':').next().map(ToOwned::to_owned)).collect()
    }

    /// The command that asks a container whether it is well.
    pub fn health_check(&self, service: &str) -> Vec<String> {
        let test = self.services[service]["healthcheck"]["test"].as_array().into_iter().flatten();
        test.filter_map(Value::as_str).map(ToOwned::to_owned).collect()
    }

    fn expanded(&self, value: &Value) -> String {
        match value.as_str() {
            Some(text) => expand(text, &|name| self.given.get(name).cloned()),
            None => value.to_string(),
        }
    }
}
