//! Compares the provider's books with ours: for each order, what was taken less what was given back is what the state
//! of its payments says.

use std::{fmt, sync::Arc};

use futures::StreamExt;
use jiff::Timestamp;
use mongodb::error::Error;
use shared::{OrderId, server::Clock};

use crate::{
    domain::{
        attempt::State,
        ledger::{Balance, has_captured},
    },
    provider::{PaymentProvider, ProviderError},
    store::{PaymentDocument, Payments},
};

/// How often a payment is read again that changed while the provider was asked.
const LOOKS: usize = 5;
/// How many payments are looked at at once.
const AT_ONCE: usize = 8;

/// Why the books were not compared.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The database does not answer.
    #[error("database: {0}")]
    Store(#[from] Error),
    /// The provider does not answer.
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

/// A difference between the provider's books and ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The provider's name for the attempt, if it has one.
    pub intent: Option<String>,
    /// Which order; unknown where the provider alone knows of it.
    pub order: Option<OrderId>,
    /// What our payment says.
    pub says: String,
    /// What the provider holds.
    pub balance: Balance,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Balance { captured, refunded } = self.balance;
        match self.order {
            Some(order) => write!(f, "order {order}: {}", self.says)?,
            None => write!(f, "{}", self.says)?,
        }
        write!(f, "; the provider took {captured} and gave back {refunded}")?;
        self.intent.as_ref().map_or(Ok(()), |intent| write!(f, " ({intent})"))
    }
}

/// Compares the books.
#[derive(Clone)]
pub struct Auditor {
    payments: Payments,
    provider: Arc<dyn PaymentProvider>,
    pub(crate) clock: Clock,
}

impl Auditor {
    /// Of these payments at this provider.
    pub const fn new(payments: Payments, provider: Arc<dyn PaymentProvider>, clock: Clock) -> Self {
        Self { payments, provider, clock }
    }

    /// What differs among the payments that have changed since, and the intents that were made since.
    pub async fn compare(&self, since: Timestamp) -> Result<Vec<Difference>, Trouble> {
        let mut differences = Vec::new();
        let mut after = None;
        loop {
            let page = self.payments.changed(self.provider.name(), since, after).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.updated_at, last.id));
            let mut looks = futures::stream::iter(page).map(|payment| self.look(payment)).buffer_unordered(AT_ONCE);
            while let Some(difference) = looks.next().await {
                differences.extend(difference?);
            }
        }
        let mut after: Option<String> = None;
        loop {
            let page = self.provider.captured(since, after.as_deref()).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            // What nobody knows of and was given back is nobody's loss.
            for intent in page.into_iter().filter(|intent| !intent.balance.is_even()) {
                if self.payments.with_intent(&intent.id).await?.is_none() {
                    let says = "no payment is known".to_owned();
                    differences.push(Difference {
                        intent: Some(intent.id),
                        order: None,
                        says,
                        balance: intent.balance,
                    });
                }
            }
        }
        Ok(differences)
    }

    /// Whether what differed before still does.
    pub async fn look_again(&self, before: &Difference) -> Result<Option<Difference>, Trouble> {
        let Some(intent) = &before.intent else { return Ok(Some(before.clone())) };
        match self.payments.with_intent(intent).await? {
            Some(payment) => self.look(payment).await,
            None if self.balance(intent).await?.is_even() => Ok(None),
            None => Ok(Some(before.clone())),
        }
    }

    /// Whether one payment differs. The provider is asked between two looks at the payment: only if it has not changed
    /// between them do the two belong together.
    async fn look(&self, mut payment: PaymentDocument) -> Result<Option<Difference>, Trouble> {
        for _ in 0..LOOKS {
            let balance = match &payment.provider_intent {
                Some(intent) => self.balance(intent).await?,
                None => Balance::default(),
            };
            let amount = payment.order.as_ref().map_or(0, |order| order.amount.amount);
            let agrees = balance.agrees(payment.state, amount) && (amount > 0 || !has_captured(payment.state));
            if agrees {
                return Ok(None);
            }
            let Some(now) = self.payments.find(payment.id).await? else { return Ok(None) };
            if now.state == payment.state {
                return Ok(Some(difference(&payment, balance, amount)));
            }
            payment = now;
        }
        Ok(None)
    }

    async fn balance(&self, intent: &str) -> Result<Balance, ProviderError> {
        match self.provider.retrieve(intent).await {
            Ok(intent) => Ok(intent.balance),
            // It knows of no such intent, so it holds nothing.
            Err(ProviderError::Permanent(_)) => Ok(Balance::default()),
            Err(error) => Err(error),
        }
    }
}

fn difference(payment: &PaymentDocument, balance: Balance, amount: i64) -> Difference {
    let state: State = payment.state;
    let says = format!("attempt {} over {amount} is {}", payment.attempt, state.as_str());
    Difference { intent: payment.provider_intent.clone(), order: Some(payment.order_id), says, balance }
}
