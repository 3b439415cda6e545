//! The files of `observability/` against the code: an alert on a metric that nobody exports never fires, and a panel of
//! one stays empty.

mod code;
mod promql;

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The texts of a folder's files.
fn all(folder: &str) -> Vec<String> {
    let files = fs::read_dir(root().join(folder)).expect("a folder");
    files.map(|file| fs::read_to_string(file.expect("a file").path()).expect("text")).collect()
}

fn rules() -> Vec<String> {
    all("observability/prometheus/rules")
}

fn dashboard() -> Value {
    serde_json::from_str(&read("observability/grafana/dashboards/ticketer.json")).expect("JSON")
}

/// The values of every `key` in a file of rules.
fn values<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let lines = text.lines().map(|line| line.trim_start().trim_start_matches("- "));
    lines.filter_map(|line| line.strip_prefix(key)?.strip_prefix(':').map(str::trim)).collect()
}

/// The expressions of a file of rules: on the line of their key, or indented below it.
fn expressions(text: &str) -> Vec<String> {
    let (mut found, mut lines) = (Vec::new(), text.lines().peekable());
    while let Some(line) = lines.next() {
        let Some(value) = line.trim_start().strip_prefix("expr:").map(str::trim) else { continue };
        if value != "|" {
            found.push(value.to_owned());
            continue;
        }
        let depth = |line: &str| line.len() - line.trim_start().len();
        let (own, mut whole) = (depth(line), String::new());
        while let Some(next) = lines.next_if(|next| next.trim().is_empty() || depth(next) > own) {
            whole.push_str(next);
            whole.push('\n');
        }
        found.push(whole);
    }
    found
}

/// The expressions of a dashboard.
fn queries(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(text) if key == "expr" => found.push(text.clone()),
                    Value::String(text) if text.starts_with("label_values(") => {
                        found.push(text.replace("label_values(", "").replace(", service)", ""));
                    }
                    _ => queries(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| queries(item, found)),
        _ => (),
    }
}

#[test]
fn every_metric_that_rules_and_dashboard_name_is_exported() {
    let mut known = code::series();
    // What Prometheus adds by itself, and what the rules make.
    known.insert("up".to_owned());
    known.extend(rules().iter().flat_map(|text| values(text, "record")).map(ToOwned::to_owned));

    let mut asked: Vec<String> = rules().iter().flat_map(|text| expressions(text)).collect();
    let of_rules = asked.len();
    assert!(of_rules > 30, "{of_rules} expressions of rules were found");
    queries(&dashboard(), &mut asked);
    assert!(asked.len() > of_rules + 30, "{} queries were found", asked.len() - of_rules);
    for expression in asked {
        let named = promql::metrics(&expression);
        assert!(!named.is_empty(), "no metric in {expression}");
        for metric in named {
            assert!(known.contains(&metric), "nobody exports {metric}: {expression}");
        }
    }
}

#[test]
fn every_metric_of_the_code_is_in_the_table_of_the_readme() {
    let readme = read("observability/README.md");
    let rows: BTreeSet<&str> =
        readme.lines().filter_map(|line| line.strip_prefix("| `")?.split(['`', '{']).next()).collect();
    let missing: Vec<_> = code::metrics().into_iter().filter(|metric| !rows.contains(metric.name.as_str())).collect();
    assert!(missing.is_empty(), "not in the table: {missing:?}");
}

#[test]
fn every_histogram_has_buckets() {
    // A name without the right ending would be exported as quantiles, which cannot be added up over replicas.
    for metric in code::metrics().iter().filter(|metric| metric.kind == "histogram") {
        let exported = code::render(|| metrics::histogram!(metric.name.clone()).record(1.0));
        assert!(exported.contains(&format!("{}_bucket{{le=", metric.name)), "{exported}");
    }
}

#[test]
fn every_alert_has_its_runbook_its_severity_and_its_test() {
    let tests = all("observability/prometheus/tests").concat();
    for text in rules() {
        let (alerts, links) = (values(&text, "alert"), values(&text, "runbook_url"));
        assert_eq!(alerts.len(), links.len(), "{alerts:?} {links:?}");
        assert_eq!(alerts.len(), values(&text, "labels").len(), "{alerts:?}");
        for (alert, link) in alerts.iter().zip(links) {
            let words = alert.split(|letter: char| letter.is_uppercase());
            let count = words.count() - 1;
            let anchor = link.strip_prefix("docs/operations.md#").unwrap_or_else(|| panic!("{link}"));
            assert_eq!(anchor.replace('-', ""), alert.to_lowercase(), "{link}");
            assert_eq!(anchor.split('-').count(), count, "{link}");
            assert!(tests.contains(&format!("alertname: {alert}")), "no test of {alert}");
        }
    }
}
