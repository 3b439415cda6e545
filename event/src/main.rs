//! The event service's process.

use std::process::ExitCode;

use event::Config;
use shared::server::{Clock, Env, run};

fn main() -> ExitCode {
    let config = Config::from_env(&Env::process());
    match run::command().as_deref() {
        None => run::main(config, |config, listener, stop| event::run(config, listener, Clock::system(), stop)),
        Some("healthcheck") => run::healthcheck(config),
        Some(_) => run::unknown_command("event [healthcheck]"),
    }
}
