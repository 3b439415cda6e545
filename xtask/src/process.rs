//! Child processes in groups of their own, so that the terminal's Ctrl-C reaches only xtask and
//! xtask decides who stops when.

use std::{
    collections::VecDeque,
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{kill, killpg},
    unistd::Pid,
};
use tokio::{
    fs::{self, File},
    io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader},
    process::Command,
    sync::watch,
    time::timeout,
};

use crate::say;

pub use nix::sys::signal::Signal;

const TAIL: usize = 30;

/// How a child is to be run.
pub struct Spawn {
    /// Its name in messages and before its lines.
    pub name: String,
    /// Where its output goes; the file begins anew.
    pub log: PathBuf,
    /// Whether its output goes to the terminal too.
    pub echo: bool,
    /// What it gets if its handle is dropped while it runs.
    pub on_drop: Signal,
}

/// A running child process with its process group, its log and its last lines.
pub struct Child {
    name: String,
    pid: u32,
    exit: watch::Receiver<Option<ExitStatus>>,
    tail: Arc<Mutex<VecDeque<String>>>,
    on_drop: Signal,
}

impl Child {
    /// Starts the command in a process group of its own.
    pub async fn spawn(mut command: Command, how: Spawn) -> Result<Self> {
        if let Some(folder) = how.log.parent() {
            fs::create_dir_all(folder).await?;
        }
        let log = Arc::new(tokio::sync::Mutex::new(File::create(&how.log).await?));
        let mut child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} does not start", how.name))?;
        let pid = child.id().context("a child without a pid")?;

        let tail = Arc::new(Mutex::new(VecDeque::with_capacity(TAIL)));
        let sink = Sink { name: how.echo.then(|| how.name.clone()), log, tail: Arc::clone(&tail) };
        let out = child.stdout.take().map(|pipe| tokio::spawn(copy_lines(pipe, sink.clone())));
        let err = child.stderr.take().map(|pipe| tokio::spawn(copy_lines(pipe, sink)));

        let (exited, exit) = watch::channel(None);
        tokio::spawn(async move {
            let status = child.wait().await;
            // The last words belong to the log before anyone reads why it ended; a grandchild that
            // keeps the pipe open must not hold up the news.
            let _ = timeout(Duration::from_millis(500), async {
                for copy in [out, err].into_iter().flatten() {
                    let _ = copy.await;
                }
            })
            .await;
            if let Ok(status) = status {
                let _ = exited.send(Some(status));
            }
        });
        Ok(Self { name: how.name, pid, exit, tail, on_drop: how.on_drop })
    }

    /// Its process id, which is its process group's as well.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether it has not ended.
    pub fn is_running(&self) -> bool {
        self.exit.borrow().is_none() && self.exit.has_changed().is_ok()
    }

    /// Waits for its end; may be dropped and called again.
    pub async fn exited(&self) -> Option<ExitStatus> {
        let mut exit = self.exit.clone();
        exit.wait_for(Option::is_some).await.ok().and_then(|status| *status)
    }

    /// The last lines that it printed.
    pub fn tail(&self) -> String {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        indented(tail.iter())
    }

    /// Sends a signal to its whole group.
    pub fn signal(&self, signal: Signal) {
        if self.is_running() {
            signal_group(self.pid, signal);
        }
    }

    /// Asks it to end, and ends it if it has not after `grace`.
    pub async fn stop(&self, grace: Duration) -> Option<ExitStatus> {
        self.signal(Signal::SIGTERM);
        if let Ok(status) = timeout(grace, self.exited()).await {
            return status;
        }
        say::warn(format_args!("{} did not stop within {} s: killed", self.name, grace.as_secs()));
        self.kill().await
    }

    /// Ends it at once, as a crash would.
    pub async fn kill(&self) -> Option<ExitStatus> {
        self.signal(Signal::SIGKILL);
        self.exited().await
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal(self.on_drop);
    }
}

/// Lines of another program, set apart in a message.
pub fn indented(lines: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str("    ");
        text.push_str(line.as_ref());
        text.push('\n');
    }
    text
}

#[derive(Clone)]
struct Sink {
    name: Option<String>,
    log: Arc<tokio::sync::Mutex<File>>,
    tail: Arc<Mutex<VecDeque<String>>>,
}

