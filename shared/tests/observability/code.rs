//! The metrics that the services' code exports.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use shared::server::telemetry;

/// A metric as the code makes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
}

/// Those that the sources of the services name.
pub fn metrics() -> BTreeSet<Metric> {
    let mut found = BTreeSet::new();
    for package in ["auth", "event", "ticket", "payment", "shared"] {
        for file in sources(&super::root().join(package).join("src")) {
            let text = fs::read_to_string(&file).expect("text");
            for kind in ["counter", "gauge", "histogram"] {
                let macro_name = format!("metrics::{kind}!(");
                let uses = text.split(&macro_name).skip(1);
                let names = uses.map(|behind| {
                    let name = behind.trim_start().strip_prefix('"').and_then(|name| name.split('"').next());
                    name.unwrap_or_else(|| panic!("a metric of {} has no fixed name", file.display()))
                });
                found.extend(names.map(|name| Metric { name: name.to_owned(), kind }));
            }
        }
    }
    assert!(found.len() > 20, "{found:?}");
    found
}

/// The names under which Prometheus gets them, and those of the process.
pub fn series() -> BTreeSet<String> {
    let of_code = metrics().into_iter().flat_map(|Metric { name, kind }| match kind {
        "histogram" => ["bucket", "sum", "count"].map(|part| format!("{name}_{part}")).to_vec(),
        _ => vec![name],
    });
    let of_process = render(telemetry::measure_process);
    let of_process = of_process.lines().filter(|line| !line.starts_with('#'));
    let of_process = of_process.filter_map(|line| line.split(['{', ' ']).next()).filter(|name| !name.is_empty());
    of_code.chain(of_process.map(ToOwned::to_owned)).collect()
}

/// What a scrape gets after these measurements.
pub fn render(measure: impl FnOnce()) -> String {
    let recorder = telemetry::recorder().expect("buckets").build_recorder();
    metrics::with_local_recorder(&recorder, measure);
    recorder.handle().render()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
