//! Whether Prometheus watches what it is told to, by the rules of the repository.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use anyhow::{Context, Result};
use reqwest::{Client, Url};
use serde_json::Value;

use super::{client, get, settle};
use crate::{deploy::yaml, paths, say, services::Service};

/// Fails unless every service is scraped, every rule is loaded and evaluated, and what was sold just now is counted.
pub async fn check(url: &str, alertmanager: bool, traces: bool) -> Result<()> {
    let client = client()?;
    let mut scraped: BTreeSet<String> = Service::ALL.map(|service| service.name().to_owned()).into();
    if alertmanager {
        scraped.insert("alertmanager".to_owned());
    }
    settle("targets", async || {
        let answer = get(&client, &format!("{url}/api/v1/targets?state=active")).await?;
        Ok(not_scraped(&answer["data"]["activeTargets"], &scraped))
    })
    .await?;
    let names: Vec<&str> = scraped.iter().map(String::as_str).collect();
    say::note(format_args!("Prometheus scrapes {}: up", names.join(", ")));

    let rules = rules_of_the_repository()?;
    settle("rules", async || {
        let answer = get(&client, &format!("{url}/api/v1/rules")).await?;
        Ok(not_well(&answer["data"]["groups"], &rules))
    })
    .await?;
    say::note(format_args!("its {} rules are loaded, and evaluated without an error", rules.values().sum::<usize>()));

    settle("metrics", async || {
        let sold = value(&client, url, "sum(orders_confirmed_total)").await?;
        Ok(sold.get("").is_none_or(|sold| *sold < 1.0).then(|| "no order was confirmed".to_owned()))
    })
    .await?;
    if traces {
        settle("traces", async || {
            let sent = value(&client, url, "sum by (service) (trace_exports_total{outcome=\"sent\"})").await?;
            let silent = Service::ALL.iter().find(|service| sent.get(service.name()).is_none_or(|sent| *sent < 1.0));
            Ok(silent.map(|service| format!("{} has sent no spans", service.name())))
        })
        .await?;
    }
    let spans = if traces { ", and that every service has sent spans" } else { "" };
    say::note(format_args!("it counts the order{spans}"));
    Ok(())
}

/// What a query says of each service; without one under the empty name.
async fn value(client: &Client, url: &str, query: &str) -> Result<BTreeMap<String, f64>> {
    let url = Url::parse_with_params(&format!("{url}/api/v1/query"), [("query", query)])?;
    let answer = get(client, url.as_str()).await?;
    let results = answer["data"]["result"].as_array().context("no result")?;
    let read = |result: &Value| {
        let number = result["value"][1].as_str()?.parse().ok()?;
        Some((result["metric"]["service"].as_str().unwrap_or_default().to_owned(), number))
    };
    Ok(results.iter().filter_map(read).collect())
}

/// What is not as it must be with the targets: each is called by its service, or by its job if it has none.
fn not_scraped(targets: &Value, wanted: &BTreeSet<String>) -> Option<String> {
    let mut found = BTreeMap::new();
    for target in targets.as_array().into_iter().flatten() {
        let labels = &target["labels"];
        let name = labels["service"].as_str().or(labels["job"].as_str()).unwrap_or_default();
        found.insert(name, (target["health"].as_str().unwrap_or_default(), &target["lastError"]));
    }
    wanted.iter().find_map(|name| match found.get(name.as_str()) {
        Some(("up", _)) => None,
        Some((health, error)) => Some(format!("{name} is {health}: {error}")),
        None => Some(format!("{name} is not scraped")),
    })
}

/// What is not as it must be with the rules: those of the repository and no others, each evaluated without an error.
fn not_well(groups: &Value, wanted: &BTreeMap<String, usize>) -> Option<String> {
    let mut found = BTreeMap::new();
    for rule in rules(groups) {
        let name = rule["name"].as_str().unwrap_or_default();
        if rule["health"] != "ok" {
            return Some(format!("{name} is {}: {}", rule["health"], rule["lastError"]));
        }
        *found.entry(name.to_owned()).or_default() += 1;
    }
    (found != *wanted).then(|| format!("loaded are {found:?}, in the repository {wanted:?}"))
}

fn rules(groups: &Value) -> impl Iterator<Item = &Value> {
    let groups = groups.as_array().into_iter().flatten();
    groups.flat_map(|group| group["rules"].as_array().into_iter().flatten())
}

/// How often each name of a rule stands in the files that `prometheus.yml` names.
fn rules_of_the_repository() -> Result<BTreeMap<String, usize>> {
    let mut names = BTreeMap::new();
    for folder in ["rules", "platform"] {
        let folder = paths::root().join("observability/prometheus").join(folder);
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let file = yaml::document(&fs::read_to_string(entry?.path())?)?;
            for rule in rules(&file["groups"]) {
                let name = rule["alert"].as_str().or(rule["record"].as_str()).context("a rule without a name")?;
                *names.entry(name.to_owned()).or_default() += 1;
            }
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_target_that_is_down_or_missing_is_named() {
        let wanted = ["alertmanager", "auth"].map(ToOwned::to_owned).into();
        let mut targets = json!([
            { "labels": { "job": "ticketer", "service": "auth" }, "health": "up" },
            { "labels": { "job": "alertmanager" }, "health": "up" },
        ]);
        assert_eq!(not_scraped(&targets, &wanted), None);
        targets[0]["health"] = "down".into();
        targets[0]["lastError"] = "refused".into();
        assert_eq!(not_scraped(&targets, &wanted).as_deref(), Some("auth is down: \"refused\""));
        assert_eq!(not_scraped(&json!([]), &wanted).as_deref(), Some("alertmanager is not scraped"));
    }

    #[test]
    fn rules_are_those_of_the_repository_and_without_an_error() {
        let wanted = BTreeMap::from([("A".to_owned(), 1), ("b:c".to_owned(), 2)]);
        let rule = |name: &str, health: &str| json!({ "name": name, "health": health });
        let groups = |rules: Value| json!([{ "rules": rules }]);
        let good = json!([rule("A", "ok"), rule("b:c", "ok"), rule("b:c", "ok")]);
        assert_eq!(not_well(&groups(good), &wanted), None);
        let unknown = json!([rule("A", "ok"), rule("b:c", "unknown"), rule("b:c", "ok")]);
        assert!(not_well(&groups(unknown), &wanted).is_some_and(|found| found.starts_with("b:c is \"unknown\"")));
        assert!(not_well(&groups(json!([rule("A", "ok"), rule("b:c", "ok")])), &wanted).is_some());
    }

    #[test]
    fn the_repository_has_alerts_and_recorded_series() -> Result<()> {
        let rules = rules_of_the_repository()?;
        assert!(rules.contains_key("Watchdog") && rules.contains_key("service:http_requests:rate5m"));
        Ok(())
    }
}
