//! The auth service's process.

use std::process::ExitCode;

use auth::Config;
use shared::server::{Clock, Env, run};

fn main() -> ExitCode {
    let config = Config::from_env(&Env::process());
    match run::command().as_deref() {
        None => run::main(config, |config, listener, stop| auth::run(config, listener, Clock::system(), stop)),
        Some("healthcheck") => run::healthcheck(config),
        Some(_) => run::unknown_command("auth [healthcheck]"),
    }
}
