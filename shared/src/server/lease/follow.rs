//! Following auth's revocations.

use std::{
    sync::Weak,
    time::{Duration, Instant},
};

use reqwest::Method;
use uuid::Uuid;

use super::Memory;
use crate::{
    auth::Revocations,
    server::{Upstream, UpstreamError, upstream::answer},
};

/// How much shorter than granted a lease is taken to be: clocks do not run alike.
const MARGIN: Duration = Duration::from_millis(200);
/// How long auth may hold a request for revocations back, with room to spare.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait before asking again after a failure.
const PAUSE: Duration = Duration::from_millis(250);

/// Asks auth for revocations until the memory is dropped; a failed request gives the lease up.
pub async fn follow(auth: Upstream, memory: Weak<Memory>) {
    let holder = Uuid::now_v7().simple().to_string();
    let mut after = None;
    while memory.strong_count() > 0 {
        let sent = Instant::now();
        let outcome = poll(&auth, &holder, after).await;
        let Some(memory) = memory.upgrade() else { return };
        match outcome {
            Ok(Revocations { revoked, last, lease_ms }) => {
                let granted = Duration::from_millis(lease_ms).saturating_sub(MARGIN);
                memory.renew(sent + granted, after.is_none(), &revoked);
                after = Some(last);
            }
            Err(error) => {
                tracing::debug!(%error, "no lease on sessions");
                memory.give_up();
                after = None;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn poll(auth: &Upstream, holder: &str, after: Option<i64>) -> Result<Revocations, UpstreamError> {
    let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
    let path = format!("/api/auth/revocations?holder={holder}{after}");
    answer(auth.request(Method::GET, &path).timeout(PATIENCE).send().await?).await
}
