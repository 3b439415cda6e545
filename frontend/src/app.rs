//! The routes, and what every page may use.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    components::{FlatRoutes, Route, Router},
    hooks::use_location,
    path,
};

use crate::{
    components::{FocusHeading, Shell, Toasts},
    pages,
    session::Session,
    theme::Theme,
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
                <FlatRoutes fallback=pages::NotFound>
                    <Route path=path!("/") view=pages::Browse />
                    <Route path=path!("/events/:id") view=pages::EventPage />
                    <Route path=path!("/events/:id/checkout") view=pages::Checkout />
                    <Route path=path!("/orders") view=pages::Orders />
                    <Route path=path!("/orders/:id") view=pages::OrderPage />
                    <Route path=path!("/orders/:id/pay") view=pages::Pay />
                    <Route path=path!("/orders/:id/result") view=pages::ResultPage />
                    <Route path=path!("/payments") view=pages::Payments />
                    <Route path=path!("/organize") view=pages::Organize />
                    <Route path=path!("/organize/new") view=pages::NewEvent />
                    <Route path=path!("/organize/:id/edit") view=pages::EditEvent />
                    <Route path=path!("/account") view=pages::Account />
                    <Route path=path!("/sign-in") view=pages::SignIn />
                    <Route path=path!("/register") view=pages::Register />
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
