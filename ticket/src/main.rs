//! The ticket service's process.

use std::process::ExitCode;

use shared::server::{Clock, Env, run};
use ticket::Config;

fn main() -> ExitCode {
    #[cfg(feature = "fail-points")]
    shared::server::fail_point::arm(ticket::fail_points());
    let config = Config::from_env(&Env::process());
    match run::command().as_deref() {
        None => run::main(config, |config, listener, stop| ticket::run(config, listener, Clock::system(), stop)),
        Some("healthcheck") => run::healthcheck(config),
        Some("audit") => run::report(config, ticket::audit),
        #[cfg(feature = "fail-points")]
        Some("fail-points") => shared::server::fail_point::print(&ticket::fail_points()),
        Some(_) => run::unknown_command("ticket [healthcheck | audit]"),
    }
}
