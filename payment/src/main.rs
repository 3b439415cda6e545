//! The payment service's process.

use std::process::ExitCode;

use payment::Config;
use shared::server::{Clock, Env, run};

fn main() -> ExitCode {
    run::main(Config::from_env(&Env::process()), |config, listener, stop| {
        payment::run(config, listener, Clock::system(), stop)
    })
}
