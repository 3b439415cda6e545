//! How much is measured, and for how long.

use std::time::Duration;

/// A warm-up that is thrown away, then what counts.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Connections are made and caches filled.
    pub warm_up: Duration,
    /// What is measured.
    pub measured: Duration,
}

const fn window(warm_up: u64, measured: u64) -> Window {
    Window { warm_up: Duration::from_millis(warm_up), measured: Duration::from_millis(measured) }
}

/// What a run consists of.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often everything is measured, in turn; the median counts.
    pub repetitions: usize,
    /// How many accounts there are; more buyers than accounts share them.
    pub accounts: usize,
    /// For bookings, for full buys, and for each concurrency of the bare loop that they are compared with: the longer
    /// MongoDB takes writes the dearer they become, as it begins to write out what it has in memory.
    pub booking: Window,
    /// For reads and their ceilings.
    pub reading: Window,
    /// For signing in, which is slow on purpose.
    pub login: Window,
}

impl Plan {
    /// A minute's look, or all of it.
    pub const fn new(quick: bool) -> Self {
        if quick {
            Self {
                repetitions: 1,
                accounts: 256,
                booking: window(400, 1300),
                reading: window(200, 1000),
                login: window(200, 1500),
            }
        } else {
            Self {
                repetitions: 3,
                accounts: 1024,
                booking: window(1000, 4500),
                reading: window(500, 3500),
                login: window(500, 3000),
            }
        }
    }
}

/// Of the bare loop; the best counts.
pub const BARE_CLIENTS: [usize; 5] = [1, 8, 32, 64, 128];
/// Of buyers of one hot event.
pub const HOT_BUYERS: [usize; 3] = [32, 256, 1024];
/// Of buyers of many events.
pub const SPREAD_BUYERS: usize = 256;
/// How many events those are.
pub const SPREAD_EVENTS: usize = 200;
/// Of those who book, pay and look at their tickets; the best counts.
pub const FULL_BUYERS: [usize; 4] = [32, 128, 512, 1024];

/// What is measured of bookings.
#[derive(Clone, Copy, Debug)]
pub enum Turn {
    /// So many clients of the bare loop.
    Bare(usize),
    /// A single buyer.
    Lonely,
    /// So many buyers of one hot event.
    Hot(usize),
    /// Buyers of many events.
    Spread,
    /// So many who book, pay and look at their tickets.
    Full(usize),
}

/// In this order: a machine that others share changes its speed within a minute, so the bare loop has its turns among those
/// of what is compared with it.
pub const TURNS: [Turn; 14] = [
    Turn::Bare(BARE_CLIENTS[0]),
    Turn::Lonely,
    Turn::Bare(BARE_CLIENTS[1]),
    Turn::Bare(BARE_CLIENTS[2]),
    Turn::Hot(HOT_BUYERS[0]),
    Turn::Hot(HOT_BUYERS[1]),
    Turn::Bare(BARE_CLIENTS[3]),
    Turn::Hot(HOT_BUYERS[2]),
    Turn::Spread,
    Turn::Full(FULL_BUYERS[0]),
    Turn::Full(FULL_BUYERS[1]),
    Turn::Full(FULL_BUYERS[2]),
    Turn::Bare(BARE_CLIENTS[4]),
    Turn::Full(FULL_BUYERS[3]),
];

/// Of those who read, and of the ceiling for reads.
pub const READERS: usize = 64;
/// Of those who sign in.
pub const SIGNING_IN: usize = 8;
/// Of those who want the seats that sell out.
pub const RUSH_BUYERS: [usize; 2] = [256, 1024];
/// How many seats those are.
pub const RUSH_SEATS: u32 = 500;
