//! A flash sale to its end: far more buyers than seats.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::Result;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::{
    client::{Answer, Call, Connection, Fault},
    plan::RUSH_SEATS,
    stage::{Stage, booking},
};

const SOLD_OUT: Fault = Fault::of("409 sold-out");
/// Who meets a fault tries again, so many times.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(10);

/// How a sale went.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sale {
    /// How many wanted seats.
    pub buyers: usize,
    /// How many seats there were.
    pub seats: u32,
    /// How many bookings were answered with an order.
    pub sold: u32,
    /// How many seats the ticket service says are left.
    pub left: u64,
    /// How many were told that nothing is left.
    pub sold_out: u32,
    /// Anything else, by kind.
    pub errors: BTreeMap<String, u64>,
    /// From the first request to the last answer, in milliseconds.
    pub took_ms: f64,
}

impl Sale {
    /// Whether every seat was sold once, and nobody met anything but that.
    pub fn is_clean(&self) -> bool {
        self.sold == self.seats && self.left == 0 && self.errors.is_empty()
    }
}

/// Each buyer books single seats until nothing is left.
pub async fn run(stage: &Stage, buyers: usize) -> Result<Sale> {
    let event = stage.event_with(RUSH_SEATS).await?;
    let call = booking(event)?;
    let mut working = JoinSet::new();
    let begun = Instant::now();
    for number in 0..buyers {
        working.spawn(buy_all(stage.connection(number, "ticket")?, call.clone()));
    }
    let mut sale = Sale { buyers, seats: RUSH_SEATS, ..Sale::default() };
    while let Some(ended) = working.join_next().await {
        let (sold, met) = ended?;
        sale.sold += sold;
        for fault in met {
            if fault == SOLD_OUT {
                sale.sold_out += 1;
            } else {
                *sale.errors.entry(fault.0.into_owned()).or_default() += 1;
            }
        }
    }
    sale.took_ms = begun.elapsed().as_secs_f64() * 1e3;
    sale.left = stage.remaining(event).await?;
    Ok(sale)
}

async fn buy_all(mut ticket: Connection, call: Call) -> (u32, Vec<Fault>) {
    let (mut sold, mut met) = (0, Vec::new());
    while met.len() < TRIES {
        match ticket.send(&call).await.and_then(Answer::well) {
            Ok(_) => sold += 1,
            Err(fault) => {
                let over = fault == SOLD_OUT;
                met.push(fault);
                if over {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    (sold, met)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sale_is_clean_if_each_seat_was_sold_once_and_nothing_else_happened() {
        let clean = Sale { seats: 5, sold: 5, sold_out: 90, ..Sale::default() };
        assert!(clean.is_clean());
        assert!(!Sale { sold: 6, ..clean.clone() }.is_clean());
        assert!(!Sale { left: 1, ..clean.clone() }.is_clean());
        assert!(!Sale { errors: [("503 unavailable".to_owned(), 1)].into(), ..clean }.is_clean());
    }
}
