//! How long to wait before trying again.

use std::time::Duration;

/// The longest wait. Settling within half a minute of a neighbour's return leaves room for a few tries.
const CAP: Duration = Duration::from_secs(10);

/// One second, then twice as long each time, up to [`CAP`].
pub fn backoff(tries: u32) -> Duration {
    Duration::from_secs(1).saturating_mul(1_u32.checked_shl(tries).unwrap_or(u32::MAX)).min(CAP)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn waits_grow_up_to_the_cap(tries in 0_u32..u32::MAX) {
            prop_assert!(backoff(tries) >= Duration::from_secs(1));
            prop_assert!(backoff(tries) <= backoff(tries.saturating_add(1)));
            prop_assert!(backoff(tries) <= CAP);
        }
    }
}