async fn copy_lines(pipe: impl AsyncRead + Unpin, sink: Sink) {
    let mut reader = BufReader::new(pipe);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes).await.is_ok_and(|read| read > 0) {
        {
            let mut log = sink.log.lock().await;
            let _ = log.write_all(&bytes).await;
            let _ = log.flush().await;
        }
        let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        if let Some(name) = &sink.name {
            say::child(name, &text);
        }
        let mut tail = sink.tail.lock().unwrap_or_else(PoisonError::into_inner);
        if tail.len() == TAIL {
            tail.pop_front();
        }
        tail.push_back(text);
        bytes.clear();
    }
}

/// Ends a command's group if the wait for it is given up.
struct EndGroup(Option<u32>);

impl Drop for EndGroup {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            signal_group(pid, Signal::SIGTERM);
        }
    }
}

/// Runs a command to its end with its output on the terminal; dropping the future ends the command.
pub async fn run(mut command: Command) -> Result<ExitStatus> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let mut child =
        command.process_group(0).stdin(Stdio::null()).spawn().with_context(|| format!("{program} does not start"))?;
    let mut guard = EndGroup(child.id());
    let status = child.wait().await?;
    guard.0 = None;
    Ok(status)
}

/// Runs a command to its end and fails unless it exits well.
pub async fn run_well(command: Command) -> Result<()> {
    let line = describe(&command);
    let status = run(command).await?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

fn describe(command: &Command) -> String {
    let command = command.as_std();
    let program = PathBuf::from(command.get_program());
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    command.get_args().fold(name, |line, arg| format!("{line} {}", arg.to_string_lossy()))
}

fn signal_group(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = killpg(Pid::from_raw(pid), signal);
    }
}

/// Sends a signal to one process.
pub fn signal_pid(pid: u32, signal: Signal) -> io::Result<()> {
    let pid = i32::try_from(pid).map_err(io::Error::other)?;
    kill(Pid::from_raw(pid), signal).map_err(io::Error::from)
}

/// Whether a process of this id exists.
pub fn is_alive(pid: u32) -> bool {
    i32::try_from(pid).is_ok_and(|pid| kill(Pid::from_raw(pid), None).is_ok())
}

/// The command line of a process, if it can be seen.
pub fn command_line(pid: u32) -> Option<String> {
    if let Ok(bytes) = std::fs::read(format!("/proc/{pid}/cmdline")) {
        return Some(String::from_utf8_lossy(&bytes).replace('\0', " "));
    }
    let output = std::process::Command::new("ps").args(["-p", &pid.to_string(), "-o", "args="]).output().ok()?;
    let line = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shell(script: &str) -> Result<Child> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let log = std::env::temp_dir().join(format!("xtask-process-{}", std::process::id()));
        let how = Spawn { name: "sh".into(), log, echo: false, on_drop: Signal::SIGKILL };
        Child::spawn(command, how).await
    }

    #[tokio::test]
    async fn the_last_lines_of_a_child_are_kept() -> Result<()> {
        let child = shell("echo one; echo two >&2; exit 3").await?;
        let status = child.exited().await.context("no status")?;
        assert_eq!(status.code(), Some(3));
        assert!(child.tail().contains("one") && child.tail().contains("two"));
        assert!(!child.is_running());
        Ok(())
    }

    #[tokio::test]
    async fn a_child_that_ignores_sigterm_is_killed_after_its_grace() -> Result<()> {
        let child = shell("trap '' TERM; echo ready; while :; do sleep 0.1; done").await?;
        crate::wait::until(async || (!child.tail().is_empty()).then_some(())).await;
        let status = child.stop(Duration::from_millis(200)).await.context("no status")?;
        assert!(!status.success() && !is_alive(child.pid()));
        Ok(())
    }

    #[tokio::test]
    async fn dropping_a_child_ends_it() -> Result<()> {
        let child = shell("sleep 60").await?;
        let exit = child.exit.clone();
        drop(child);
        let mut exit = exit;
        assert!(exit.wait_for(Option::is_some).await.is_ok());
        Ok(())
    }
}
