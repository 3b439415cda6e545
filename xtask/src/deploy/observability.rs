//! `observability/`: the rules and their tests by promtool, the dashboard as JSON, and what both ask by the code.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::process::Command;

use super::{
    report::{Report, Verdict, by_exit_code},
    tools, yaml,
};
use crate::{cargo, paths};

const FOLDER: &str = "observability";

pub async fn check(report: &mut Report, quick: bool) -> Result<()> {
    prometheus(report).await?;
    report.look("observability: dashboards", || dashboards(&paths::root().join(FOLDER).join("grafana/dashboards")));
    report.look("observability: files that Grafana and Tempo read", || {
        let folder = paths::root().join(FOLDER);
        let files = ["tempo/tempo.yml", "grafana/provisioning/datasources/ticketer.yml"];
        let files = files.iter().chain(&["grafana/provisioning/dashboards/ticketer.yml"]);
        let unread = files.filter_map(|file| Some((file, read(&folder.join(file)).err()?)));
        Ok(unread.map(|(file, error)| format!("{file}: {error:#}")).collect())
    });
    if quick {
        // The tests of the workspace hold it already.
        return Ok(());
    }
    let metrics = ["test", "--quiet", "-p", "shared", "--features", "testing", "--test", "observability"];
    report.run("observability: every metric asked for is exported", cargo::command(&metrics)).await
}

async fn prometheus(report: &mut Report) -> Result<()> {
    let names = [
        "observability: Prometheus's configuration",
        "observability: Prometheus's configuration in Kubernetes",
        "observability: rules",
        "observability: tests of the rules",
    ];
    let promtool = match tools::installed("promtool", "Debian: apt-get install prometheus") {
        Ok(promtool) => promtool,
        Err(why) => {
            report.without(&names, &why);
            return Ok(());
        }
    };
    let folder = PathBuf::from(FOLDER).join("prometheus");
    let mut config = Command::new(&promtool);
    config.args(["check", "config"]).arg(folder.join("prometheus.yml"));
    report.run(names[0], config).await?;
    let mut config = Command::new(&promtool);
    // Its rules are elsewhere there; they are the same files.
    config.args(["check", "config", "--syntax-only"]).arg(folder.join("prometheus-kubernetes.yml"));
    report.run_as(names[1], config, in_kubernetes).await?;
    for (name, words, files) in [(names[2], ["check", "rules"], "rules"), (names[3], ["test", "rules"], "tests")] {
        let mut command = Command::new(&promtool);
        command.args(words).args(files_of(&paths::root().join(&folder).join(files))?);
        report.run(name, command).await?;
    }
    Ok(())
}

/// Debian builds Prometheus without most ways to find its targets.
fn in_kubernetes(code: Option<i32>, said: String) -> Verdict {
    if said.contains("field kubernetes_sd_configs not found") {
        return Verdict::Skipped("this promtool was built without Kubernetes".to_owned());
    }
    by_exit_code(code, said)
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn read(file: &Path) -> Result<Value> {
    yaml::document(&fs::read_to_string(file)?)
}

/// Dashboards that Grafana could not load, or would not tell apart.
fn dashboards(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in files_of(folder)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match serde_json::from_str::<Value>(&fs::read_to_string(&file)?) {
            Err(error) => found.push(format!("{name}: {error}")),
            Ok(dashboard) => found.extend(faults(&dashboard).into_iter().map(|fault| format!("{name}: {fault}"))),
        }
    }
    Ok(found)
}

fn faults(dashboard: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for key in ["uid", "title"] {
        if dashboard[key].as_str().is_none_or(str::is_empty) {
            found.push(format!("it has no {key}"));
        }
    }
    let panels: Vec<&Value> = dashboard["panels"].as_array().into_iter().flatten().collect();
    if panels.is_empty() {
        found.push("it has no panels".to_owned());
    }
    let mut ids: Vec<_> = panels.iter().filter_map(|panel| panel["id"].as_u64()).collect();
    ids.sort_unstable();
    let twice = ids.windows(2).filter(|pair| pair[0] == pair[1]);
    found.extend(twice.map(|pair| format!("two panels have the id {}", pair[0])));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_dashboard_has_a_name_and_panels_that_can_be_told_apart() {
        let good = json!({ "uid": "a", "title": "A", "panels": [{ "id": 1 }, { "id": 2 }] });
        assert!(faults(&good).is_empty());
        let bad = json!({ "uid": "", "title": "A", "panels": [{ "id": 1 }, { "id": 1 }] });
        assert_eq!(faults(&bad), ["it has no uid", "two panels have the id 1"]);
    }

    #[test]
    fn a_promtool_without_kubernetes_cannot_judge_its_configuration() {
        let said = "line 13: field kubernetes_sd_configs not found in type config.ScrapeConfig".to_owned();
        assert!(matches!(in_kubernetes(Some(1), said), Verdict::Skipped(_)));
        assert!(matches!(in_kubernetes(Some(1), "line 13: field x not found".to_owned()), Verdict::Wrong(_)));
    }
}
