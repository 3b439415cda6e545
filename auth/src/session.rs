//! Sessions: who is signed in, and until when.

mod lookup;
mod rotation;

use std::time::Duration;

use axum::http::request::Parts;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha512};
use shared::{
    Problem, UserId,
    auth::User,
    server::{Clock, Identify, problem::unavailable},
};
use tower_sessions::{
    Expiry, Session, SessionManagerLayer,
    cookie::{Key, SameSite},
    service::SignedCookie,
    session::Error,
};

pub use self::{
    lookup::Lookup,
    rotation::{Rotation, sign_again},
};
use crate::{
    Config,
    store::{self, Sessions, Users, users::UserDocument},
};

/// The session's user.
pub const USER: &str = "user";
/// Which password they signed in with: a session of a former one is worth nothing, whenever it began.
const PASSWORD: &str = "password";
/// When they signed in.
const STARTED: &str = "started";
/// When the session was last noted as used.
const SEEN: &str = "seen";
/// How often a used session is noted as used: the idle timeout is that much less exact, and most requests write nothing.
const NOTE_EVERY: SignedDuration = SignedDuration::from_mins(5);

fn key(secret: &SecretString) -> Key {
    Key::from(&Sha512::digest(secret.expose_secret()))
}

/// The layer that reads and writes the cookie: HttpOnly, SameSite=Lax, signed; over https only in production.
pub fn layer(store: Sessions, config: &Config) -> SessionManagerLayer<Sessions, SignedCookie> {
    let idle = time::Duration::try_from(config.session_idle).unwrap_or(time::Duration::DAY);
    let key = key(&config.session_secret);
    SessionManagerLayer::new(store)
        .with_name(config.common.session_cookie())
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(config.secure_cookie())
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(idle))
        .with_signed(key)
}

/// Around that layer, while the secret is replaced: cookies that are signed with the other one count as well.
pub fn rotation(config: &Config) -> Option<Rotation> {
    let accepted = key(config.session_secret_also_accepted.as_ref()?);
    Some(Rotation::new(config.common.session_cookie(), key(&config.session_secret), accepted))
}

/// Signs `user` in, under a new session id: one that was known before is worth nothing after. Returns the name of the
/// session that this ends, if someone was signed in.
pub async fn begin(session: &Session, user: &UserDocument, now: Timestamp) -> Result<Option<String>, Error> {
    let former = session.get::<UserId>(USER).await?.map(|_| name(session));
    session.clear().await;
    session.cycle_id().await?;
    session.insert(USER, user.id).await?;
    session.insert(PASSWORD, mark(&user.password_hash)).await?;
    session.insert(STARTED, now).await?;
    session.insert(SEEN, now).await?;
    session.save().await?;
    Ok(former)
}

/// Tells a password's hash from others, and nothing of it.
fn mark(password_hash: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(&Sha512::digest(password_hash)[..16])
}

/// What a session is called in revocations: the hash under which it is stored.
pub fn name(session: &Session) -> String {
    session.id().map(|id| store::sessions::hash(&id)).unwrap_or_default()
}

/// Signs out; the session cannot be used again.
pub async fn end(session: &Session) -> Result<(), Error> {
    session.flush().await
}

/// Whose a session is.
struct Owner {
    user: UserId,
    /// The mark of the password that they signed in with.
    password: String,
}

impl Owner {
    /// The user, unless their password is another one by now.
    fn admit(&self, user: UserDocument) -> Option<User> {
        (mark(&user.password_hash) == self.password).then(|| user.into())
    }
}

/// How auth itself knows a caller: by its own sessions.
#[derive(Clone)]
pub struct LocalSessions {
    users: Users,
    clock: Clock,
    absolute: Duration,
}

impl LocalSessions {
    /// Over the accounts, with the configured timeouts.
    pub fn new(users: Users, clock: Clock, config: &Config) -> Self {
        Self { users, clock, absolute: config.session_absolute }
    }

    /// Whose session it is, if it has not lasted too long.
    async fn owner(&self, session: &Session) -> Result<Option<Owner>, Error> {
        let Some(user) = session.get::<UserId>(USER).await? else { return Ok(None) };
        let Some(password) = session.get::<String>(PASSWORD).await? else { return Ok(None) };
        let now = self.clock.now();
        let age = |since: Option<Timestamp>| since.map_or(SignedDuration::MAX, |since| now.duration_since(since));
        if age(session.get(STARTED).await?).unsigned_abs() >= self.absolute {
            session.flush().await?;
            return Ok(None);
        }
        if age(session.get(SEEN).await?) >= NOTE_EVERY {
            session.insert(SEEN, now).await?;
        }
        Ok(Some(Owner { user, password }))
    }
}

#[async_trait::async_trait]
impl Identify for LocalSessions {
    async fn identify(&self, parts: &Parts) -> Result<Option<User>, Problem> {
        let Some(session) = parts.extensions.get::<Session>() else { return Ok(None) };
        let owner = self.owner(session).await.map_err(|error| {
            tracing::warn!(%error, "a session could not be read");
            unavailable()
        })?;
        let Some(owner) = owner else { return Ok(None) };
        match self.users.find_active(owner.user).await {
            Ok(user) => Ok(user.and_then(|user| owner.admit(user))),
            Err(error) => {
                tracing::warn!(%error, "an account could not be read");
                Err(unavailable())
            }
        }
    }
}
