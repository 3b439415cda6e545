//! Finding out whose sessions many cookies are, by two reads of the database for all of them.

use std::{fmt::Display, sync::Arc};

use futures::future::join_all;
use shared::{Problem, auth::Verified, server::problem::unavailable};
use tower_sessions::{
    Expiry, Session,
    cookie::{Cookie, CookieJar, Key},
    session::{Error, Id},
};

use super::{LocalSessions, Owner, expiry, key, name};
use crate::{Config, store::Sessions};

/// Finds out of each of many cookies what the layers around a route find out of one.
pub struct Lookup {
    cookie: &'static str,
    /// Any of these may have signed it.
    keys: Vec<Key>,
    expiry: Expiry,
    sessions: Sessions,
    identity: LocalSessions,
}

impl Lookup {
    /// Over the sessions, with the configured secrets.
    pub fn new(config: &Config, sessions: Sessions, identity: LocalSessions) -> Self {
        let secrets = [Some(&config.session_secret), config.session_secret_also_accepted.as_ref()];
        let keys = secrets.into_iter().flatten().map(key).collect();
        Self { cookie: config.common.session_cookie(), keys, expiry: expiry(config), sessions, identity }
    }

    /// Whose session each of these `Cookie` headers names, in their order; a problem where that cannot be found out now.
    pub async fn look(&self, cookies: &[String]) -> Vec<Result<Option<Verified>, Problem>> {
        match self.find(cookies).await {
            Ok(found) => found.into_iter().map(|found| found.map_err(|error| unreadable(&error))).collect(),
            Err(error) => vec![Err(unreadable(&error)); cookies.len()],
        }
    }

    async fn find(&self, cookies: &[String]) -> Result<Vec<Result<Option<Verified>, Error>>, mongodb::error::Error> {
        let ids: Vec<Option<Id>> = cookies.iter().map(|cookie| self.id(cookie)).collect();
        let known: Vec<Id> = ids.iter().copied().flatten().collect();
        let read = Arc::new(self.sessions.read(&known).await?);
        let session = |id| Session::new(Some(id), read.clone(), Some(self.expiry));
        let sessions: Vec<Option<Session>> = ids.into_iter().map(|id| id.map(session)).collect();
        let owners = join_all(sessions.iter().map(|session| self.owner(session.as_ref()))).await;

        let users = owners.iter().flatten().flatten().map(|owner| owner.user).collect();
        let users = self.identity.users.read_active(users).await?;
        let verified = |(session, owner): (Option<Session>, Result<Option<Owner>, Error>)| {
            let Some((session, owner)) = session.zip(owner?) else { return Ok(None) };
            let user = users.get(&owner.user).cloned().and_then(|user| owner.admit(user));
            Ok(user.map(|user| Verified { valid: true, user, session: name(&session) }))
        };
        Ok(sessions.into_iter().zip(owners).map(verified).collect())
    }

    /// The session that a `Cookie` header names, if one of our secrets has signed it.
    fn id(&self, cookies: &str) -> Option<Id> {
        let mut jar = CookieJar::new();
        for cookie in Cookie::split_parse_encoded(cookies).flatten() {
            jar.add_original(cookie.into_owned());
        }
        let signed = self.keys.iter().find_map(|key| jar.signed(key).get(self.cookie))?;
        signed.value().parse().ok()
    }

    /// Whose it is; notes that it was used, where that is due.
    async fn owner(&self, session: Option<&Session>) -> Result<Option<Owner>, Error> {
        let Some(session) = session else { return Ok(None) };
        let owner = self.identity.owner(session).await?;
        if session.is_modified() && !session.is_empty().await {
            session.save().await?;
        }
        Ok(owner)
    }
}

fn unreadable(error: &dyn Display) -> Problem {
    tracing::warn!(%error, "a session could not be read");
    unavailable()
}
