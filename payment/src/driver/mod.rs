//! Drives a payment as far as it can be driven now: asks ticket and the provider, and writes down what cannot be asked
//! again before going on.
//!
//! Any number of drivers may work on the same attempt, in any number of replicas, one of them perhaps hours late: every
//! change is a compare-and-set, every call may be repeated, and the provider decides confirm against cancel once.

mod order;
mod write;

use std::{pin::pin, sync::Arc, time::Duration};

use jiff::SignedDuration;
use mongodb::error::Error;
use shared::server::{
    Clock,
    fail_point::{Side, reach},
};
use tokio::{sync::Notify, time::timeout};
pub use write::give_back;

use crate::{
    clients::TicketClient,
    domain::{
        attempt::{Situation, State, Step, next_step},
        backoff::backoff,
        request::PaymentSource,
    },
    provider::{Intent, PaymentProvider, ProviderError, Refund},
    store::{OrderFacts, PaymentDocument, Payments},
};

/// How many steps one drive takes at the most; the longest way to an end has a dozen.
const STEPS: usize = 24;
/// How often the provider is asked again at once while the card is at hand, and how long is waited between.
const RETRIES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(300)];
/// How long a neighbour may take before it is written down what is known so far.
const PROMPT: Duration = Duration::from_millis(300);

/// What a step brought.
enum Turn {
    /// The attempt is to be written down so before going on.
    Move(Box<PaymentDocument>),
    /// Ticket lets the order be paid.
    Pinned(OrderFacts),
    /// The provider said this.
    Learn(Intent),
    /// The provider has given the money back.
    Returned(Refund),
    /// The provider gave no answer to go on from.
    Trouble(ProviderError),
    /// Nothing can be done now.
    Later,
    /// Someone else goes on with the attempt.
    Overtaken,
}

/// What this run has learned and not written down.
#[derive(Default)]
struct Known {
    order: Option<OrderFacts>,
    intent: Option<Intent>,
    refund: Option<Refund>,
    /// The provider was told to take the money, and that is not written down.
    told: bool,
    /// A neighbour gave no answer to go on from.
    ending: bool,
}

impl Known {
    /// What is written down next, with what ticket has said of the order.
    fn keep(&self, mut next: PaymentDocument) -> PaymentDocument {
        next.order = next.order.or_else(|| self.order.clone());
        next
    }
}

/// How long attempts may take before they are given up, if the provider agrees.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// Where only machines are at work.
    pub machines: Duration,
    /// Where the buyer must act.
    pub buyer: Duration,
}

/// Drives payments.
#[derive(Clone)]
pub struct Driver {
    pub(crate) payments: Payments,
    pub(crate) ticket: TicketClient,
    pub(crate) provider: Arc<dyn PaymentProvider>,
    pub(crate) clock: Clock,
    deadlines: Deadlines,
    /// Wakes the resolver of this replica.
    pub(crate) look: Arc<Notify>,
}

impl Driver {
    /// Attempts older than their deadline are given up, if the provider agrees.
    pub fn new(
        payments: Payments,
        ticket: TicketClient,
        provider: Arc<dyn PaymentProvider>,
        clock: Clock,
        deadlines: Deadlines,
    ) -> Self {
        Self { payments, ticket, provider, clock, deadlines, look: Arc::default() }
    }

    /// Drives on; answers with the payment as it stands then. Without `source` no money is asked for any more.
    pub async fn drive(
        &self,
        mut payment: PaymentDocument,
        source: Option<PaymentSource>,
    ) -> Result<PaymentDocument, Error> {
        let mut known = Known::default();
        let mut retries = RETRIES.iter().filter(|_| source.is_some());
        for _ in 0..STEPS {
            let step = next_step(Situation {
                state: payment.state,
                pinned: payment.order.is_some() || known.order.is_some(),
                intent_stored: payment.provider_intent.is_some(),
                told: known.told,
                provider: known.intent.as_ref().map(|intent| intent.status),
                source: source.is_some(),
                overdue: self.is_overdue(&payment),
                returned: known.refund.is_some(),
                to_be_told: payment.is_refund_asked(),
                ending: known.ending,
            });
            match step {
                Step::Rest => return Ok(payment),
                Step::Wait => break,
                _ => {}
            }
            known.told |= step == Step::Confirm;
            let (turn, kept) = self.take_in_sight(step, &payment, &known, source.as_ref()).await?;
            payment = kept.unwrap_or(payment);
            if let Some(call) = call_name(step) {
                reach(call, Side::AfterCall);
            }
            match turn {
                Turn::Move(next) => match self.payments.advance(&payment, known.keep(*next)).await? {
                    Some(advanced) => {
                        write::report(&payment, &advanced);
                        payment = advanced;
                    }
                    None => return self.as_it_stands(payment).await,
                },
                Turn::Overtaken => return self.as_it_stands(payment).await,
                Turn::Pinned(order) => known.order = Some(order),
                Turn::Learn(intent) => known.intent = Some(intent),
                Turn::Returned(refund) => known.refund = Some(refund),
                Turn::Trouble(error) => {
                    tracing::warn!(payment = %payment.id, ?step, %error, "the provider gave no answer to go on from");
                    known.intent = None;
                    match retries.next() {
                        Some(pause) => tokio::time::sleep(*pause).await,
                        None => known.ending = true,
                    }
                }
                Turn::Later => known.ending = true,
            }
        }
        self.payments.postpone(&payment, backoff(payment.tries)).await?;
        Ok(payment)
    }

