//! Compares the provider's books with ours: for each order, what was taken less what was given back is what the state
//! of its payments says.

use std::{collections::HashMap, fmt, sync::Arc};

use futures::{StreamExt, stream};
use jiff::Timestamp;
use mongodb::error::Error;
use shared::{OrderId, PaymentId, server::Clock};

use crate::{
    domain::{
        attempt::State,
        ledger::{Balance, has_captured},
    },
    provider::{Intent, PaymentProvider, ProviderError},
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

/// Payments that agreed with the provider's books, as they stood then.
#[derive(Debug, Default)]
pub struct Agreed(HashMap<PaymentId, i64>);

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

    /// What differs among the payments that have changed since, and the intents that were made since. What has `agreed`
    /// before and has not changed is not asked about again; of what agrees now, that is kept which changed after `keep`.
    pub async fn compare(
        &self,
        since: Timestamp,
        agreed: &mut Agreed,
        keep: Timestamp,
    ) -> Result<Vec<Difference>, Trouble> {
        let (mut differences, mut after) = (Vec::new(), None);
        let before = std::mem::take(agreed);
        loop {
            let page = self.payments.changed(self.provider.name(), since, after).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.updated_at, last.id));
            let recent = page.iter().filter(|payment| payment.updated_at >= keep.into());
            agreed.0.extend(recent.map(|payment| (payment.id, payment.revision)));
            let new = page.into_iter().filter(|payment| before.0.get(&payment.id) != Some(&payment.revision));
            for (payment, difference) in self.compare_all(new.collect()).await? {
                agreed.0.remove(&payment);
                differences.push(difference);
            }
        }
        let mut after: Option<String> = None;
        loop {
            let page = self.provider.captured(since, after.as_deref()).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            // What nobody knows of and was given back is nobody's loss.
            let page: Vec<Intent> = page.into_iter().filter(|intent| !intent.balance.is_even()).collect();
            let ids: Vec<&str> = page.iter().map(|intent| intent.id.as_str()).collect();
            let known = self.payments.known_intents(&ids).await?;
            let unknown = page.into_iter().filter(|intent| !known.contains(&intent.id));
            differences.extend(unknown.map(|intent| Difference {
                intent: Some(intent.id),
                order: None,
                says: "no payment is known".to_owned(),
                balance: intent.balance,
            }));
        }
        Ok(differences)
    }

    /// Those of these payments that differ. The provider is asked for all of them at once; only those that do not agree
    /// with what it says are looked at one by one.
    async fn compare_all(&self, payments: Vec<PaymentDocument>) -> Result<Vec<(PaymentId, Difference)>, Trouble> {
        let intents: Vec<String> = payments.iter().filter_map(|payment| payment.provider_intent.clone()).collect();
        let told = if intents.is_empty() { Vec::new() } else { self.provider.retrieve_all(&intents).await? };
        let balances: HashMap<String, Balance> = told.into_iter().map(|intent| (intent.id, intent.balance)).collect();
        let doubtful = payments.into_iter().filter(|payment| {
            let balance = payment.provider_intent.as_ref().and_then(|intent| balances.get(intent));
            !agrees(payment, balance.copied().unwrap_or_default())
        });
        let look = async |payment: PaymentDocument| (payment.id, self.look(payment).await);
        let (mut looks, mut differing) = (stream::iter(doubtful).map(look).buffer_unordered(AT_ONCE), Vec::new());
        while let Some((payment, difference)) = looks.next().await {
            differing.extend(difference?.map(|difference| (payment, difference)));
        }
        Ok(differing)
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
            if agrees(&payment, balance) {
                return Ok(None);
            }
            let Some(now) = self.payments.find(payment.id).await? else { return Ok(None) };
            if now.state == payment.state {
                return Ok(Some(difference(&payment, balance)));
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

fn amount(payment: &PaymentDocument) -> i64 {
    payment.order.as_ref().map_or(0, |order| order.amount.amount)
}

/// Whether the provider holds what the payment says.
fn agrees(payment: &PaymentDocument, balance: Balance) -> bool {
    let amount = amount(payment);
    balance.agrees(payment.state, amount) && (amount > 0 || !has_captured(payment.state))
}

fn difference(payment: &PaymentDocument, balance: Balance) -> Difference {
    let (amount, state): (i64, State) = (amount(payment), payment.state);
    let says = format!("attempt {} over {amount} is {}", payment.attempt, state.as_str());
    Difference { intent: payment.provider_intent.clone(), order: Some(payment.order_id), says, balance }
}

#[cfg(test)]
mod tests {
    use shared::{
        Currency, Money, UserId,
        payment::{PaymentDetails, PaymentMethod},
        server::{Fingerprint, mongo},
        testing::database_uri,
    };

    use super::*;
    use crate::{
        domain::request::{PaymentRequest, PaymentSource},
        provider::Simulated,
        store::{Begun, OrderFacts},
    };

    #[tokio::test]
    async fn what_agreed_is_asked_about_again_once_it_has_changed() {
        let database = mongo::connect(&database_uri(), "audit").await.expect("a database");
        let clock = Clock::system();
        let (payments, provider) = (Payments::of(&database, clock.clone()), Simulated::of(&database, clock.clone()));
        let auditor = Auditor::new(payments.clone(), Arc::new(provider.clone()), clock.clone());
        let source = PaymentSource::Paypal;
        let request = PaymentRequest {
            order_id: OrderId::new(),
            method: PaymentMethod::Paypal,
            source: source.clone(),
            details: PaymentDetails::default(),
            fingerprint: Fingerprint::of(&1),
        };
        let amount = Money::new(4500, Currency::EUR);
        let attempt = PaymentDocument::new(UserId::new(), &request, None, provider.name(), clock.now().into());
        let Ok(Begun::New(begun)) = payments.begin(attempt).await else { panic!("not begun") };
        let intent = provider.create_intent(begun.key(), amount).await.expect("an intent");
        provider.confirm(begun.key(), &intent.id, &source).await.expect("confirmed");
        let mut paid = begun.to(State::Completed);
        paid.provider_intent = Some(intent.id.clone());
        paid.order = Some(OrderFacts {
            booking_reference: "BK".into(),
            event_title: "Night".into(),
            amount: Money { ..amount },
        });
        let paid = payments.advance(&begun, paid).await.expect("written").expect("unchanged");

        let (mut agreed, beginning) = (Agreed::default(), Timestamp::UNIX_EPOCH);
        assert_eq!(auditor.compare(beginning, &mut agreed, beginning).await.expect("compared"), []);
        provider.refund(begun.key(), &intent.id, amount).await.expect("given back");
        assert_eq!(auditor.compare(beginning, &mut agreed, beginning).await.expect("compared"), []);
        payments.advance(&paid, paid.clone()).await.expect("written").expect("unchanged");
        for _ in 0..2 {
            let found = auditor.compare(beginning, &mut agreed, beginning).await.expect("compared");
            assert_eq!(found.iter().map(|difference| difference.order).collect::<Vec<_>>(), [Some(begun.order_id)]);
        }
        // What is not kept is asked about each time.
        let mut none = Agreed::default();
        assert_eq!(auditor.compare(beginning, &mut none, Timestamp::MAX).await.expect("compared").len(), 1);
        assert!(none.0.is_empty());
    }
}
