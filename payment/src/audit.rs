//! Compares the provider's books with ours: for each order, what was taken less what was given back is what the state
//! of its payments says.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use mongodb::error::Error;
use shared::{OrderId, PaymentId, server::Clock};

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
/// The longest rest after a page: a provider that takes its time for an answer is not at work for us all that time.
const LONGEST_REST: Duration = Duration::from_millis(500);

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

/// Payments that agreed with the provider's books, as both stood then.
#[derive(Debug, Default)]
pub struct Agreed {
    revisions: HashMap<PaymentId, i64>,
    /// By intent.
    balances: HashMap<String, Balance>,
}

impl Agreed {
    fn has(&self, payment: &PaymentDocument) -> bool {
        self.revisions.get(&payment.id) == Some(&payment.revision)
    }

    fn keep(&mut self, payment: &PaymentDocument, balance: Balance) {
        self.revisions.insert(payment.id, payment.revision);
        self.balances.extend(payment.provider_intent.clone().map(|intent| (intent, balance)));
    }
}

/// Which payments a pass over the books looks at.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// Those that have changed since, and the intents that were made since.
    pub since: Timestamp,
    /// Of those that are settled, the ones that had changed by then, and the intents that were made by then: people may pay
    /// faster than a pass goes, and it would never end.
    pub until: Timestamp,
    /// Of what agrees now, that is kept which changed after this.
    pub keep: Timestamp,
}

impl Pass {
    /// Over everything, to be remembered by nobody.
    pub const ALL: Self = Self { since: Timestamp::UNIX_EPOCH, until: Timestamp::MAX, keep: Timestamp::MAX };
}

/// Compares the books.
#[derive(Clone)]
pub struct Auditor {
    payments: Payments,
    provider: Arc<dyn PaymentProvider>,
    pub(crate) clock: Clock,
    rest: u32,
}

impl Auditor {
    /// Of these payments at this provider, as fast as it goes.
    pub const fn new(payments: Payments, provider: Arc<dyn PaymentProvider>, clock: Clock) -> Self {
        Self { payments, provider, clock, rest: 0 }
    }

    /// The same, but for each moment of work on a page it rests `rest` of them, half a second at the most: those who buy
    /// meanwhile come first.
    #[must_use]
    pub const fn resting(mut self, rest: u32) -> Self {
        self.rest = rest;
        self
    }

    async fn rest_since(&self, began: Instant) {
        tokio::time::sleep((began.elapsed() * self.rest).min(LONGEST_REST)).await;
    }

