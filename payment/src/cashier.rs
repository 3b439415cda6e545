//! Takes a payment: writes the attempt down, has it driven, and answers how far it came.

use std::time::Duration;

use shared::{
    PaymentId, UserId,
    payment::Processed,
    server::{IdempotencyKey, trace},
    ticket::OrderStatus,
};
use tokio_util::task::TaskTracker;

use crate::{
    Error,
    domain::{
        attempt::State,
        request::{PaymentRequest, PaymentSource},
    },
    driver::Driver,
    provider::ProviderError,
    store::{Begun, Failure, PaymentDocument, Payments, Refusal},
};

/// Takes payments.
#[derive(Clone)]
pub struct Cashier {
    payments: Payments,
    driver: Driver,
    tasks: TaskTracker,
    patience: Duration,
}

impl Cashier {
    /// Payments go on in `tasks`, whatever becomes of the request; a request waits for `patience`.
    pub const fn new(payments: Payments, driver: Driver, tasks: TaskTracker, patience: Duration) -> Self {
        Self { payments, driver, tasks, patience }
    }

    /// Pays, or says what became of the payment that was asked for with the same key.
    pub async fn process(
        &self,
        buyer: UserId,
        key: IdempotencyKey,
        request: PaymentRequest,
    ) -> Result<Processed, Error> {
        let now = self.driver.clock.now().into();
        let attempt = PaymentDocument::new(buyer, &request, key.0, self.driver.provider.name(), now);
        match self.payments.begin(attempt, |key| self.driver.provider.intent_name(key)).await? {
            Begun::New(payment) => self.drive(*payment, Some(request.source)).await,
            Begun::Before(payment) if payment.fingerprint != request.fingerprint => Err(Error::KeyReused),
            Begun::Before(payment) if payment.state == State::Created => Err(Error::StillRunning),
            Begun::Before(payment) => answer(*payment),
            Begun::Other(payment) if payment.state == State::Completed => Err(Error::AlreadyPaid),
            Begun::Other(payment) if payment.is_refund_asked() => {
                Err(Error::OrderNotPayable(Some(OrderStatus::Refunding)))
            }
            Begun::Other(_) | Begun::Crowded => Err(Error::StillRunning),
        }
    }

    /// The buyer's answer to the challenge of a payment, where the provider asks by way of this service. Given again it
    /// changes nothing.
    pub async fn challenge(&self, buyer: UserId, id: PaymentId, approve: bool) -> Result<Processed, Error> {
        let found = self.payments.find(id).await?.filter(|payment| payment.user_id == buyer);
        let payment = found.ok_or(Error::NotFound)?;
        match (payment.state, &payment.provider_intent, &payment.next_action) {
            (State::Acting, Some(intent), _) => match self.driver.provider.challenge(intent, approve).await {
                Ok(_) => self.drive(payment, None).await,
                Err(ProviderError::Permanent(_)) => Err(Error::NothingToApprove),
                Err(error) => Err(error.into()),
            },
            (_, _, Some(_)) => answer(payment),
            (_, _, None) => Err(Error::NothingToApprove),
        }
    }

    async fn drive(&self, payment: PaymentDocument, source: Option<PaymentSource>) -> Result<Processed, Error> {
        let (id, driver) = (payment.id, self.driver.clone());
        // A task of its own: a buyer who goes away does not stop it half-way.
        let task = self.tasks.spawn(trace::follow(async move { driver.drive(payment, source).await }));
        let payment = match tokio::time::timeout(self.patience, task).await {
            Ok(ended) => ended??,
            Err(_) => self.payments.find(id).await?.ok_or(Error::NotFound)?,
        };
        answer(payment)
    }
}

/// What a buyer is told of a payment: the first time, and each time the request is repeated.
fn answer(payment: PaymentDocument) -> Result<Processed, Error> {
    match payment.state {
        State::Refused => Err(match payment.refusal {
            Some(Refusal { found: true, order_status }) => Error::OrderNotPayable(order_status),
            _ => Error::NotFound,
        }),
        State::Voided => {
            let reason = payment.failure.map_or_else(String::new, |Failure { reason, .. }| reason);
            Err(Error::Declined { payment: payment.id, reason })
        }
        State::Refunded if !payment.is_refund_asked() => Err(Error::GivenBack),
        state => {
            let shown = payment.shown().ok_or(Error::TicketUnavailable)?;
            Ok(Processed {
                // What was paid once stays so in a repeated answer; the payment itself says what became of the money.
                success: state == State::Completed || payment.is_refund_asked(),
                payment_id: payment.id,
                next_action: payment.awaited_action(),
                transaction_id: payment.transaction_id,
                payment: shown,
            })
        }
    }
}
