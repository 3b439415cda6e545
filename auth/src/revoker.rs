//! Ending sessions so that, once it is answered, no replica of any service accepts them.

use std::time::Duration;

use bson::DateTime;
use jiff::SignedDuration;
use mongodb::error::Error;
use shared::{
    auth::{Revocations, Revoked},
    server::Clock,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;

use crate::store::RevocationLog;

/// For how long answers may be remembered without asking for revocations again.
const LEASE: Duration = Duration::from_secs(3);
/// After how long a request for revocations is answered though there are none.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// How far the clocks of two replicas of auth may be apart; leases are taken to run so much longer.
const SKEW: SignedDuration = SignedDuration::from_secs(1);
/// How often other replicas' revocations are looked for while someone waits for any.
const LOOK: Duration = Duration::from_millis(25);
/// How often acknowledgements are looked for.
const LOOK_FOR_ACKNOWLEDGEMENT: Duration = Duration::from_millis(5);

/// Writes revocations down, tells lease holders, and waits for them.
#[derive(Clone)]
pub struct Revoker {
    log: RevocationLog,
    clock: Clock,
    /// Tells of this replica's own revocations at once.
    latest: watch::Sender<i64>,
}

impl Revoker {
    /// Over the log.
    pub fn new(log: RevocationLog, clock: Clock) -> Self {
        Self { log, clock, latest: watch::Sender::new(0) }
    }

    /// Returns when no lease is left whose holder has not heard of it. What `revoked` names must have ended before.
    pub async fn revoke(&self, revoked: &Revoked) -> Result<(), Error> {
        let seq = self.log.append(revoked, self.clock.now().into()).await?;
        self.tell(seq);
        // A lease that runs out is not renewed by a holder that did not acknowledge, so this ends.
        while self.log.is_awaited(seq, self.expired_before()).await? {
            sleep(LOOK_FOR_ACKNOWLEDGEMENT).await;
        }
        Ok(())
    }

    fn tell(&self, seq: i64) {
        self.latest.send_if_modified(|latest| {
            let newer = seq > *latest;
            *latest = seq.max(*latest);
            newer
        });
    }

    /// Looks for the revocations of other replicas, once for all lease holders that wait here, until `stop`.
    pub async fn look(self, stop: CancellationToken) {
        while stop.run_until_cancelled(sleep(LOOK)).await.is_some() {
            // Those who wait read for themselves when their time is up, and learn then what is wrong.
            if self.latest.receiver_count() > 0
                && let Ok(seq) = self.log.last().await
            {
                self.tell(seq);
            }
        }
    }

    /// Answers a lease holder: what was revoked after `after`, at once if anything, else after a heartbeat.
    pub async fn poll(&self, holder: &str, after: Option<i64>) -> Result<Revocations, Error> {
        let acknowledged = match after {
            Some(after) => after,
            None => self.log.last().await?,
        };
        let until = self.clock.now().saturating_add(LEASE).unwrap_or(shared::Timestamp::MAX);
        self.log.renew_lease(holder, acknowledged, until.into()).await?;
        let deadline = Instant::now() + HEARTBEAT;
        // Before anything is read: what is told meanwhile is not missed.
        let mut latest = self.latest.subscribe();
        loop {
            let (revoked, last) = self.log.since(acknowledged).await?;
            // A new holder waits for nothing: it may remember from now on.
            if !revoked.is_empty() || after.is_none() || Instant::now() >= deadline {
                let lease_ms = u64::try_from(LEASE.as_millis()).unwrap_or_default();
                return Ok(Revocations { revoked, last, lease_ms });
            }
            let _ = timeout_at(deadline, latest.changed()).await;
        }
    }

    /// A lease until before this time has run out, by whichever replica's clock.
    fn expired_before(&self) -> DateTime {
        self.clock.now().saturating_sub(SKEW).unwrap_or(shared::Timestamp::MIN).into()
    }
}
