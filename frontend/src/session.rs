//! Who is signed in.

use leptos::prelude::*;
use shared::{ProblemType, auth::User};

use crate::{
    api::{self, ApiError},
    browser,
    components::{Toasts, use_toasts},
    work::{Work, aside},
};

/// What is known about the person in front of the browser.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// The service has not answered yet.
    Asking,
    /// This account.
    User(User),
    /// No one, or no longer.
    Nobody,
    /// No one, because they just signed out.
    Left,
    /// The service can't say.
    Unknown(ApiError),
}

/// The session, for every component.
#[derive(Clone, Copy)]
pub struct Session {
    who: RwSignal<Who>,
}

impl Session {
    /// Provides the session to the whole app and asks who is signed in.
    pub fn provide() -> Self {
        let session = Self { who: RwSignal::new(Who::Asking) };
        provide_context(session);
        api::on_signed_out(move || session.who.set(Who::Nobody));
        // For as long as the tab is open.
        let _ = window_event_listener(leptos::ev::storage, move |ev| {
            if ev.key().as_deref() == Some(CHANGED) {
                aside(session.follow_another_tab());
            }
        });
        session.ask();
        session
    }

    /// Someone has signed in or out in another tab, with the cookie of this one.
    async fn follow_another_tab(self) {
        match api::auth::me().await {
            Ok(user) => self.who.set(Who::User(user)),
            // Nothing of theirs may stay on the screen for the next person.
            Err(error) if error.is(ProblemType::NotSignedIn) => {
                browser::forget_all();
                self.who.set(Who::Left);
            }
            // The services go on deciding what this tab may see.
            Err(_) => {}
        }
    }

    /// Asks the service who is signed in.
    pub fn ask(self) {
        self.who.set(Who::Asking);
        aside(async move {
            match api::auth::me().await {
                Ok(user) => self.who.set(Who::User(user)),
                Err(error) if error.is(ProblemType::NotSignedIn) => self.who.set(Who::Nobody),
                Err(error) => self.who.set(Who::Unknown(error)),
            }
        });
    }

    /// What is known, and follows changes.
    pub fn who(self) -> Who {
        self.who.get()
    }

    /// The account, if one is signed in, and follows changes.
    pub fn user(self) -> Option<User> {
        self.who.with(|who| if let Who::User(user) = who { Some(user.clone()) } else { None })
    }

    /// The account as of now.
    pub fn user_now(self) -> Option<User> {
        untrack(|| self.user())
    }

    /// Someone has signed in, or changed their name.
    pub fn set(self, user: User) {
        self.who.set(Who::User(user));
        tell_other_tabs();
    }

    /// They have signed out: nothing of theirs stays in the tab.
    pub fn leave(self) {
        browser::forget_all();
        self.who.set(Who::Left);
        tell_other_tabs();
    }
}

/// In the lasting storage: when someone signed in or out in this browser. Other tabs hear of a change there.
const CHANGED: &str = "session-changed";

fn tell_other_tabs() {
    if let Some(storage) = browser::lasting() {
        let _ = storage.set_item(CHANGED, &browser::now().to_string());
    }
}

/// The session.
pub fn use_session() -> Session {
    expect_context()
}

/// Signing out, for the two buttons that do it.
#[derive(Clone, Copy)]
pub struct SignOut {
    session: Session,
    toasts: Toasts,
    work: Work,
}

impl SignOut {
    /// Whether it is under way.
    pub fn pending(self) -> Signal<bool> {
        self.work.pending()
    }

    /// Ends the session here and at the service.
    pub fn start(self) {
        self.work.start(async move {
            match api::auth::logout().await {
                Ok(()) => {
                    self.session.leave();
                    self.toasts.good("You are signed out.");
                }
                Err(error) => self.toasts.bad(error),
            }
        });
    }
}

/// Signing out.
pub fn use_sign_out() -> SignOut {
    SignOut { session: use_session(), toasts: use_toasts(), work: Work::new() }
}