    /// What differs among what the pass looks at. What has `agreed` before and has changed neither here nor there is not
    /// asked about again.
    pub async fn compare(&self, pass: Pass, agreed: &mut Agreed) -> Result<Vec<Difference>, Trouble> {
        let Pass { since, until, keep } = pass;
        let (mut differences, before) = (Vec::new(), std::mem::take(agreed));
        let mut after = None;
        loop {
            let began = Instant::now();
            let page = self.payments.unsettled(self.provider.name(), since, after).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            differences.extend(self.compare_page(page, &before, agreed, keep).await?);
            self.rest_since(began).await;
        }
        // Whoever was not settled then, and is now, is among these, or among those of the next pass.
        let mut after = None;
        loop {
            let began = Instant::now();
            let page = self.payments.settled(self.provider.name(), since..=until, after).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.updated_at, last.id));
            differences.extend(self.compare_page(page, &before, agreed, keep).await?);
            self.rest_since(began).await;
        }
        let mut after: Option<String> = None;
        loop {
            let began = Instant::now();
            let page = self.provider.captured(since..=until, after.as_deref()).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            let changed = page.into_iter().filter(|intent| agreed.balances.get(&intent.id) != Some(&intent.balance));
            let changed: HashMap<String, Balance> = changed.map(|intent| (intent.id, intent.balance)).collect();
            let payments = self.payments.with_intents(changed.keys()).await?;
            let of: HashSet<&str> = payments.iter().filter_map(|payment| payment.provider_intent.as_deref()).collect();
            // What nobody knows of and was given back is nobody's loss.
            let unknown =
                changed.iter().filter(|(intent, balance)| !of.contains(intent.as_str()) && !balance.is_even());
            differences.extend(unknown.map(|(intent, balance)| Difference {
                intent: Some(intent.clone()),
                order: None,
                says: "no payment is known".to_owned(),
                balance: *balance,
            }));
            let named: HashSet<Option<String>> = differences.iter().map(|found| found.intent.clone()).collect();
            let doubtful = payments.into_iter().filter(|payment| {
                let balance = payment.provider_intent.as_ref().and_then(|intent| changed.get(intent));
                !agrees(payment, balance.copied().unwrap_or_default()) && !named.contains(&payment.provider_intent)
            });
            differences.extend(self.look_at(doubtful.collect()).await?);
            self.rest_since(began).await;
        }
        Ok(differences)
    }

    /// The same for some payments, of which those that agreed before have not to be asked about.
    async fn compare_page(
        &self,
        page: Vec<PaymentDocument>,
        before: &Agreed,
        agreed: &mut Agreed,
        keep: Timestamp,
    ) -> Result<Vec<Difference>, Trouble> {
        let (known, new): (Vec<_>, Vec<_>) = page.into_iter().partition(|payment| before.has(payment));
        let balances = self.balances(&new).await?;
        let balance = |payment: &PaymentDocument| {
            let of = |known: &HashMap<String, Balance>| known.get(payment.provider_intent.as_ref()?).copied();
            of(&balances).or_else(|| of(&before.balances)).unwrap_or_default()
        };
        let (agreeing, doubtful): (Vec<_>, Vec<_>) =
            new.into_iter().partition(|payment| agrees(payment, balance(payment)));
        for payment in known.iter().chain(&agreeing).filter(|payment| payment.updated_at >= keep.into()) {
            agreed.keep(payment, balance(payment));
        }
        self.look_at(doubtful).await
    }

    /// What the provider holds for these payments, asked for all of them at once.
    async fn balances(&self, payments: &[PaymentDocument]) -> Result<HashMap<String, Balance>, ProviderError> {
        let intents: Vec<String> = payments.iter().filter_map(|payment| payment.provider_intent.clone()).collect();
        let told = if intents.is_empty() { Vec::new() } else { self.provider.retrieve_all(&intents).await? };
        Ok(told.into_iter().map(|intent| (intent.id, intent.balance)).collect())
    }

    /// Those of these payments that differ, each looked at for itself.
    async fn look_at(&self, payments: Vec<PaymentDocument>) -> Result<Vec<Difference>, Trouble> {
        let looks: Vec<_> = payments.into_iter().map(|payment| self.look(payment)).collect();
        let found: Vec<Option<Difference>> = stream::iter(looks).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
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
    let amount = match &payment.order {
        // Not written down yet; the money may have moved all the same.
        None if !payment.state.is_settled() => balance.captured,
        _ => amount(payment),
    };
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
    async fn what_agreed_is_looked_at_again_once_it_has_changed_here_or_there() {
        let database = mongo::connect(&database_uri(), "audit").await.expect("a database");
        let clock = Clock::system();
        let (payments, provider) = (Payments::of(&database, clock.clone()), Simulated::of(&database, clock.clone()));
        let auditor = Auditor::new(payments.clone(), Arc::new(provider.clone()), clock.clone()).resting(1);
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
        let Ok(Begun::New(begun)) = payments.begin(attempt, |_| None).await else { panic!("not begun") };
        let intent = provider.create_intent(begun.key(), amount).await.expect("an intent");
        provider.confirm(begun.key(), &intent.id, amount, &source).await.expect("confirmed");
        let mut paid = begun.to(State::Completed);
        paid.provider_intent = Some(intent.id.clone());
        paid.order = Some(OrderFacts { booking_reference: "BK".into(), event_title: "Night".into(), amount });
        let paid = payments.advance(&begun, paid).await.expect("written").expect("unchanged");

        let (mut agreed, beginning) = (Agreed::default(), Timestamp::UNIX_EPOCH);
        let mut compare = async |keep| {
            let pass = Pass { keep, until: clock.now(), ..Pass::ALL };
            let found = auditor.compare(pass, &mut agreed).await.expect("compared");
            (found.iter().map(|found| found.order).collect::<Vec<_>>(), agreed.revisions.len())
        };
        let mut none = Agreed::default();
        let earlier = Pass { keep: beginning, until: beginning, ..Pass::ALL };
        auditor.compare(earlier, &mut none).await.expect("compared");
        assert!(none.revisions.is_empty(), "what has changed since the pass began is left to the next");

        assert_eq!(compare(Timestamp::MAX).await, (vec![], 0), "nothing is kept");
        assert_eq!(compare(beginning).await, (vec![], 1));
        assert_eq!(compare(beginning).await, (vec![], 1), "nothing has changed");

        // It changes here, and no more at the provider.
        let voided = payments.advance(&paid, paid.to(State::Voided)).await.expect("written").expect("unchanged");
        assert_eq!(compare(beginning).await, (vec![Some(begun.order_id)], 0));
        payments.advance(&voided, voided.to(State::Completed)).await.expect("written").expect("unchanged");
        assert_eq!(compare(beginning).await, (vec![], 1));

        // It changes at the provider alone.
        provider.refund(begun.key(), &intent.id, amount).await.expect("given back");
        for _ in 0..2 {
            assert_eq!(compare(beginning).await.0, [Some(begun.order_id)]);
        }
    }
}
