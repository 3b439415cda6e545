//! The steps that ask nobody: what is written down, and what is told of it.

use super::{Known, Turn};
use crate::{
    domain::attempt::{IntentStatus, State, Step},
    provider::Intent,
    store::{Failure, GivenBack, OrderFacts, PaymentDocument},
};

/// What is to be written down at this step.
pub(super) fn down(step: Step, payment: &PaymentDocument, known: &Known) -> Turn {
    let next = match (step, &known.intent) {
        (Step::KeepPinned, _) => payment.to(State::Pinned),
        (Step::BeginConfirming, intent) => {
            let mut next = payment.to(State::Confirming);
            next.provider_intent = intent.as_ref().map(|intent| intent.id.clone()).or(next.provider_intent);
            next
        }
        (Step::AwaitAction, Some(intent)) => {
            let mut next = payment.to(State::Acting);
            next.next_action.clone_from(&intent.next_action);
            next
        }
        (Step::Capture, _) => captured(payment, known),
        (Step::GiveUp, intent) => give_up(payment, intent.as_ref()),
        (Step::StoreRefund, _) => returned(payment, known, State::Returned),
        (Step::CloseRefund, _) => returned(payment, known, State::Refunded),
        _ => return Turn::Later,
    };
    Turn::Move(Box::new(next))
}

/// The attempt whose money has moved, as the provider has just said where it was not written down before.
pub(super) fn captured(payment: &PaymentDocument, known: &Known) -> PaymentDocument {
    let mut next = known.keep(payment.to(State::Captured));
    if let Some(intent) = &known.intent {
        next.transaction_id.clone_from(&intent.transaction_id);
        // A run before this one, which ended after the money had moved, has written nothing of the order.
        next.order = next.order.or_else(|| intent.amount.map(OrderFacts::of));
    }
    next.failure = None;
    next
}

/// The attempt without hope; `intent` says whether it was declined.
pub(super) fn give_up(payment: &PaymentDocument, intent: Option<&Intent>) -> PaymentDocument {
    let declined = intent.filter(|intent| intent.status == IntentStatus::RequiresPaymentMethod);
    let mut next = payment.to(State::Voiding);
    next.failure = Some(match declined {
        Some(intent) => Failure {
            declined: true,
            reason: intent.decline_reason.clone().unwrap_or_else(|| "The payment was declined.".to_owned()),
        },
        None if payment.state == State::Acting => {
            Failure { declined: false, reason: "The payment was not approved in time; nothing was charged.".to_owned() }
        }
        None => {
            Failure { declined: false, reason: "The payment could not be completed; nothing was charged.".to_owned() }
        }
    });
    next
}

/// The attempt whose money is to go back, because ticket `asked` for it or would not have the order confirmed.
pub fn give_back(payment: &PaymentDocument, asked: bool) -> PaymentDocument {
    let mut next = payment.to(State::Refunding);
    next.given_back = Some(GivenBack { asked, refund: None });
    if !asked {
        let reason = "The order could not be confirmed any more; the money was given back.".to_owned();
        next.failure = Some(Failure { declined: false, reason });
    }
    next
}

fn returned(payment: &PaymentDocument, known: &Known, state: State) -> PaymentDocument {
    let mut next = payment.to(state);
    if let Some(given_back) = &mut next.given_back {
        given_back.refund = known.refund.as_ref().map(|refund| refund.id.clone());
    }
    next
}

/// Logs and counts an attempt that has come to its end.
pub(super) fn report(before: &PaymentDocument, now: &PaymentDocument) {
    tracing::debug!(payment = %now.id, from = ?before.state, to = ?now.state, "payment advanced");
    let outcome = match (now.state, &now.failure) {
        (State::Completed, _) => "completed",
        (State::Voided, Some(Failure { declined: true, .. })) => "declined",
        (State::Voided, _) => "abandoned",
        (State::Refused, _) => "refused",
        (State::Refunded, _) => "refunded",
        _ => return,
    };
    tracing::info!(payment = %now.id, order = %now.order_id, attempt = now.attempt, outcome, "payment settled");
    metrics::counter!("payments_total", "outcome" => outcome, "provider" => now.provider.clone()).increment(1);
}