    fn is_overdue(&self, payment: &PaymentDocument) -> bool {
        let deadline = if payment.state == State::Acting { self.deadlines.buyer } else { self.deadlines.machines };
        let begun: jiff::Timestamp = payment.created_at.into();
        self.clock.now().duration_since(begun) >= SignedDuration::try_from(deadline).unwrap_or(SignedDuration::MAX)
    }

    /// The payment, which someone else goes on with.
    async fn as_it_stands(&self, payment: PaymentDocument) -> Result<PaymentDocument, Error> {
        Ok(self.payments.find(payment.id).await?.unwrap_or(payment))
    }

    /// Takes a step. Where a neighbour takes its time, what is known is written down meanwhile, since the buyer may ask;
    /// the attempt as it stands then comes with the turn.
    async fn take_in_sight(
        &self,
        step: Step,
        payment: &PaymentDocument,
        known: &Known,
        source: Option<&PaymentSource>,
    ) -> Result<(Turn, Option<PaymentDocument>), Error> {
        let mut taking = pin!(self.take(step, payment, known, source));
        let meanwhile = match (payment.state, step) {
            (State::Created, Step::CreateIntent) => payment.to(State::Pinned),
            (State::Created | State::Pinned, Step::Confirm) => payment.to(State::Confirming),
            (State::Created | State::Pinned, Step::ConfirmOrder) => write::captured(payment, known),
            _ => return Ok((taking.await, None)),
        };
        if let Ok(turn) = timeout(PROMPT, &mut taking).await {
            return Ok((turn, None));
        }
        match self.payments.advance(payment, known.keep(meanwhile)).await? {
            Some(kept) => Ok((taking.await, Some(kept))),
            None => Ok((Turn::Overtaken, None)),
        }
    }

    async fn take(&self, step: Step, payment: &PaymentDocument, known: &Known, source: Option<&PaymentSource>) -> Turn {
        let intent = payment.provider_intent.as_deref();
        let order = payment.order.as_ref().or(known.order.as_ref());
        let answer = match (step, intent, source, order) {
            (Step::CreateIntent, _, _, Some(order)) => self.provider.create_intent(payment.key(), order.amount).await,
            (Step::Confirm, Some(intent), Some(source), Some(order)) => {
                self.provider.confirm(payment.key(), intent, order.amount, source).await
            }
            (Step::Retrieve, Some(intent), ..) => self.provider.retrieve(intent).await,
            (Step::Cancel, Some(intent), ..) => self.provider.cancel(payment.key(), intent).await,
            (Step::Refund, Some(intent), _, Some(order)) => {
                let refund = self.provider.refund(payment.key(), intent, order.amount).await;
                return refund.map_or_else(|error| no_refund(payment, error), Turn::Returned);
            }
            (Step::Pin, ..) => return self.pin(payment, source.is_some()).await,
            (Step::ConfirmOrder, ..) => return self.confirm_order(payment, known).await,
            (Step::ReleaseOrder, ..) => return self.release_order(payment).await,
            (Step::TellRefunded, ..) => return self.tell_refunded(payment).await,
            _ => return write::down(step, payment, known),
        };
        match answer {
            Ok(intent) => Turn::Learn(intent),
            // Refused for good before any money was asked for: nothing is left but to give up.
            Err(error @ ProviderError::Permanent(_)) if matches!(step, Step::CreateIntent | Step::Confirm) => {
                tracing::error!(payment = %payment.id, ?step, %error, "the provider refused a payment");
                Turn::Move(Box::new(write::give_up(payment, None)))
            }
            Err(error) => Turn::Trouble(error),
        }
    }
}

/// A refund that the provider refuses is not given up: the buyer is owed it. It shows in the metric of the oldest
/// unsettled payment, until someone has looked.
fn no_refund(payment: &PaymentDocument, error: ProviderError) -> Turn {
    if matches!(error, ProviderError::Permanent(_)) {
        tracing::error!(payment = %payment.id, order = %payment.order_id, %error, "the provider refused a refund");
        metrics::counter!("payment_refunds_refused_total").increment(1);
    }
    Turn::Trouble(error)
}

/// The name of a step that asks a neighbour, for the fail points.
const fn call_name(step: Step) -> Option<&'static str> {
    Some(match step {
        Step::Pin => "pin",
        Step::CreateIntent => "create-intent",
        Step::Confirm => "confirm",
        Step::Retrieve => "retrieve",
        Step::Cancel => "cancel",
        Step::ConfirmOrder => "confirm-order",
        Step::ReleaseOrder => "release-order",
        Step::Refund => "refund",
        Step::TellRefunded => "tell-refunded",
        _ => return None,
    })
}
