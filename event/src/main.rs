//! The event service's process.

use std::process::ExitCode;

use event::Config;
use shared::server::{Clock, Env, run};

fn main() -> ExitCode {
    run::main(Config::from_env(&Env::process()), |config, listener, stop| {
        event::run(config, listener, Clock::system(), stop)
    })
}
