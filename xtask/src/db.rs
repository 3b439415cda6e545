//! Only MongoDB, for running a service by hand.

use anyhow::{Result, bail};

use crate::{
    leftovers,
    mongo::{Mongo, Options, SMALL_CACHE},
    ports::Ports,
    say,
    wait::Stop,
};

/// The data that `up` and `db` share on the same ports.
pub fn options(ports: Ports) -> Options {
    let name = match ports.offset() {
        0 => "up".to_owned(),
        offset => format!("up-{offset}"),
    };
    Options { name, port: ports.mongo(), throwaway: false, cache_gb: SMALL_CACHE }
}

/// Runs MongoDB until Ctrl-C.
pub async fn run(ports: Ports) -> Result<()> {
    let mut stop = Stop::catch()?;
    leftovers::sweep().await?;
    let options = options(ports);
    let mongo = tokio::select! {
        mongo = Mongo::find_or_start(&options) => mongo?,
        () = stop.wait() => return Ok(()),
    };
    if !mongo.is_ours() {
        say::done(format_args!("MongoDB is ready: {}", mongo.uri()));
        return Ok(());
    }
    say::done("MongoDB is ready; Ctrl-C stops it");
    say::plain(format_args!("  {}", mongo.uri()));
    let died = tokio::select! {
        () = stop.wait() => None,
        why = mongo.exited() => Some(why),
    };
    say::step("Stopping MongoDB");
    mongo.stop().await?;
    leftovers::forget();
    match died {
        Some(why) => bail!(why),
        None => Ok(()),
    }
}
