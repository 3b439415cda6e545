//! The law: orders, inventory and payments together behave as a plain model of them does, whatever is asked, however
//! often and in whatever order; and money and tickets always belong together.

mod model;
mod system;
mod world;

use jiff::{SignedDuration, Timestamp};
use model::ModelEvent;
use proptest::prelude::*;
use shared::{EventId, event::Event};
use world::World;

pub(super) const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
const HOLD: SignedDuration = SignedDuration::from_mins(10);
const NAMES: [&str; 2] = ["Floor", "Box"];
/// The first event costs something, the second nothing.
pub(super) const PRICES: [i64; 2] = [4500, 0];
const MAX_PER_ORDER: u32 = 5;
const BUYERS: usize = 3;
const FIRST: ModelEvent = ModelEvent { version: 1, open: true, max_per_buyer: Some(6), capacity: [7, 4] };

/// An event that sells a few tickets.
pub(super) fn event(id: EventId) -> Event {
    system::event(id, 0, FIRST)
}

/// A request to book; a type beyond the last is one that the event does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Body {
    event: usize,
    lines: Vec<(usize, u32)>,
    total: i64,
}

/// What is done in one batch. An order is named by any number, taken modulo how many there are.
#[derive(Clone, Debug)]
enum Op {
    Hold {
        buyer: usize,
        body: Body,
        key: Option<u8>,
    },
    Cancel(usize),
    Expire(usize),
    Change {
        event: usize,
        open: bool,
        max_per_buyer: Option<u32>,
        capacity: [u32; 2],
    },
    /// A change that was applied long ago.
    Stale(usize),
}

#[derive(Clone, Debug)]
enum Step {
    Batch(Vec<Op>),
    /// The buyer tries to pay.
    Begin(usize),
    /// The provider moves the money.
    Capture(usize),
    /// The provider declines, or payment gives the attempt up.
    Void(usize),
    /// A message of payment arrives: perhaps again, perhaps late; perhaps its answer is lost.
    Deliver(usize, bool),
    /// A message of an attempt that is over, or never was.
    Stray(usize, u8, u32),
    /// The buyer or the organizer asks for the money back.
    Refund(usize),
    /// Payment has found a refunding order and gives the money back.
    Return(usize),
    /// The worker comes by for events that are called off.
    CallOff,
    Wait(i64),
}

fn body() -> impl Strategy<Value = Body> {
    let lines = prop_oneof![
        8 => (0..2_usize, 1..4_u32).prop_map(|line| vec![line]),
        4 => (1..3_u32, 1..3_u32).prop_map(|(a, b)| vec![(0, a), (1, b)]),
        1 => Just(vec![(2, 1)]),
        1 => Just(vec![(0, 6)]),
    ];
    (0..2_usize, lines, prop_oneof![9 => Just(0_i64), 1 => Just(1)]).prop_map(|(event, lines, off)| {
        let total = off + lines.iter().map(|line| PRICES[event] * i64::from(line.1)).sum::<i64>();
        Body { event, lines, total }
    })
}

fn op() -> impl Strategy<Value = Op> {
    let limit = prop_oneof![Just(None), (1..8_u32).prop_map(Some)];
    prop_oneof![
        8 => (0..BUYERS, body(), prop_oneof![2 => Just(None), 1 => (0..3_u8).prop_map(Some)])
            .prop_map(|(buyer, body, key)| Op::Hold { buyer, body, key }),
        2 => any::<usize>().prop_map(Op::Cancel),
        2 => any::<usize>().prop_map(Op::Expire),
        1 => (0..2_usize, prop::bool::weighted(0.8), limit, [0..9_u32, 0..9_u32])
            .prop_map(|(event, open, max_per_buyer, capacity)| Op::Change { event, open, max_per_buyer, capacity }),
        1 => (0..2_usize).prop_map(Op::Stale),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(op(), 1..5).prop_map(Step::Batch),
        5 => any::<usize>().prop_map(Step::Begin),
        4 => any::<usize>().prop_map(Step::Capture),
        2 => any::<usize>().prop_map(Step::Void),
        9 => (any::<usize>(), any::<bool>()).prop_map(|(which, lost)| Step::Deliver(which, lost)),
        2 => (any::<usize>(), 0..5_u8, 0..5_u32).prop_map(|(any, kind, number)| Step::Stray(any, kind, number)),
        2 => any::<usize>().prop_map(Step::Refund),
        2 => any::<usize>().prop_map(Step::Return),
        1 => Just(Step::CallOff),
        2 => (1..400_i64).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn orders_inventory_and_payments_behave_as_a_plain_model_of_them(
        steps in prop::collection::vec(step(), 1..32),
    ) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
            world.holds();
        }
        world.settle();
        world.holds();
        world.is_settled();
    }
}
