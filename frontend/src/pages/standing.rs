//! An order and how its payment stands: what every page about one order asks for.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use shared::{
    OrderId, ProblemType, Timestamp,
    payment::{Payment, PaymentStatus},
    ticket::{Order, OrderStatus},
};

use crate::{
    api::{self, ApiError},
    components::Tone,
    format,
    work::{Remote, follow},
};

/// An order, and the latest payment of it.
#[derive(Clone)]
pub struct Standing {
    /// The order.
    pub order: Order,
    /// Its latest payment, if there is one and payment says so.
    pub payment: Option<Payment>,
    /// Whether payment could not be asked.
    pub unsure: bool,
}

/// The server's clock goes on with each answer; that alone makes no other standing.
impl PartialEq for Standing {
    fn eq(&self, other: &Self) -> bool {
        let of = |s: &Self| (s.order.updated_at, s.unsure, s.payment.as_ref().map(|p| (p.id, p.updated_at)));
        self.order.status == other.order.status && of(self) == of(other)
    }
}

impl Standing {
    /// Whether a payment or a refund is under way.
    pub fn is_open(&self) -> bool {
        matches!(self.order.status, OrderStatus::Paying | OrderStatus::Refunding)
    }

    /// Where the buyer has to go before the payment goes on: a page of this app, or the bank's own.
    pub fn action(&self) -> Option<String> {
        let payment = self.payment.as_ref().filter(|_| self.order.status == OrderStatus::Paying)?;
        payment.next_action.as_ref().map(|action| action.url.clone())
    }

    /// Why the latest payment took no money, where the order has none.
    pub fn failure(&self) -> Option<String> {
        let unpaid = matches!(self.order.status, OrderStatus::Held | OrderStatus::Expired | OrderStatus::Cancelled);
        let failed = self.payment.as_ref().filter(|p| unpaid && p.status == PaymentStatus::Failed)?;
        Some(failed.failure_reason.clone().unwrap_or_else(|| "The payment did not go through.".to_owned()))
    }

    /// What there is to say of it, beside the name of its state.
    pub fn note(&self) -> Option<(Tone, String)> {
        let order = &self.order;
        let total = format::money(order.total_amount);
        let failure = self.failure();
        Some(match order.status {
            OrderStatus::Confirmed => return None,
            OrderStatus::Held => (Tone::Bad, format!("{} Your tickets are still held.", failure?)),
            OrderStatus::Paying if self.action().is_some() => {
                (Tone::Warn, "Your bank asks you to approve the payment. Your seats stay yours meanwhile.".to_owned())
            }
            OrderStatus::Paying => (
                Tone::Info,
                "Your payment is being decided. Your seats stay yours until it is, and this page moves on by itself."
                    .to_owned(),
            ),
            OrderStatus::Expired => {
                (Tone::Plain, with(failure, "This order was not paid in time. Nothing was charged."))
            }
            OrderStatus::Cancelled => {
                (Tone::Plain, with(failure, "This order was cancelled before it was paid. Nothing was charged."))
            }
            OrderStatus::Refunding => {
                (Tone::Info, format!("{total} is on its way back to you. The tickets are no longer valid."))
            }
            OrderStatus::Refunded if order.total_amount.is_zero() => {
                (Tone::Plain, "These tickets were given back.".to_owned())
            }
            OrderStatus::Refunded => {
                (Tone::Info, format!("{total} went back the way it was paid. Your bank may take some days to show it."))
            }
        })
    }
}

fn with(failure: Option<String>, text: &str) -> String {
    failure.map_or_else(|| text.to_owned(), |failure| format!("{text} The last try: {failure}"))
}

/// Asks for an order, and for its payment where one was begun.
pub async fn ask(id: OrderId) -> Result<Standing, ApiError> {
    let order = api::ticket::order(id).await?;
    let payment = if order.attempt > 0 { api::payment::status(id).await.map(Some) } else { Ok(None) };
    let unsure = matches!(&payment, Err(error) if !error.is(ProblemType::NotFound));
    Ok(Standing { order, payment: payment.unwrap_or_default(), unsure })
}

/// An order as it stands, followed while a payment or a refund is under way.
pub fn followed(id: Option<OrderId>) -> Remote<Standing> {
    let standing = Remote::of(id, ask);
    follow(move || standing.is(Standing::is_open), move || standing.look());
    standing
}

/// Goes where the buyer has to act. Back from there does not lead through here again.
pub fn go(url: &str, navigate: &impl Fn(&str, NavigateOptions)) {
    if url.starts_with('/') {
        navigate(url, NavigateOptions { replace: true, ..NavigateOptions::default() });
    } else {
        let _ = window().location().replace(url);
    }
}

/// The last moment when a buyer may have the money back by the organizer's policy.
pub fn refund_deadline(starts_at: Timestamp, refund_hours: Option<u32>) -> Option<Timestamp> {
    Timestamp::from_second(starts_at.as_second() - i64::from(refund_hours?) * 3600).ok()
}

/// The same for an order, while that moment is to come.
pub fn refundable_until(order: &Order) -> Option<Timestamp> {
    refund_deadline(order.event.starts_at, order.event.refund_hours)
        .filter(|until| order.status == OrderStatus::Confirmed && order.server_time <= *until)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_800_000_000;

    #[test]
    fn refunds_end_so_many_hours_before_the_start() {
        let starts_at = Timestamp::from_second(START).expect("a time");
        assert_eq!(refund_deadline(starts_at, None), None);
        assert_eq!(refund_deadline(starts_at, Some(0)), Some(starts_at));
        assert_eq!(refund_deadline(starts_at, Some(48)), Timestamp::from_second(START - 48 * 3600).ok());
    }
}
