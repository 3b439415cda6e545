//! The page that the address names, and what every page may use.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::{
    components::Router,
    hooks::use_location,
    location::{BrowserUrl, LocationProvider},
};

use crate::{
    browser,
    components::{FocusHeading, Shell, Toasts, part},
    pages,
    place::Place,
    session::Session,
    theme::Theme,
    work::{effect, memo},
};

/// The app.
#[component]
pub fn App() -> impl IntoView {
    Theme::provide();
    Toasts::provide();
    Session::provide();
    provide_context(FocusHeading(RwSignal::new(false)));
    view! {
        <Router>
            <FocusOnArrival />
            <Shell>
                <Current />
            </Shell>
        </Router>
    }
}

/// After a change of page, the next heading takes the focus; not on the first page, where it belongs to the browser.
#[component]
fn FocusOnArrival() -> impl IntoView {
    let FocusHeading(pending) = expect_context();
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            pending.set(true);
        }
        now
    });
}

/// The page that the address names, made anew when it names another one.
#[component]
fn Current() -> impl IntoView {
    let here = use_location();
    let path = here.pathname;
    let router = expect_context::<BrowserUrl>();
    effect(move || {
        path.track();
        here.search.track();
        // The page of a link that was followed is there: now the address may change, and the history with it.
        router.ready_to_complete();
        set_timeout(move || browser::show_address(&path.get_untracked(), &here.search.get_untracked()), Duration::ZERO);
    });
    let place = memo(move || path.with(|path| Place::at(path)));
    part(move || {
        let place = place.get();
        // Until the page has a heading.
        document().set_title("Ticketer");
        untrack(|| pages::page(place))
    })
}
