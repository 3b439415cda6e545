//! Holding seats, each buyer with a session and a connection of their own.

use std::sync::Arc;

use anyhow::Result;
use rand::seq::IndexedRandom;
use shared::EventId;

use crate::{
    client::{Answer, Call, Connection, Fault},
    figure::Figure,
    load::{self, Actor},
    meter::Meter,
    plan::Window,
    stage::{Stage, booking},
};

struct Buyer {
    ticket: Connection,
    /// One for each event to choose from.
    calls: Arc<[Call]>,
}

impl Actor for Buyer {
    async fn act(&mut self) -> Result<(), Fault> {
        let chosen = self.calls.choose(&mut rand::rng()).ok_or(Fault::of("no event"))?;
        self.ticket.send(chosen).await.and_then(Answer::well).map(drop)
    }
}

/// So many buyers, each booking a ticket of any of these events over and over.
pub async fn run(stage: &Stage, meter: &Meter, events: &[EventId], buyers: usize, window: Window) -> Result<Figure> {
    let calls: Arc<[Call]> = events.iter().map(|event| booking(*event)).collect::<Result<_>>()?;
    let buyer = |number| Ok(Buyer { ticket: stage.connection(number, "ticket")?, calls: calls.clone() });
    load::drive((0..buyers).map(buyer).collect::<Result<_>>()?, window, meter).await
}
