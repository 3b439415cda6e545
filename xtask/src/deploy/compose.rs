//! `docker-compose.yml` by Compose itself, which needs no engine for it, and by what it says of itself.

use std::{collections::BTreeSet, env, fs};

use anyhow::{Context, Result};
use serde_json::{Map, Value};
use tokio::process::Command;

use super::{report::Report, tools::Unavailable, variables, yaml};
use crate::paths;

/// What a Docker client needs of the environment; no variable of the platform's.
const CLIENT: [&str; 4] = ["PATH", "HOME", "DOCKER_CONFIG", "DOCKER_HOST"];

/// Compose's own variables, which the file does not name.
const COMPOSE: &str = "COMPOSE_";

pub async fn check(report: &mut Report) -> Result<()> {
    let name = "compose: config";
    if paths::answers("docker", &["compose", "version"]) {
        report.run(name, config()).await?;
    } else {
        let missing = "docker compose is not installed; the file was only read";
        report.without(&[name], &Unavailable::Missing(missing.to_owned()));
    }
    report.look("compose: what the file names is there", || {
        let text = fs::read_to_string(paths::root().join("docker-compose.yml"))?;
        let example = fs::read_to_string(paths::root().join(".env.example")).context(".env.example")?;
        let mut found = dangling(&yaml::document(&text)?);
        found.extend(undocumented(&text, &example));
        Ok(found)
    });
    Ok(())
}

fn config() -> Command {
    let mut command = Command::new("docker");
    command.args(["compose", "--env-file", "/dev/null", "--profile", "*", "config", "--quiet"]).env_clear();
    command.envs(CLIENT.iter().filter_map(|name| Some((name, env::var_os(name)?))));
    command
}

/// Services, networks and volumes that are named and not there.
fn dangling(file: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let Some(services) = file["services"].as_object() else { return vec!["no services".to_owned()] };
    for (name, service) in services {
        if service["image"].as_str().is_none() {
            found.push(format!("{name}: no image"));
        }
        let mut require = |kind: &str, wanted: Vec<&str>, there: &Map<String, Value>| {
            let missing = wanted.into_iter().filter(|wanted| !there.contains_key(*wanted));
            found.extend(missing.map(|wanted| format!("{name}: there is no {kind} `{wanted}`")));
        };
        require("service", named(&service["depends_on"]), services);
        require("network", named(&service["networks"]), &members(&file["networks"]));
        let volumes = named(&service["volumes"]).into_iter();
        let volumes =
            volumes.filter_map(|volume| volume.split(':').next()).filter(|from| !from.starts_with(['.', '/']));
        require("volume", volumes.collect(), &members(&file["volumes"]));
    }
    found
}

/// The words of a list, or the keys of a mapping.
fn named(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::Object(members) => members.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

fn members(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// Variables that the file asks for and the example does not show, and the other way round.
fn undocumented(file: &str, example: &str) -> Vec<String> {
    let code = file.lines().filter(|line| !line.trim_start().starts_with('#'));
    let asked = variables::names(&code.collect::<Vec<_>>().join("\n"));
    let shown: BTreeSet<String> = example
        .lines()
        .filter_map(|line| line.trim_start_matches('#').split_once('='))
        .map(|(name, _)| name.to_owned())
        .filter(|name| !name.is_empty() && name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_'))
        .collect();
    let missing = asked.difference(&shown).map(|name| format!("{name} is not in .env.example"));
    let unused = shown.difference(&asked).filter(|name| !name.starts_with(COMPOSE));
    missing.chain(unused.map(|name| format!("{name} is in .env.example, and nothing asks for it"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_must_be_there() -> Result<()> {
        let file = yaml::document(
            "services:\n  a: { image: a, depends_on: { b: {} }, networks: [back], volumes: ['data:/data', './x:/x'] }\n",
        )?;
        let found = dangling(&file);
        assert_eq!(
            found,
            ["a: there is no service `b`", "a: there is no network `back`", "a: there is no volume `data`"]
        );
        Ok(())
    }

    #[test]
    fn the_example_shows_what_the_file_asks_for() {
        let file = "a: ${SHOWN:-x}\nb: ${HIDDEN}\n# ${COMMENT}\n";
        let found = undocumented(file, "# Words = of a sentence.\n#SHOWN=x\n#LEFT=\n#COMPOSE_PROFILES=mail\n");
        assert_eq!(found, ["HIDDEN is not in .env.example", "LEFT is in .env.example, and nothing asks for it"]);
    }
}
