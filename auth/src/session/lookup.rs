//! Finding out whose sessions many cookies are, by two reads of the database for all of them.

use std::{fmt::Display, sync::Arc};

use axum::http::HeaderValue;
use futures::future::join_all;
use shared::{Problem, auth::Verified, server::problem::unavailable};
use tower_sessions::{
    Session,
    cookie::{Cookie, CookieJar, Key},
    session::{Error, Id},
};

use super::{LocalSessions, Owner, key, name};
use crate::{Config, store::Sessions};

/// Whose session a cookie is; a problem where that cannot be found out now.
type Found = Result<Option<Verified>, Problem>;

/// Finds out of each of many cookies what the layers around a route find out of one.
pub struct Lookup {
    cookie: &'static str,
    /// Any of these may have signed it.
    keys: Vec<Key>,
    sessions: Sessions,
    identity: LocalSessions,
}

impl Lookup {
    /// Over the sessions, with the configured secrets.
    pub fn new(config: &Config, sessions: Sessions, identity: LocalSessions) -> Self {
        let secrets = [Some(&config.session_secret), config.session_secret_also_accepted.as_ref()];
        let keys = secrets.into_iter().flatten().map(key).collect();
        Self { cookie: config.common.session_cookie(), keys, sessions, identity }
    }

    /// Whose session each of these `Cookie` headers names, in their order.
    pub async fn look(&self, cookies: &[String]) -> Vec<Found> {
        let ids: Vec<Option<Id>> = cookies.iter().map(|cookie| self.id(cookie)).collect();
        let known: Vec<Id> = ids.iter().copied().flatten().collect();
        let read = match self.sessions.read(&known).await {
            Ok(read) => Arc::new(read),
            Err(error) => {
                let problem = unreadable(&error);
                return ids.into_iter().map(|id| id.map_or(Ok(None), |_| Err(problem.clone()))).collect();
            }
        };
        // The store counts the expiry.
        let session = |id| Session::new(Some(id), read.clone(), None);
        let sessions: Vec<Option<Session>> = ids.into_iter().map(|id| id.map(session)).collect();
        let owners = join_all(sessions.iter().map(|session| self.owner(session.as_ref()))).await;

        let users = owners.iter().flatten().flatten().map(|owner| owner.user).collect();
        let users = self.identity.users.read(users).await.map_err(|error| unreadable(&error));
        let found = |(session, owner): (Option<Session>, Result<Option<Owner>, Error>)| {
            let owner = owner.map_err(|error| unreadable(&error))?;
            let Some((session, owner)) = session.zip(owner) else { return Ok(None) };
            let user = users.as_ref().map_err(Clone::clone)?.active(owner.user).map_err(|error| unreadable(&error))?;
            let user = user.and_then(|user| owner.admit(user));
            Ok(user.map(|user| Verified { valid: true, user, session: name(&session) }))
        };
        sessions.into_iter().zip(owners).map(found).collect()
    }

    /// The session that a `Cookie` header names, if one of our secrets has signed it.
    fn id(&self, cookies: &str) -> Option<Id> {
        // What is no header cannot have come as one.
        HeaderValue::from_str(cookies).ok()?;
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
    tracing::warn!(%error, "sessions or accounts could not be read");
    unavailable()
}
