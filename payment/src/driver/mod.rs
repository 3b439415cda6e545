//! Drives a payment as far as it can be driven now: asks ticket and the provider, and writes down what they say before
//! going on.
//!
//! Any number of drivers may work on the same attempt, in any number of replicas, one of them perhaps hours late: every
//! change is a compare-and-set, every call may be repeated, and the provider decides confirm against cancel once.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use mongodb::error::Error;
use shared::{
    server::{Clock, UpstreamError, problem::Cause},
    ticket::OrderStatus,
};

use crate::{
    clients::{TicketClient, TicketError},
    domain::{
        attempt::{IntentStatus, Situation, State, Step, next_step},
        backoff::backoff,
        request::PaymentSource,
    },
    provider::{Intent, PaymentProvider, ProviderError},
    store::{Failure, OrderFacts, PaymentDocument, Payments, Refusal},
};

/// How many steps one drive takes at the most; the longest way to an end has ten.
const STEPS: usize = 24;
/// How often the provider is asked again at once while the card is at hand, and how long is waited between.
const RETRIES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(300)];

/// What a step brought.
enum Turn {
    /// The attempt is to be written down so before going on.
    Move(Box<PaymentDocument>),
    /// The provider said this.
    Learn(Intent),
    /// The provider gave no answer to go on from.
    Trouble(ProviderError),
    /// Nothing can be done now.
    Later,
}

/// Drives payments.
#[derive(Clone)]
pub struct Driver {
    pub(crate) payments: Payments,
    ticket: TicketClient,
    pub(crate) provider: Arc<dyn PaymentProvider>,
    pub(crate) clock: Clock,
    deadline: SignedDuration,
}

impl Driver {
    /// Attempts older than `deadline` are given up, if the provider agrees.
    pub fn new(
        payments: Payments,
        ticket: TicketClient,
        provider: Arc<dyn PaymentProvider>,
        clock: Clock,
        deadline: Duration,
    ) -> Self {
        let deadline = SignedDuration::try_from(deadline).unwrap_or(SignedDuration::MAX);
        Self { payments, ticket, provider, clock, deadline }
    }

    /// Drives on; answers with the payment as it stands then. Without `source` no money is asked for any more.
    pub async fn drive(
        &self,
        mut payment: PaymentDocument,
        source: Option<PaymentSource>,
    ) -> Result<PaymentDocument, Error> {
        let mut known: Option<Intent> = None;
        let mut retries = RETRIES.iter().filter(|_| source.is_some());
        for _ in 0..STEPS {
            let step = next_step(Situation {
                state: payment.state,
                intent_stored: payment.provider_intent.is_some(),
                provider: known.as_ref().map(|intent| intent.status),
                source: source.is_some(),
                overdue: self.is_overdue(&payment),
            });
            if step == Step::Rest {
                return Ok(payment);
            }
            match self.take(step, &payment, known.as_ref(), source.as_ref()).await {
                Turn::Move(next) => match self.payments.advance(&payment, *next).await? {
                    Some(advanced) => {
                        report(&payment, &advanced);
                        payment = advanced;
                    }
                    // Someone else goes on with it.
                    None => return Ok(self.payments.find(payment.id).await?.unwrap_or(payment)),
                },
                Turn::Learn(intent) => known = Some(intent),
                Turn::Trouble(error) => {
                    tracing::warn!(payment = %payment.id, ?step, %error, "the provider gave no answer to go on from");
                    known = None;
                    match retries.next() {
                        Some(pause) => tokio::time::sleep(*pause).await,
                        None => break,
                    }
                }
                Turn::Later => break,
            }
        }
        self.payments.postpone(&payment, backoff(payment.tries)).await?;
        Ok(payment)
    }

    fn is_overdue(&self, payment: &PaymentDocument) -> bool {
        let begun: jiff::Timestamp = payment.created_at.into();
        self.clock.now().duration_since(begun) >= self.deadline
    }

    async fn take(
        &self,
        step: Step,
        payment: &PaymentDocument,
        known: Option<&Intent>,
        source: Option<&PaymentSource>,
    ) -> Turn {
        let intent = payment.provider_intent.as_deref();
        let answer = match (step, intent, source, &payment.order) {
            (Step::CreateIntent, _, _, Some(order)) => self.provider.create_intent(payment.key(), order.amount).await,
            (Step::Confirm, Some(intent), Some(source), _) => {
                self.provider.confirm(payment.key(), intent, source).await
            }
            (Step::Retrieve, Some(intent), ..) => self.provider.retrieve(intent).await,
            (Step::Cancel, Some(intent), ..) => self.provider.cancel(payment.key(), intent).await,
            (Step::Pin, ..) => return self.pin(payment).await,
            (Step::ConfirmOrder, ..) => return self.confirm_order(payment).await,
            (Step::ReleaseOrder, ..) => return self.release_order(payment).await,
            _ => return write_down(step, payment, known),
        };
        match answer {
            Ok(intent) => Turn::Learn(intent),
            // Refused for good before any money was asked for: nothing is left but to give up.
            Err(error @ ProviderError::Permanent(_)) if matches!(step, Step::CreateIntent | Step::Confirm) => {
                tracing::error!(payment = %payment.id, ?step, %error, "the provider refused a payment");
                Turn::Move(Box::new(give_up(payment, None)))
            }
            Err(error) => Turn::Trouble(error),
        }
    }

