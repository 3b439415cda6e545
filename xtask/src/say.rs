//! Lines for the person at the terminal.

use std::{
    env,
    fmt::Display,
    io::{self, IsTerminal, Write},
    sync::OnceLock,
    time::{Duration, Instant},
};

use tokio::time::interval_at;

const TICK: Duration = Duration::from_secs(5);

/// Announces a step that begins.
pub fn step(text: impl Display) {
    line(&format!("{} {text}", paint("1;36", "▸")));
}

/// Says something about the step that runs.
pub fn note(text: impl Display) {
    line(&format!("  {text}"));
}

/// Says that something went wrong without stopping the rest.
pub fn warn(text: impl Display) {
    line(&format!("{} {text}", paint("1;33", "!")));
}

/// Says that something went well.
pub fn done(text: impl Display) {
    line(&format!("{} {text}", paint("1;32", "✔")));
}

/// Prints a line as it is.
pub fn plain(text: impl Display) {
    line(&text.to_string());
}

/// Passes on a line of a child process under its name.
pub fn child(name: &str, text: &str) {
    let color = match name {
        "auth" => "35",
        "event" => "34",
        "ticket" => "33",
        "payment" => "32",
        _ => "36",
    };
    line(&format!("{} {text}", paint(color, &format!("{name:>8} │"))));
}

/// Runs a silent step and says every few seconds that it still runs.
pub async fn ticking<F: Future>(what: &str, work: F) -> F::Output {
    let started = Instant::now();
    let mut tick = interval_at(tokio::time::Instant::now() + TICK, TICK);
    tokio::pin!(work);
    loop {
        tokio::select! {
            output = &mut work => return output,
            _ = tick.tick() => note(format_args!("… {what}, {} s", started.elapsed().as_secs())),
        }
    }
}

fn paint(code: &str, text: &str) -> String {
    static COLORS: OnceLock<bool> = OnceLock::new();
    if *COLORS.get_or_init(|| io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none()) {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

fn line(text: &str) {
    // A reader that went away (`| head`) must not bring the platform down.
    let _ = writeln!(io::stdout().lock(), "{text}");
}
