//! The payment service's process.

use std::process::ExitCode;

use payment::Config;
use shared::server::{Clock, Env, run};

fn main() -> ExitCode {
    #[cfg(feature = "fail-points")]
    shared::server::fail_point::arm(payment::fail_points());
    let config = Config::from_env(&Env::process());
    match run::command().as_deref() {
        None => run::main(config, |config, listener, stop| payment::run(config, listener, Clock::system(), stop)),
        Some("healthcheck") => run::healthcheck(config),
        Some("audit") => run::report(config, |config| payment::audit(config, Clock::system())),
        #[cfg(feature = "fail-points")]
        Some("fail-points") => shared::server::fail_point::print(&payment::fail_points()),
        Some(_) => run::unknown_command("payment [healthcheck | audit]"),
    }
}
