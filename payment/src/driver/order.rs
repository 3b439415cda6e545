//! The steps that ask ticket.

use std::error::Error;

use shared::{server::problem::Cause, ticket::OrderStatus};

use super::{Driver, Known, Turn, write};
use crate::{
    clients::TicketError,
    domain::attempt::State,
    store::{OrderFacts, PaymentDocument, Refusal},
};

impl Driver {
    /// `first` while the card is at hand: no run before this one can have told the provider to take the money.
    pub(super) async fn pin(&self, payment: &PaymentDocument, first: bool) -> Turn {
        let may_have_paid = !first && payment.provider_intent.is_some();
        let refuse = |found: bool, order_status: Option<OrderStatus>| {
            if may_have_paid {
                return Turn::Move(Box::new(write::give_up(payment, None)));
            }
            let mut next = payment.to(State::Refused);
            next.refusal = Some(Refusal { found, order_status });
            Turn::Move(Box::new(next))
        };
        match self.ticket.pin(payment).await {
            Ok(order) => Turn::Pinned(order.into()),
            Err(TicketError::NotFound) => refuse(false, None),
            // Pinned by this very attempt, but the amount was not told: make sure that it does not stay so.
            Err(TicketError::WrongState { status: Some(OrderStatus::Paying), attempt })
                if attempt == Some(payment.attempt) =>
            {
                Turn::Move(Box::new(write::give_up(payment, None)))
            }
            // Ticket counts differently: take the number that it wants.
            Err(TicketError::WrongState { status: Some(OrderStatus::Held), attempt: Some(seen) })
                if seen.saturating_add(1) > payment.attempt && !may_have_paid =>
            {
                let mut next = payment.clone();
                next.number(seen.saturating_add(1), |key| self.provider.intent_name(key));
                Turn::Move(Box::new(next))
            }
            Err(TicketError::WrongState { status, .. }) => refuse(true, status),
            Err(TicketError::Unknown(error)) => unknown(payment, &*error),
        }
    }

    pub(super) async fn confirm_order(&self, payment: &PaymentDocument, known: &Known) -> Turn {
        use OrderStatus::{Confirmed, Refunded, Refunding};
        let paid = write::captured(payment, known);
        match self.ticket.confirm(payment).await {
            Ok(order) => {
                let mut next = paid.to(State::Completed);
                next.order = next.order.filter(OrderFacts::are_whole).or_else(|| Some(order.into()));
                Turn::Move(Box::new(next))
            }
            // Confirmed by this attempt before, and perhaps on its way back already.
            Err(TicketError::WrongState { status: Some(Confirmed | Refunding | Refunded), attempt })
                if attempt == Some(payment.attempt) =>
            {
                Turn::Move(Box::new(paid.to(State::Completed)))
            }
            Err(TicketError::Unknown(error)) => unknown(payment, &*error),
            // The seats of a paying order are kept, so this takes a disaster on ticket's side, such as a restored backup.
            // Asking again would not bring the order back: the buyer gets the money.
            Err(error) => {
                tracing::error!(payment = %payment.id, order = %payment.order_id, %error, "paid, but not confirmed");
                metrics::counter!("payments_without_order_total").increment(1);
                Turn::Move(Box::new(write::give_back(&paid, false)))
            }
        }
    }

    pub(super) async fn release_order(&self, payment: &PaymentDocument) -> Turn {
        match self.ticket.release(payment).await {
            Err(TicketError::Unknown(error)) => unknown(payment, &*error),
            // An order that is gone, or not paying with this attempt, does not wait for it.
            Ok(_) | Err(TicketError::NotFound | TicketError::WrongState { .. }) => {
                Turn::Move(Box::new(payment.to(State::Voided)))
            }
        }
    }

    pub(super) async fn tell_refunded(&self, payment: &PaymentDocument) -> Turn {
        match self.ticket.refunded(payment).await {
            Ok(_) | Err(TicketError::WrongState { status: Some(OrderStatus::Refunded), .. }) => {
                Turn::Move(Box::new(payment.to(State::Refunded)))
            }
            Err(TicketError::Unknown(error)) => unknown(payment, &*error),
            // The order has tickets again, or is gone, though its money is back. It is told again until someone has
            // looked, and shows in the metric of the oldest unsettled payment.
            Err(error) => {
                tracing::error!(payment = %payment.id, order = %payment.order_id, %error, "refunded, but not noted");
                Turn::Later
            }
        }
    }
}

fn unknown(payment: &PaymentDocument, error: &(dyn Error + Send + Sync)) -> Turn {
    let cause = Cause::of(error).0;
    tracing::warn!(payment = %payment.id, state = ?payment.state, %cause, "ticket gave no answer to go on from");
    Turn::Later
}
