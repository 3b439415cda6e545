//! Every link between services, and each service's link to MongoDB: refused, black-holed, slow, answers lost.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use e2e::{eventually, mongodb_uri};
use reqwest::Client;
use tokio::time::{sleep, timeout};
use xtask::{say, services::Service};

use crate::{
    link::{Afterwards, Fault, Link},
    load::{Act, Load, ask::Question, buyer::Outcome, show::Kind},
    seed::{choices, seed},
    settled::{HALF_A_MINUTE, lawful_altogether, settled, silent},
    world::World,
};

/// How many people buy at the same time.
const BUYERS: usize = 12;
/// How late questions are on a slow link: later than anybody waits for an answer.
const LATE: Duration = Duration::from_secs(5);
/// How long something that must go on may take to be seen while a link is bad.
const GOES_ON: Duration = Duration::from_mins(1);

/// Where a link leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum To {
    Service(Service),
    MongoDb,
}

/// From which service, and where to.
type Way = (Service, To);

/// What must go on while a link is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GoesOn {
    /// The catalogue can be seen.
    Browsing,
    /// Tickets are booked.
    Booking,
    /// Orders are paid.
    Buying,
}

const fn goes_on(way: Way) -> &'static [GoesOn] {
    use GoesOn::{Booking, Browsing, Buying};
    match way {
        (Service::Payment, _) => &[Browsing, Booking],
        (Service::Ticket, To::Service(Service::Event)) | (Service::Event, To::Service(_)) => {
            &[Browsing, Booking, Buying]
        }
        (Service::Event, To::MongoDb) => &[Booking, Buying],
        (Service::Ticket | Service::Auth, _) => &[Browsing],
    }
}

fn name(way: Way) -> String {
    match way.1 {
        To::Service(service) => format!("{} to {}", way.0.name(), service.name()),
        To::MongoDb => format!("{} to MongoDB", way.0.name()),
    }
}

/// The platform with these links in the hands of the test.
struct Theatre {
    world: World,
    links: BTreeMap<Way, Link>,
    http: Client,
}

impl Theatre {
    async fn open(ways: &[Way]) -> Result<Self> {
        let uri = mongodb_uri()?;
        let mut links = BTreeMap::new();
        let world = World::start(&uri, BUYERS, async |settings| {
            for (nth, way) in (0..).zip(ways) {
                let link = Link::to(target(*way, &uri, settings)?, seed() ^ nth).await?;
                let mut own = settings.env_of(way.0);
                let (variable, value) = match way.1 {
                    To::Service(service) => (service.url_variable(), link.url()),
                    To::MongoDb => {
                        let address = format!("127.0.0.1:{}", link.port());
                        let own = own.remove("MONGODB_URI").context("no MONGODB_URI")?;
                        ("MONGODB_URI".to_owned(), own.replacen(host(&uri), &address, 1))
                    }
                };
                settings.service_env.entry(way.0).or_default().insert(variable, value);
                links.insert(*way, link);
            }
            Ok(())
        })
        .await?;
        Ok(Self { world, links, http: Client::builder().timeout(Duration::from_secs(5)).build()? })
    }

    /// One link, one fault: everybody goes on meanwhile, and all is settled afterwards.
    async fn suffer(&self, way: Way, fault: Fault) -> Result<Act> {
        let what = format!("{}, {}", name(way), word(fault));
        let link = &self.links[&way];
        let rng = &mut choices(&what);
        let load = Load::start(&self.world, false, rng).await?;
        let busy = async || Ok((load.act().count("booked") >= 8).then_some(()));
        eventually("some bookings", busy).await?;

        let (met, begun) = (link.suffered(), Instant::now());
        let busy_before = load.act().count("busy");
        link.set(fault);
        let while_bad = self.while_bad(way, fault, &load).await;
        sleep(lasts(fault).saturating_sub(begun.elapsed())).await;
        eventually("something that suffers", async || Ok((link.suffered() > met).then_some(()))).await?;
        link.set(Fault::None);
        let (lasted, healed) = (begun.elapsed(), Instant::now());
        let act = load.stop().await?;
        while_bad?;
        let settled = settled(&self.world, &act, healed, HALF_A_MINUTE).await?;
        silent(&self.world)?;
        let met = link.suffered() - met;
        say::note(format_args!(
            "{what:<34} {:>4.1} s, met {met:>3}, {:>4} answers 503; settled {:>4.1} s after healing; orders {:?}",
            lasted.as_secs_f64(),
            act.count("busy") - busy_before,
            settled.took.as_secs_f64(),
            settled.orders
        ));
        Ok(act)
    }

