//! The routes, and what every page may use.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    components::{FlatRoutes, Route, Router},
    hooks::use_location,
    path,
};

use crate::{
    components::{FocusHeading, Shell, Toasts, part},
    pages,
    place::Place,
    session::Session,
    theme::Theme,
    work::memo,
};

/// The app.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    Theme::provide();
    Toasts::provide();
    Session::provide();
    provide_context(FocusHeading(RwSignal::new(false)));
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Ticketer".to_owned() } else { format!("{title} · Ticketer") } />
        <Router>
            <FocusOnArrival />
            <Shell>
                <FlatRoutes fallback=|| ()>
                    <Route path=path!("/*path") view=Current />
                </FlatRoutes>
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
    let path = use_location().pathname;
    let place = memo(move || path.with(|path| Place::at(path)));
    part(move || {
        let place = place.get();
        untrack(|| pages::page(place))
    })
}
