//! What a run started is written down, so that the next run can end it after a crash and nothing else.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::Result;
use nix::sys::signal::Signal;
use tokio::time::sleep;

use crate::{paths, process, say};

const GRACE: Duration = Duration::from_secs(25);

/// Notes a process that this run started.
pub fn note_process(pid: u32) {
    if let Some(birth) = birth(pid) {
        note(&format!("process {pid} {birth}"));
    }
}

/// Notes a folder that ends with this run.
pub fn note_folder(folder: &Path) {
    note(&format!("folder {}", folder.display()));
}

/// Notes a container that ends with this run.
pub fn note_container(name: &str) {
    note(&format!("container {name}"));
}

/// Forgets the notes of this run, which has ended everything itself.
pub fn forget() {
    let _ = fs::remove_file(own_record());
}

/// Ends what runs that are no longer there left behind.
pub async fn sweep() -> Result<()> {
    let Ok(records) = fs::read_dir(folder()) else { return Ok(()) };
    for record in records {
        let file = record?.path();
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let notes: Vec<Note> = text.lines().filter_map(Note::parse).collect();
        let owner_lives = notes.first().is_some_and(|note| matches!(note, Note::Owner(who) if who.lives()));
        if owner_lives {
            continue;
        }
        for note in notes {
            note.end().await;
        }
        let _ = fs::remove_file(file);
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Process {
    pid: u32,
    birth: String,
}

impl Process {
    /// A process id comes back for another process; a process id with its time of birth does not.
    fn lives(&self) -> bool {
        birth(self.pid).as_deref() == Some(&self.birth)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Note {
    Owner(Process),
    Process(Process),
    Folder(PathBuf),
    Container(String),
}

impl Note {
    fn parse(line: &str) -> Option<Self> {
        let (kind, rest) = line.split_once(' ')?;
        let process = || {
            let (pid, birth) = rest.split_once(' ')?;
            Some(Process { pid: pid.parse().ok()?, birth: birth.to_owned() })
        };
        match kind {
            "owner" => process().map(Self::Owner),
            "process" => process().map(Self::Process),
            "folder" => Some(Self::Folder(rest.into())),
            "container" => Some(Self::Container(rest.to_owned())),
            _ => None,
        }
    }

    async fn end(self) {
        match self {
            Self::Process(process) if process.lives() => {
                let line = process::command_line(process.pid).unwrap_or_default();
                let program = line.split(' ').next().unwrap_or_default();
                say::step(format_args!("Stopping {program} (process {}), left by a run that was killed", process.pid));
                let _ = process::signal_pid(process.pid, Signal::SIGTERM);
                let started = Instant::now();
                while process.lives() {
                    if started.elapsed() > GRACE {
                        let _ = process::signal_pid(process.pid, Signal::SIGKILL);
                    }
                    sleep(Duration::from_millis(50)).await;
                }
            }
            Self::Folder(folder) if folder.starts_with(paths::target()) => {
                let _ = fs::remove_dir_all(folder);
            }
            Self::Container(name) => {
                let _ = Command::new("docker").args(["rm", "-f", "-v", &name]).output();
            }
            Self::Owner(_) | Self::Process(_) | Self::Folder(_) => {}
        }
    }
}

fn folder() -> PathBuf {
    paths::target().join("run")
}

fn own_record() -> PathBuf {
    folder().join(std::process::id().to_string())
}

fn note(line: &str) {
    let file = own_record();
    let own = std::process::id();
    let owner = format!("owner {own} {}", birth(own).unwrap_or_default());
    let is_ours = fs::read_to_string(&file).is_ok_and(|text| text.starts_with(&owner));
    let _ = fs::create_dir_all(folder());
    let opened = if is_ours {
        OpenOptions::new().append(true).open(&file)
    } else {
        fs::write(&file, format!("{owner}\n")).and_then(|()| OpenOptions::new().append(true).open(&file))
    };
    // Without the note the platform runs as well; only a crash would leave more behind.
    let _ = opened.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
}

/// When a process began, in whatever form the system tells; a zombie counts as ended.
fn birth(pid: u32) -> Option<String> {
    if Path::new("/proc/self/stat").exists() {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        return birth_by_stat(&stat);
    }
    let output = Command::new("ps").args(["-p", &pid.to_string(), "-o", "lstart="]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn birth_by_stat(stat: &str) -> Option<String> {
    // The name in parentheses may hold spaces and parentheses of its own.
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    if fields.first() == Some(&"Z") {
        return None;
    }
    fields.get(19).map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let process = Process { pid: 7, birth: "Mon Nov 2 10:00:00".into() };
        assert_eq!(Note::parse("process 7 Mon Nov 2 10:00:00"), Some(Note::Process(process)));
        assert_eq!(Note::parse("folder /a b"), Some(Note::Folder("/a b".into())));
        assert_eq!(Note::parse("nonsense"), None);
    }

    #[test]
    fn birth_is_the_22nd_field_of_stat() {
        let stat = "5 (a) b) S 1 5 5 0 -1 4 9 9 9 9 1 1 1 1 20 0 3 0 777 100 5";
        assert_eq!(birth_by_stat(stat).as_deref(), Some("777"));
        assert_eq!(birth_by_stat(&stat.replace(" S ", " Z ")), None);
    }

    #[test]
    fn a_process_of_the_same_id_but_another_birth_is_left_alone() {
        let pid = std::process::id();
        assert!(birth(pid).is_some_and(|birth| Process { pid, birth }.lives()));
        assert!(!Process { pid, birth: "1".into() }.lives());
    }
}
