//! The seed of a run: with the same one the same choices are made, though what they meet is a matter of timing.

use std::{
    env,
    sync::OnceLock,
    time::{SystemTime, UNIX_EPOCH},
};

use rand::{SeedableRng, rngs::StdRng};
use xtask::say;

const VARIABLE: &str = "FAULTS_SEED";

/// The run's seed: what `FAULTS_SEED` says, else another one each time. It is printed once.
pub fn seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    *SEED.get_or_init(|| {
        let given = env::var(VARIABLE).ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::from(now.subsec_nanos()) ^ (now.as_secs() << 20)
        });
        say::step(format_args!("faults: {VARIABLE}={seed} makes the same choices again"));
        seed
    })
}

/// The choices of one part of the run.
pub fn choices(part: &str) -> StdRng {
    // FNV-1a: the same in every version of the compiler.
    let place = part
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    StdRng::seed_from_u64(seed() ^ place)
}
