//! What the business looks at: bookings, and why there were none.

use shared::ticket::{OrderStatus, SaleStatus};

use super::decide::Done;
use crate::{Error, domain::inventory::Refusal};

/// Counts what became of a command.
pub fn measure(verdict: &Result<Done, Error>) {
    match verdict {
        Ok(Done::Placed(order)) => {
            metrics::counter!("holds_total").increment(1);
            if order.status == OrderStatus::Confirmed {
                metrics::counter!("orders_confirmed_total").increment(1);
            }
        }
        Ok(Done::Released(order)) if order.status == OrderStatus::Expired => {
            metrics::counter!("orders_expired_total").increment(1);
        }
        Err(Error::Refused(refusal)) => {
            metrics::counter!("holds_refused_total", "reason" => reason(refusal)).increment(1);
        }
        _ => {}
    }
}

const fn reason(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotOnSale(SaleStatus::Cancelled) => "cancelled",
        Refusal::NotOnSale(_) => "not-on-sale",
        Refusal::SoldOut(_) => "sold-out",
        Refusal::UnknownType(_) => "unknown-type",
        Refusal::TooMany { .. } => "too-many",
        Refusal::BuyerLimit { .. } => "buyer-limit",
        Refusal::PriceChanged(_) => "price-changed",
    }
}