    /// The others are well, and what does not need the link goes on.
    async fn while_bad(&self, way: Way, fault: Fault, load: &Load) -> Result<()> {
        for service in Service::ALL {
            let cut_off = way == (service, To::MongoDb);
            self.answers(service, "/health", 200).await?;
            match (cut_off, fault) {
                (false, _) => self.answers(service, "/ready", 200).await?,
                // Every other question is answered.
                (true, Fault::AnswerLost) => {}
                (true, _) => self.answers(service, "/ready", 503).await?,
            }
        }
        let prober = load.prober();
        for what in goes_on(way) {
            let attempt = async || match what {
                GoesOn::Browsing => prober.look(Question::get(Service::Event, "/api/events?limit=5")).await,
                GoesOn::Booking => self.book(load).await.is_some(),
                GoesOn::Buying => match self.book(load).await {
                    Some(order) => prober.pay_well(order).await == Outcome::Paid,
                    None => false,
                },
            };
            // On a machine with too much to do a hold may lapse before it is paid.
            let done = timeout(GOES_ON, async { while !attempt().await {} }).await;
            ensure!(done.is_ok(), "{what:?} does not go on");
        }
        Ok(())
    }

    async fn book(&self, load: &Load) -> Option<bson::Uuid> {
        let shows = load.act().record.told().shows.clone();
        // The first one is known to ticket: others may have been published since the link is bad.
        let known = shows.into_values().filter(|show| show.kind == Kind::Roomy).min_by_key(|show| show.id.bytes())?;
        load.prober().book(known).await
    }

    async fn answers(&self, service: Service, path: &str, status: u16) -> Result<()> {
        let url = format!("{}{path}", self.world.stage.url(service));
        eventually(&format!("{status} from {url}"), async || {
            let answer = self.http.get(&url).send().await.with_context(|| url.clone())?;
            Ok((answer.status() == status).then_some(()))
        })
        .await
    }

    async fn play(&self) -> Result<()> {
        let mut acts = Vec::new();
        for way in self.links.keys() {
            for fault in faults(way.1) {
                let act = self.suffer(*way, fault).await;
                acts.push(act.with_context(|| format!("{}, {}", name(*way), word(fault)))?);
            }
        }
        ensure!(acts.iter().map(|act| act.count("busy")).sum::<u64>() > 0, "nobody was ever told to come back");
        lawful_altogether(&self.world, &acts).await
    }
}

/// The port that a link leads to.
fn target(way: Way, uri: &str, settings: &xtask::services::Settings) -> Result<u16> {
    match way.1 {
        To::Service(service) => Ok(settings.ports.http(service)),
        To::MongoDb => host(uri).rsplit(':').next().and_then(|port| port.parse().ok()).context("no port"),
    }
}

fn host(uri: &str) -> &str {
    uri.trim_start_matches("mongodb://").split(['/', '?']).next().unwrap_or_default()
}

const fn word(fault: Fault) -> &'static str {
    match fault {
        Fault::None => "well",
        Fault::Refused => "refused",
        Fault::BlackHole(_) => "black-holed",
        Fault::Slow(_) => "slow",
        Fault::AnswerLost => "answers lost",
    }
}

/// How long a fault lasts at the least.
const fn lasts(fault: Fault) -> Duration {
    match fault {
        // Until what is late has begun to arrive.
        Fault::Slow(by) => by.saturating_add(Duration::from_secs(1)),
        Fault::BlackHole(_) => Duration::from_secs(4),
        Fault::None | Fault::Refused | Fault::AnswerLost => Duration::from_secs(3),
    }
}

fn faults(to: To) -> [Fault; 4] {
    let afterwards = match to {
        To::Service(_) => Afterwards::Dead,
        // The driver waits for ever for the first answer on a new connection, and makes no others while it does.
        To::MongoDb => Afterwards::Closed,
    };
    [Fault::Refused, Fault::BlackHole(afterwards), Fault::Slow(LATE), Fault::AnswerLost]
}

async fn each_settles(ways: &[Way]) -> Result<()> {
    let theatre = Theatre::open(ways).await?;
    let outcome = theatre.play().await;
    theatre.world.stage.stop().await;
    outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_between_payment_and_its_neighbours_every_order_is_settled() -> Result<()> {
    let ways = [To::Service(Service::Ticket), To::Service(Service::Auth), To::MongoDb];
    each_settles(&ways.map(|to| (Service::Payment, to))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_between_ticket_and_its_neighbours_every_order_is_settled() -> Result<()> {
    let ways = [To::Service(Service::Event), To::Service(Service::Auth), To::MongoDb];
    each_settles(&ways.map(|to| (Service::Ticket, to))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_between_event_or_auth_and_their_neighbours_every_order_is_settled() -> Result<()> {
    let ways =
        [(Service::Event, To::Service(Service::Auth)), (Service::Event, To::MongoDb), (Service::Auth, To::MongoDb)];
    each_settles(&ways).await
}
