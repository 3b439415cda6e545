//! Tells which parts of the repository have changed.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::timeout,
};

use crate::{paths, services::Service};

/// Editors and `git checkout` write many files in a row.
const QUIET: Duration = Duration::from_millis(400);
const SOURCES: [&str; 13] =
    ["rs", "toml", "html", "css", "js", "json", "svg", "png", "jpg", "webp", "ico", "woff2", "webmanifest"];

/// What has to be built again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// The web app.
    Web,
    /// One service.
    Service(Service),
}

/// Watches the sources of the web app and of the services.
pub struct Watch {
    changes: UnboundedReceiver<PathBuf>,
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Begins to watch.
    pub fn start() -> Result<Self> {
        let (sender, changes) = unbounded_channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            if matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_)) {
                for path in event.paths {
                    let _ = sender.send(path);
                }
            }
        })?;
        let root = paths::root();
        // Not the folder itself, where npm keeps thousands of files.
        let web = ["frontend/src", "frontend/style", "frontend/static", "frontend/index.html"];
        let services = Service::ALL.map(|service| format!("{}/src", service.name()));
        let all = web.into_iter().map(ToOwned::to_owned).chain(services).chain(["shared/src".to_owned()]);
        for path in all.map(|path| root.join(path)).filter(|path| path.exists()) {
            watcher.watch(&path, RecursiveMode::Recursive)?;
        }
        Ok(Self { changes, _watcher: watcher })
    }

    /// Waits for changes and for the quiet after them; says what they touch.
    pub async fn next(&mut self) -> BTreeSet<Part> {
        let root = paths::root();
        let mut touched = BTreeSet::new();
        loop {
            let change = if touched.is_empty() {
                self.changes.recv().await
            } else {
                match timeout(QUIET, self.changes.recv()).await {
                    Ok(change) => change,
                    Err(_) => return touched,
                }
            };
            match change {
                Some(path) => touched.extend(parts_of(path.strip_prefix(&root).unwrap_or(&path))),
                None => std::future::pending().await,
            }
        }
    }
}

fn parts_of(path: &Path) -> Vec<Part> {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let Some(folder) = path.iter().next().filter(|_| SOURCES.contains(&&*extension)) else {
        return Vec::new();
    };
    let services = Service::ALL.map(Part::Service);
    if folder == "frontend" {
        vec![Part::Web]
    } else if folder == "shared" {
        [&[Part::Web], &services[..]].concat()
    } else {
        let own = Service::ALL.into_iter().find(|service| folder == service.name());
        own.map(Part::Service).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_touches_what_is_built_from_it() {
        assert_eq!(parts_of(Path::new("frontend/style/app.css")), [Part::Web]);
        assert_eq!(parts_of(Path::new("ticket/src/main.rs")), [Part::Service(Service::Ticket)]);
        assert_eq!(parts_of(Path::new("shared/src/lib.rs")).len(), 5);
    }

    #[test]
    fn an_editors_own_files_touch_nothing() {
        assert_eq!(parts_of(Path::new("ticket/src/.main.rs.swp")), []);
        assert_eq!(parts_of(Path::new("ticket/src/main.rs~")), []);
    }
}
