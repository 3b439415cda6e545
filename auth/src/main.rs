//! The auth service's process.

use std::process::ExitCode;

use auth::Config;
use shared::server::{Clock, Env, run};

fn main() -> ExitCode {
    run::main(Config::from_env(&Env::process()), |config, listener, stop| {
        auth::run(config, listener, Clock::system(), stop)
    })
}
