//! Compares the provider's books with ours, over and over: the whole at the start, then what has changed.

use std::{collections::HashSet, time::Duration};

use jiff::{SignedDuration, Timestamp};
use shared::server::telemetry;
use tokio_util::sync::CancellationToken;

use crate::audit::{Agreed, Auditor, Difference, Pass};

/// How far each pass looks back before the one before it: what was written meanwhile, by clocks that differ.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);
/// For each moment of work it rests so many, as far as [`Auditor::resting`] lets it: the books are compared slowly rather
/// than a sale slowed down.
const REST: u32 = 49;

/// Audits each `every` until `stop`.
pub async fn run(auditor: Auditor, every: Duration, stop: CancellationToken) {
    let auditor = auditor.resting(REST);
    let (mut since, mut standing, mut agreed) = (Timestamp::UNIX_EPOCH, Vec::new(), Agreed::default());
    while !stop.is_cancelled() {
        let until = auditor.clock.now();
        let next = until.saturating_sub(OVERLAP).unwrap_or(Timestamp::UNIX_EPOCH);
        let passed = tokio::select! {
            () = stop.cancelled() => return,
            passed = go(&auditor, Pass { since, until, keep: next }, &standing, &mut agreed) => passed,
        };
        match passed {
            Ok(found) => {
                report(&found, &standing);
                standing = found;
                since = next;
            }
            Err(error) => tracing::warn!(%error, "the books are not compared now"),
        }
        tokio::select! {
            () = stop.cancelled() => (),
            () = tokio::time::sleep(every) => (),
        }
    }
}

/// What differs now: of what the pass looks at, and of what differed before and has not been set right.
async fn go(
    auditor: &Auditor,
    pass: Pass,
    standing: &[Difference],
    agreed: &mut Agreed,
) -> Result<Vec<Difference>, crate::audit::Trouble> {
    let mut found = auditor.compare(pass, agreed).await?;
    for before in standing {
        if !found.iter().any(|now| now.intent == before.intent) {
            found.extend(auditor.look_again(before).await?);
        }
    }
    Ok(found)
}

fn report(found: &[Difference], before: &[Difference]) {
    let known: HashSet<String> = before.iter().map(ToString::to_string).collect();
    for difference in found.iter().filter(|difference| !known.contains(&difference.to_string())) {
        tracing::error!(%difference, "the provider's books and ours differ");
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of payments is far below 2^52")]
    metrics::gauge!("payment_audit_differences").set(found.len() as f64);
    telemetry::worked("payment-audit");
}
