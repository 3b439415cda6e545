//! What the checks found, and what could not be checked here.

use std::{
    fmt::Write,
    fs,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Result;
use tokio::{process::Command, time::timeout};

use crate::{
    paths,
    process::{Child, Signal, Spawn},
    say,
};

use super::tools::Unavailable;

/// A check that takes longer than this hangs.
const LIMIT: Duration = Duration::from_mins(15);

/// How a check ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is nothing to say.
    Well,
    /// What was found.
    Wrong(String),
    /// Why it could not be done here.
    Skipped(String),
}

/// The names of the checks that did not end well.
#[derive(Debug, Default)]
pub struct Report {
    done: usize,
    failed: Vec<String>,
    skipped: Vec<String>,
}

impl Report {
    /// Notes how a check ended, and says it.
    pub fn add(&mut self, name: &str, took: Duration, verdict: Verdict) {
        match verdict {
            Verdict::Well => {
                self.done += 1;
                say::note(format_args!("{name}: well ({:.1} s)", took.as_secs_f32()));
            }
            Verdict::Wrong(found) => {
                say::warn(format_args!("{name}: WRONG ({:.1} s)", took.as_secs_f32()));
                for line in found.lines() {
                    say::note(format_args!("  {line}"));
                }
                self.failed.push(name.to_owned());
            }
            Verdict::Skipped(why) => {
                say::warn(format_args!("skipped: {name}: {why}"));
                self.skipped.push(format!("{name}: {why}"));
            }
        }
    }

    /// Notes what was found by looking at files.
    pub fn look(&mut self, name: &str, look: impl FnOnce() -> Result<Vec<String>>) {
        let started = Instant::now();
        let verdict = match look() {
            Ok(found) if found.is_empty() => Verdict::Well,
            Ok(found) => Verdict::Wrong(found.join("\n")),
            Err(error) => Verdict::Wrong(format!("{error:#}")),
        };
        self.add(name, started.elapsed(), verdict);
    }

    /// Runs a check that ends with 0 if all is well.
    pub async fn run(&mut self, name: &str, command: Command) -> Result<()> {
        self.run_as(name, command, by_exit_code).await
    }

    /// Runs a check whose exit code and words `judge` understands.
    pub async fn run_as(
        &mut self,
        name: &str,
        command: Command,
        judge: fn(Option<i32>, String) -> Verdict,
    ) -> Result<()> {
        let started = Instant::now();
        let (code, said) = say::ticking(name, output(name, command)).await?;
        self.add(name, started.elapsed(), judge(code, said));
        Ok(())
    }

    /// Notes that a tool is not to be had, so that these checks cannot be done; or that it is not what was pinned.
    pub fn without(&mut self, names: &[&str], unavailable: &Unavailable) {
        for name in names {
            let verdict = match unavailable {
                Unavailable::Missing(why) => Verdict::Skipped(why.clone()),
                Unavailable::Changed(what) => Verdict::Wrong(what.clone()),
            };
            self.add(name, Duration::ZERO, verdict);
        }
    }

    /// Says the whole of it; where `strict`, what was skipped fails.
    pub fn finish(&self, strict: bool, took: Duration) -> ExitCode {
        if !self.skipped.is_empty() {
            say::warn(format_args!("{} skipped on this machine:", self.skipped.len()));
            for line in &self.skipped {
                say::note(line);
            }
        }
        let seconds = took.as_secs();
        if !self.failed.is_empty() {
            say::warn(format_args!("{} wrong: {} ({seconds} s)", self.failed.len(), self.failed.join(", ")));
        } else if strict && !self.skipped.is_empty() {
            say::warn(format_args!("Nothing wrong was found, but --strict allows nothing to be skipped ({seconds} s)"));
        } else {
            say::done(format_args!("{} checks of the deployment are well ({seconds} s)", self.done));
        }
        if self.is_well(strict) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn is_well(&self, strict: bool) -> bool {
        self.failed.is_empty() && (self.skipped.is_empty() || !strict)
    }
}

/// 0 is well.
pub fn by_exit_code(code: Option<i32>, said: String) -> Verdict {
    match code {
        Some(0) => Verdict::Well,
        _ => Verdict::Wrong(said),
    }
}

/// How the projects' own checks end: 0 well, 1 wrong, 3 a tool is missing, which they name.
pub fn by_own_exit_code(code: Option<i32>, said: String) -> Verdict {
    let missing = said.lines().find_map(|line| line.strip_prefix("missing: "));
    match (code, missing) {
        (Some(3), Some(why)) => Verdict::Skipped(why.to_owned()),
        _ => by_exit_code(code, said),
    }
}

/// Runs a command to its end, from the repository's root: its exit code and all its words.
async fn output(name: &str, mut command: Command) -> Result<(Option<i32>, String)> {
    command.current_dir(paths::root()).env("NO_COLOR", "1");
    let log = log_of(name);
    let how = Spawn { name: name.to_owned(), log: log.clone(), echo: false, on_drop: Signal::SIGTERM };
    let child = Child::spawn(command, how).await?;
    let ended = timeout(LIMIT, child.exited()).await;
    let mut said = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    let Ok(status) = ended else {
        let _ = writeln!(said, "not ended after {} s", LIMIT.as_secs());
        return Ok((None, said));
    };
    Ok((status.and_then(|status| status.code()), said))
}

fn log_of(name: &str) -> PathBuf {
    let word: String = name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect();
    paths::logs().join("check-deploy").join(format!("{word}.log"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(verdicts: Vec<Verdict>) -> Report {
        let mut report = Report::default();
        for verdict in verdicts {
            report.add("a check", Duration::ZERO, verdict);
        }
        report
    }

    #[test]
    fn one_finding_fails_the_whole() {
        assert!(report(vec![Verdict::Well]).is_well(true));
        assert!(!report(vec![Verdict::Well, Verdict::Wrong("a port".into()), Verdict::Well]).is_well(false));
    }

    #[test]
    fn what_is_skipped_fails_only_where_nothing_may_be() {
        let report = report(vec![Verdict::Well, Verdict::Skipped("no terraform".into())]);
        assert!(report.is_well(false));
        assert!(!report.is_well(true));
    }

    #[test]
    fn a_tool_that_is_missing_is_no_finding_but_a_crash_is() {
        let said = "schema:\nmissing: kubectl is not installed\n".to_owned();
        assert_eq!(by_own_exit_code(Some(3), said.clone()), Verdict::Skipped("kubectl is not installed".into()));
        assert_eq!(by_own_exit_code(Some(1), said.clone()), Verdict::Wrong(said));
        assert_eq!(by_own_exit_code(Some(3), String::new()), Verdict::Wrong(String::new()));
        assert_eq!(by_own_exit_code(None, String::new()), Verdict::Wrong(String::new()));
    }

    #[tokio::test]
    async fn a_check_that_fails_says_what_it_said() -> Result<()> {
        let mut command = Command::new("sh");
        command.args(["-c", "echo found it; exit 4"]);
        let (code, said) = output("a test of xtask", command).await?;
        assert_eq!((code, said.as_str()), (Some(4), "found it\n"));
        Ok(())
    }
}