    async fn pin(&self, payment: &PaymentDocument) -> Turn {
        match self.ticket.pin(payment).await {
            Ok(order) => {
                let mut next = payment.to(State::Pinned);
                next.order = Some(OrderFacts {
                    booking_reference: order.booking_reference,
                    event_title: order.event.title,
                    amount: order.total_amount,
                });
                Turn::Move(Box::new(next))
            }
            Err(TicketError::NotFound) => refuse(payment, Refusal { found: false, order_status: None }),
            // Pinned by this very attempt, but the amount was not told: make sure that it does not stay so.
            Err(TicketError::WrongState { status: Some(OrderStatus::Paying), attempt })
                if attempt == Some(payment.attempt) =>
            {
                Turn::Move(Box::new(give_up(payment, None)))
            }
            // Ticket counts differently: take the number that it wants.
            Err(TicketError::WrongState { status: Some(OrderStatus::Held), attempt: Some(seen) })
                if seen.saturating_add(1) > payment.attempt =>
            {
                let mut next = payment.clone();
                next.attempt = seen.saturating_add(1);
                Turn::Move(Box::new(next))
            }
            Err(TicketError::WrongState { status, .. }) => {
                refuse(payment, Refusal { found: true, order_status: status })
            }
            Err(TicketError::Unknown(error)) => unknown(payment, &error),
        }
    }

    async fn confirm_order(&self, payment: &PaymentDocument) -> Turn {
        match self.ticket.confirm(payment).await {
            Ok(_) => Turn::Move(Box::new(payment.to(State::Completed))),
            Err(TicketError::WrongState { status: Some(OrderStatus::Confirmed), attempt })
                if attempt == Some(payment.attempt) =>
            {
                Turn::Move(Box::new(payment.to(State::Completed)))
            }
            Err(TicketError::Unknown(error)) => unknown(payment, &error),
            // The seats of a paying order are kept, so this cannot be. It is tried again, and shows in the metric of
            // the oldest unsettled payment, until someone has looked.
            Err(error) => {
                tracing::error!(payment = %payment.id, order = %payment.order_id, %error, "paid, but not confirmed");
                Turn::Later
            }
        }
    }

    async fn release_order(&self, payment: &PaymentDocument) -> Turn {
        match self.ticket.release(payment).await {
            Err(TicketError::Unknown(error)) => unknown(payment, &error),
            // An order that is gone, or not paying with this attempt, does not wait for it.
            Ok(_) | Err(TicketError::NotFound | TicketError::WrongState { .. }) => {
                Turn::Move(Box::new(payment.to(State::Voided)))
            }
        }
    }
}

fn unknown(payment: &PaymentDocument, error: &UpstreamError) -> Turn {
    let cause = Cause::of(error).0;
    tracing::warn!(payment = %payment.id, state = ?payment.state, %cause, "ticket gave no answer to go on from");
    Turn::Later
}

fn refuse(payment: &PaymentDocument, refusal: Refusal) -> Turn {
    let mut next = payment.to(State::Refused);
    next.refusal = Some(refusal);
    Turn::Move(Box::new(next))
}

/// The steps that ask nobody.
fn write_down(step: Step, payment: &PaymentDocument, known: Option<&Intent>) -> Turn {
    let next = match (step, known) {
        (Step::StoreIntent, Some(intent)) => {
            let mut next = payment.to(State::Intent);
            next.provider_intent = Some(intent.id.clone());
            next
        }
        (Step::BeginConfirming, _) => payment.to(State::Confirming),
        (Step::Capture, Some(intent)) => {
            let mut next = payment.to(State::Captured);
            next.transaction_id.clone_from(&intent.transaction_id);
            next.failure = None;
            next
        }
        (Step::GiveUp, known) => give_up(payment, known),
        _ => return Turn::Later,
    };
    Turn::Move(Box::new(next))
}

fn give_up(payment: &PaymentDocument, known: Option<&Intent>) -> PaymentDocument {
    let declined = known.filter(|intent| intent.status == IntentStatus::RequiresPaymentMethod);
    let mut next = payment.to(State::Voiding);
    next.failure = Some(match declined {
        Some(intent) => Failure {
            declined: true,
            reason: intent.decline_reason.clone().unwrap_or_else(|| "The payment was declined.".to_owned()),
        },
        None => {
            Failure { declined: false, reason: "The payment could not be completed; nothing was charged.".to_owned() }
        }
    });
    next
}

/// Logs and counts an attempt that has come to its end.
fn report(before: &PaymentDocument, now: &PaymentDocument) {
    tracing::debug!(payment = %now.id, from = ?before.state, to = ?now.state, "payment advanced");
    let outcome = match (now.state, &now.failure) {
        (State::Completed, _) => "completed",
        (State::Voided, Some(Failure { declined: true, .. })) => "declined",
        (State::Voided, _) => "abandoned",
        (State::Refused, _) => "refused",
        _ => return,
    };
    tracing::info!(payment = %now.id, order = %now.order_id, attempt = now.attempt, outcome, "payment settled");
    metrics::counter!("payments_total", "outcome" => outcome, "provider" => now.provider.clone()).increment(1);
}
