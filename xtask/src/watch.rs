//! Tells which parts of the repository have changed. A look at a few hundred files twice a second costs
//! nothing to speak of, works on every file system, and spares a dependency that would give tokio other
//! features than the services build it with, so that it would be built twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use tokio::time::sleep;

use crate::{paths, services::Service};

/// Editors and `git checkout` write many files in a row; a build begins after a look that saw no change.
const PAUSE: Duration = Duration::from_millis(500);
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
    root: PathBuf,
    seen: Snapshot,
}

type Snapshot = BTreeMap<PathBuf, SystemTime>;

impl Watch {
    /// Remembers how the sources are now.
    pub fn start() -> Self {
        let root = paths::root();
        Self { seen: look(&root), root }
    }

    /// Waits for changes and for the quiet after them; says what they touch.
    pub async fn next(&mut self) -> BTreeSet<Part> {
        let mut touched = BTreeSet::new();
        loop {
            sleep(PAUSE).await;
            let now = look(&self.root);
            let changes = changes(&self.seen, &now);
            if changes.is_empty() && !touched.is_empty() {
                return touched;
            }
            for path in changes {
                touched.extend(parts_of(path.strip_prefix(&self.root).unwrap_or(&path)));
            }
            self.seen = now;
        }
    }
}

fn look(root: &Path) -> Snapshot {
    let mut snapshot = Snapshot::new();
    // Not the web app's folder itself, where npm keeps thousands of files.
    for part in ["src", "style", "static"] {
        collect(&root.join("frontend").join(part), &mut snapshot);
    }
    add(root.join("frontend/index.html"), &mut snapshot);
    for folder in Service::ALL.map(Service::name).into_iter().chain(["shared"]) {
        collect(&root.join(folder).join("src"), &mut snapshot);
    }
    snapshot
}

fn collect(folder: &Path, snapshot: &mut Snapshot) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&path, snapshot);
        } else {
            add(path, snapshot);
        }
    }
}

fn add(file: PathBuf, snapshot: &mut Snapshot) {
    if let Ok(modified) = fs::metadata(&file).and_then(|data| data.modified()) {
        snapshot.insert(file, modified);
    }
}

/// The files that came, went or were written.
fn changes(before: &Snapshot, after: &Snapshot) -> Vec<PathBuf> {
    let new = after.iter().filter(|(path, time)| before.get(*path) != Some(*time));
    let gone = before.iter().filter(|(path, _)| !after.contains_key(*path));
    new.chain(gone).map(|(path, _)| path.clone()).collect()
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

    #[test]
    fn files_that_come_go_or_are_written_are_changes() {
        let old = SystemTime::UNIX_EPOCH;
        let new = old + Duration::from_secs(1);
        let before = Snapshot::from([("same".into(), old), ("written".into(), old), ("gone".into(), old)]);
        let after = Snapshot::from([("same".into(), old), ("written".into(), new), ("come".into(), new)]);
        let paths: BTreeSet<PathBuf> = changes(&before, &after).into_iter().collect();
        assert_eq!(paths, ["come", "gone", "written"].map(PathBuf::from).into());
    }
}
