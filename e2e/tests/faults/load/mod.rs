//! Buyers and an organizer, for as long as an act lasts.

pub mod ask;
pub mod buyer;
pub mod record;
pub mod show;

use std::sync::Arc;

use anyhow::{Context, Result};
use bson::{DateTime, Uuid};
use e2e::Person;
use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::{sync::watch, task::JoinSet};
use xtask::services::Service;

use ask::{Asker, Question};
use buyer::Buyer;
use record::Record;
use show::{Kind, Show};

use crate::{books::Scope, world::World};

/// People who go on until they are told to stop.
pub struct Load {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    act: Act,
    prober: Buyer,
}

/// What was told in one act.
#[derive(Clone)]
pub struct Act {
    begun: DateTime,
    /// The answers.
    pub record: Arc<Record>,
}

impl Act {
    /// The books of this act alone.
    pub fn scope(&self) -> Scope {
        let events = self.record.told().shows.keys().copied().collect();
        Scope::Since { begun: self.begun, events }
    }

    /// How often this was answered.
    pub fn count(&self, what: &str) -> u64 {
        self.record.told().counts.get(what).copied().unwrap_or_default()
    }
}

impl Load {
    /// Publishes the events and lets everyone begin. `may_break` says whether connections may break.
    pub async fn start(world: &World, may_break: bool, rng: &mut StdRng) -> Result<Self> {
        let record = Arc::new(Record::default());
        let act = Act { begun: DateTime::now(), record: record.clone() };
        let (stop, stopped) = watch::channel(false);
        let mut asker = |person: &Person| {
            let choices = StdRng::seed_from_u64(rng.random());
            Asker::new(person.clone(), record.clone(), may_break, stopped.clone(), choices)
        };
        let organizer = Organizer(asker(&world.organizer));
        let prober = Buyer(asker(&world.prober));
        let buyers: Vec<Buyer> = world.buyers.iter().map(|person| Buyer(asker(person))).collect();
        for kind in Kind::ALL {
            organizer.publish(kind).await.context("an event is published before anything goes wrong")?;
        }
        let mut tasks = JoinSet::new();
        tasks.spawn(organizer.go_on());
        for buyer in buyers {
            tasks.spawn(buyer.go_on());
        }
        Ok(Self { stop, tasks, act, prober })
    }

    /// What was told until now.
    pub const fn act(&self) -> &Act {
        &self.act
    }

    /// Someone who tries what must go on.
    pub const fn prober(&self) -> &Buyer {
        &self.prober
    }

    /// Lets everyone hear the answer to their last question, and stop.
    pub async fn stop(mut self) -> Result<Act> {
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            ended?;
        }
        Ok(self.act)
    }
}

/// Who publishes events, and calls one off.
struct Organizer(Asker);

impl Organizer {
    /// Announces another event while things go wrong, and calls one off.
    async fn go_on(self) {
        self.0.rest(300, 1_500).await;
        self.publish(Kind::Roomy).await;
        self.0.rest(300, 2_500).await;
        self.call_off().await;
    }

    async fn publish(&self, kind: Kind) -> Option<Show> {
        let question = Question::post(Service::Event, "/api/events", Some(kind.announcement()));
        let question = question.keyed(&self.0.new_key());
        let answer = self.0.ask(&question).await?;
        let id = answer.body["id"].as_str().and_then(|id| Uuid::parse_str(id).ok()).filter(|_| answer.status == 201);
        let Some(id) = id else {
            self.0.unexpected(&question, &answer);
            return None;
        };
        let show = Show { id, kind };
        self.0.record.told().shows.insert(id, show);
        Some(show)
    }

    async fn call_off(&self) {
        let shows: Vec<Show> = self.0.record.told().shows.values().copied().collect();
        for show in shows.into_iter().filter(|show| show.kind == Kind::Doomed) {
            let question = Question::delete(Service::Event, format!("/api/events/{}", show.id));
            match self.0.ask(&question).await {
                Some(answer) if answer.status == 200 => {
                    self.0.record.told().called_off.insert(show.id);
                    self.0.record.count("called off");
                }
                Some(answer) => self.0.unexpected(&question, &answer),
                None => {}
            }
        }
    }
}
