//! The simulated provider's webhooks: an outbox of its own, and a sender that can duplicate, delay and shuffle, as real
//! ones do. An event may get lost, too: between the change and its entry in the outbox the process may die.

use std::{str::FromStr, time::Duration};

use bson::{DateTime, doc};
use jiff::SignedDuration;
use mongodb::{Collection, Database, error::Error, options::ReturnDocument};
use rand::Rng;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::server::Clock;
use tokio_util::sync::CancellationToken;

use super::Simulated;
use crate::{domain::backoff::backoff, provider::signature};

/// How often the outbox is looked into.
const EVERY: Duration = Duration::from_millis(200);
/// How long the receiver may take.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How long an event is held back at the most, in milliseconds.
const DELAY: i64 = 5_000;
/// How often an event is sent in vain before it is given up.
const TRIES: u32 = 20;

/// What the sender does to events beside sending them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mischief {
    /// Sends some of them two or three times.
    pub duplicate: bool,
    /// Holds them back for up to five seconds.
    pub delay: bool,
    /// Sends them in any order.
    pub shuffle: bool,
}

/// The simulated provider's webhooks, as configured.
#[derive(Clone, Debug, Default)]
pub struct WebhookConfig {
    /// What they are signed with; without it none is believed.
    pub secret: Option<SecretString>,
    /// Whether any are sent, and how badly.
    pub send: Option<Mischief>,
    /// Where they are sent to.
    pub url: String,
}

/// `off`, `on`, or what goes wrong: `duplicate`, `delay`, `shuffle`, separated by commas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switch(pub Option<Mischief>);

impl FromStr for Switch {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => return Ok(Self(None)),
            "on" => return Ok(Self(Some(Mischief::default()))),
            _ => (),
        }
        let mut mischief = Mischief::default();
        for word in text.split(',') {
            match word.trim() {
                "duplicate" => mischief.duplicate = true,
                "delay" => mischief.delay = true,
                "shuffle" => mischief.shuffle = true,
                _ => return Err("is off, on, or a list of duplicate, delay and shuffle"),
            }
        }
        Ok(Self(Some(mischief)))
    }
}

/// An event that is to be sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Letter {
    #[serde(rename = "_id")]
    id: String,
    body: String,
    /// How often it is still to arrive.
    copies: u32,
    /// How often it was sent in vain.
    tries: u32,
    due_at: DateTime,
    /// Its place in a shuffled order.
    place: f64,
}

/// The events that are to be sent.
#[derive(Clone, Debug)]
pub struct Outbox {
    letters: Collection<Letter>,
    mischief: Mischief,
    clock: Clock,
}

impl Outbox {
    /// The one in `database`.
    pub fn of(database: &Database, mischief: Mischief, clock: Clock) -> Self {
        Self { letters: database.collection("provider_webhooks"), mischief, clock }
    }

    fn due(&self) -> DateTime {
        let delay = if self.mischief.delay { rand::rng().random_range(0..DELAY) } else { 0 };
        let at = self.clock.now().saturating_add(SignedDuration::from_millis(delay));
        at.map_or(DateTime::MAX, DateTime::from)
    }

    /// Puts an event about `intent` into it.
    pub async fn put(&self, intent: &str, kind: &str) -> Result<(), Error> {
        let id = format!("evt_{:032x}", rand::random::<u128>());
        let created = self.clock.now().as_second();
        let object = json!({ "id": intent, "object": "payment_intent" });
        let body = json!({ "id": id, "type": kind, "created": created, "data": { "object": object } }).to_string();
        let copies = if self.mischief.duplicate { rand::rng().random_range(1..=3) } else { 1 };
        let letter = Letter { id, body, copies, tries: 0, due_at: self.due(), place: rand::random() };
        self.letters.insert_one(letter).await.map(drop)
    }

    /// Takes the next one; no other replica gets it until it is time to try again.
    async fn take(&self) -> Result<Option<Letter>, Error> {
        let now = self.clock.now();
        let later = now.saturating_add(backoff(4)).map_or(DateTime::MAX, DateTime::from);
        let order = if self.mischief.shuffle {
            doc! { "place": 1 }
        } else {
            doc! { "dueAt": 1 }
        };
        self.letters
            .find_one_and_update(
                doc! { "dueAt": { "$lte": DateTime::from(now) } },
                doc! { "$set": { "dueAt": later }, "$inc": { "tries": 1 } },
            )
            .sort(order)
            .return_document(ReturnDocument::After)
            .await
    }

    async fn arrived(&self, letter: &Letter) -> Result<(), Error> {
        if letter.copies <= 1 {
            return self.letters.delete_one(doc! { "_id": &letter.id }).await.map(drop);
        }
        let again = doc! { "$set": { "dueAt": self.due(), "tries": 0 }, "$inc": { "copies": -1 } };
        self.letters.update_one(doc! { "_id": &letter.id }, again).await.map(drop)
    }

    async fn failed(&self, letter: &Letter) -> Result<(), Error> {
        if letter.tries >= TRIES {
            return self.letters.delete_one(doc! { "_id": &letter.id }).await.map(drop);
        }
        let at = self.clock.now().saturating_add(backoff(letter.tries)).map_or(DateTime::MAX, DateTime::from);
        self.letters.update_one(doc! { "_id": &letter.id }, doc! { "$set": { "dueAt": at } }).await.map(drop)
    }
}

/// Sends what is in the outbox.
pub struct Sender {
    provider: Simulated,
    outbox: Outbox,
    secret: SecretString,
    http: reqwest::Client,
    url: String,
}

impl Sender {
    pub(super) fn new(
        provider: Simulated,
        outbox: Outbox,
        secret: SecretString,
        url: &str,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        Ok(Self { provider, outbox, secret, http, url: url.to_owned() })
    }

    /// Sends until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.provider.finish_slow().await {
                tracing::warn!(%error, "slow test cards are not finished while the database does not answer");
            }
            if let Err(error) = self.send_all(&stop).await {
                tracing::warn!(%error, "webhooks are not sent while the database does not answer");
            }
            tokio::select! {
                () = stop.cancelled() => (),
                () = tokio::time::sleep(EVERY) => (),
            }
        }
    }

    async fn send_all(&self, stop: &CancellationToken) -> Result<(), Error> {
        while !stop.is_cancelled()
            && let Some(letter) = self.outbox.take().await?
        {
            let header = signature::sign(&self.secret, self.outbox.clock.now(), letter.body.as_bytes());
            let request = self
                .http
                .post(&self.url)
                .header("ticketer-signature", header)
                .header("content-type", "application/json")
                .body(letter.body.clone());
            match request.send().await {
                Ok(answer) if answer.status().is_success() => self.outbox.arrived(&letter).await?,
                Ok(answer) => {
                    tracing::warn!(event = %letter.id, status = %answer.status(), "a webhook was refused");
                    self.outbox.failed(&letter).await?;
                }
                Err(_) => self.outbox.failed(&letter).await?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_says_what_goes_wrong() {
        assert_eq!("off".parse(), Ok(Switch(None)));
        assert_eq!("on".parse(), Ok(Switch(Some(Mischief::default()))));
        let all = Mischief { duplicate: true, delay: true, shuffle: true };
        assert_eq!("duplicate, delay,shuffle".parse(), Ok(Switch(Some(all))));
        assert!("sometimes".parse::<Switch>().is_err());
    }
}
