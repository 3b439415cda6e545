//! What can be killed, and the platform that it is killed on.

use std::{
    collections::BTreeMap,
    process,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use rand::{Rng, rngs::StdRng};
use xtask::{
    mongo::{Mongo, Options, SMALL_CACHE},
    ports,
    services::{Platform, Service},
};

use crate::{
    link::Link,
    load::Act,
    seed::seed,
    world::{World, keep_log},
};

/// How many people buy at the same time.
const BUYERS: usize = 24;

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Victim {
    Auth,
    Event,
    Ticket,
    SecondTicket,
    Payment,
    MongoDb,
}

impl Victim {
    /// What can be killed alone or with another.
    const SERVICES: [Self; 5] = [Self::Auth, Self::Event, Self::Ticket, Self::SecondTicket, Self::Payment];

    /// What a reader calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Event => "event",
            Self::Ticket => "ticket",
            Self::SecondTicket => "ticket, second replica",
            Self::Payment => "payment",
            Self::MongoDb => "MongoDB",
        }
    }

    /// Where money and seats are moved it is killed more often.
    pub fn service(rng: &mut StdRng) -> Self {
        match rng.random_range(0..10) {
            0 => Self::Auth,
            1 => Self::Event,
            2..4 => Self::Ticket,
            4..6 => Self::SecondTicket,
            _ => Self::Payment,
        }
    }
}

/// What was killed, and what went on at those moments.
#[derive(Default)]
pub struct Tally {
    pub kills: usize,
    pub under_way: usize,
    pub away: Vec<Duration>,
}

/// The platform with a second replica of ticket behind a load balancer, on a MongoDB of its own.
pub struct Theatre {
    pub world: World,
    second: Platform,
    mongo: Mongo,
    _balancer: Link,
    pub tallies: BTreeMap<Victim, Tally>,
}

impl Theatre {
    /// Starts all of it.
    pub async fn open() -> Result<Self> {
        let name = format!("faults-{}", process::id());
        let mongo =
            Mongo::start_private(&Options { name, port: ports::free()?, throwaway: true, cache_gb: SMALL_CACHE })
                .await?;
        match Self::open_on(mongo.uri()).await {
            Ok((world, second, balancer)) => {
                Ok(Self { world, second, mongo, _balancer: balancer, tallies: BTreeMap::new() })
            }
            Err(error) => {
                mongo.stop().await?;
                Err(error)
            }
        }
    }

    async fn open_on(mongodb_uri: &str) -> Result<(World, Platform, Link)> {
        let balancer = Link::start(seed()).await?;
        let mut world = World::start(mongodb_uri, BUYERS, async |settings| {
            balancer.lead_to(settings.ports.http(Service::Ticket));
            let to_ticket = (Service::Ticket.url_variable(), balancer.url());
            settings.service_env.insert(Service::Payment, [to_ticket].into());
            Ok(())
        })
        .await?;
        let second = world.stage.replica(Service::Ticket).await?;
        balancer.lead_to(second.settings().ports.http(Service::Ticket));
        world.call_at(Service::Ticket, &balancer.url());
        Ok((world, second, balancer))
    }

    /// Stops all of it.
    pub async fn close(self) -> Result<()> {
        self.second.stop().await;
        self.world.stage.stop().await;
        self.mongo.stop().await
    }

    fn process(&self, victim: Victim) -> Option<(&Platform, Service)> {
        let first = &self.world.stage.platform;
        match victim {
            Victim::Auth => Some((first, Service::Auth)),
            Victim::Event => Some((first, Service::Event)),
            Victim::Ticket => Some((first, Service::Ticket)),
            Victim::SecondTicket => Some((&self.second, Service::Ticket)),
            Victim::Payment => Some((first, Service::Payment)),
            Victim::MongoDb => None,
        }
    }

    /// SIGKILL, now.
    pub async fn kill(&mut self, victim: Victim, act: &Act) -> Result<()> {
        let under_way = act.record.under_way();
        match self.process(victim) {
            Some((platform, service)) => {
                ensure!(platform.pid(service).is_some(), "{} has ended by itself", victim.name());
                platform.kill(service).await;
                keep_log(platform, service)?;
            }
            None => self.mongo.kill().await?,
        }
        let tally = self.tallies.entry(victim).or_default();
        tally.kills += 1;
        tally.under_way += under_way;
        Ok(())
    }

    /// Has it running and ready again.
    pub async fn revive(&mut self, victim: Victim, killed: Instant) -> Result<()> {
        if let Some((platform, service)) = self.process(victim) {
            platform.start_one(service).await?;
        } else {
            self.mongo.restart().await?;
            for (platform, service) in Victim::SERVICES.into_iter().filter_map(|victim| self.process(victim)) {
                if platform.pid(service).is_some() {
                    platform.wait_ready(service).await?;
                }
            }
        }
        self.tallies.entry(victim).or_default().away.push(killed.elapsed());
        Ok(())
    }
}
