//! The ticket service's process.

use std::process::ExitCode;

use shared::server::{Clock, Env, run};
use ticket::Config;

fn main() -> ExitCode {
    run::main(Config::from_env(&Env::process()), |config, listener, stop| {
        ticket::run(config, listener, Clock::system(), stop)
    })
}
