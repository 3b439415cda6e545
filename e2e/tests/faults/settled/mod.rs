//! Every order is settled and right: what that means, looked at from outside.
//!
//! Three kinds of finding: a broken law, which may never be found, whatever is dead at that moment; something open, which
//! must be gone within half a minute of healing; and something untrue, an answer that the books do not bear out.

mod laws;
mod open;
mod truth;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use tokio::time::sleep;
use xtask::services::Service;

use crate::{books::Scope, load::Act, seed::seed, world::World};

/// How long it may take from healing until every order is settled.
pub const HALF_A_MINUTE: Duration = Duration::from_secs(30);
/// How many findings are told: the first ones say what the others repeat.
const TOLD: usize = 30;

/// That all is settled, and in what.
pub struct Settled {
    /// How long it took.
    pub took: Duration,
    /// How many orders of the act ended how.
    pub orders: BTreeMap<String, usize>,
}

/// What holds whatever is dead: to be looked at in the middle of everything.
pub async fn lawful(world: &World, act: &Act) -> Result<()> {
    let books = world.databases.read(&act.scope()).await?;
    let broken = laws::broken(&books, &act.record.told().shows, false);
    findings(broken)
}

/// Waits until nothing of the act is open any more, for so long after healing, and holds everything against everything.
pub async fn settled(world: &World, act: &Act, healed: Instant, within: Duration) -> Result<Settled> {
    let scope = act.scope();
    let (books, mut found) = loop {
        let is_overdue = healed.elapsed() > within;
        // The cheap question first.
        if is_overdue || world.databases.open().await.is_ok_and(|open| open == 0) {
            let books = world.databases.read(&scope).await?;
            let (broken, open) = {
                let told = act.record.told();
                (laws::broken(&books, &told.shows, false), open::unsettled(&books, &told.called_off))
            };
            if is_overdue || open.is_empty() || !broken.is_empty() {
                break (books, [broken, open].concat());
            }
        }
        sleep(Duration::from_millis(150)).await;
    };
    let took = healed.elapsed();
    {
        let told = act.record.told();
        found.extend(truth::untrue(&books, &told));
        found.extend(told.wrong.iter().map(|wrong| format!("an answer that nobody should get: {wrong}")));
    }
    found.extend(world.audit(Service::Ticket).await?);
    found.extend(world.audit(Service::Payment).await?);
    findings(found)?;
    let mut orders = BTreeMap::new();
    for order in books.orders.values() {
        *orders.entry(format!("{:?}", order.status).to_lowercase()).or_default() += 1;
    }
    Ok(Settled { took, orders })
}

/// The laws over everything that the databases hold, of whatever act.
pub async fn lawful_altogether(world: &World, acts: &[Act]) -> Result<()> {
    let books = world.databases.read(&Scope::All).await?;
    let shows = acts.iter().flat_map(|act| act.record.told().shows.clone()).collect();
    findings(laws::broken(&books, &shows, true))
}

/// Nothing is in the logs that must never be there.
pub fn silent(world: &World) -> Result<()> {
    findings(world.complaints()?)
}

fn findings(found: Vec<String>) -> Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    let (many, seed) = (found.len(), seed());
    let told: Vec<String> = found.into_iter().take(TOLD).collect();
    bail!("{many} findings (FAULTS_SEED={seed}):\n  {}", told.join("\n  "))
}
