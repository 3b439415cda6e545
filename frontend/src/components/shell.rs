//! What every page has: the way around, and the foot.

use leptos::{ev, html, prelude::*};
use leptos_router::{components::A, hooks::use_location};
use shared::auth::User;

use super::{
    dynamic::{maybe, part, press},
    guard::sign_in_href,
    icon::{Glyph, Icon},
    toast::Toaster,
};
use crate::work::effect;
use crate::{
    browser,
    session::{SignOut, Who, use_session, use_sign_out},
    theme::use_theme,
};

/// Header, page, footer, notes.
#[component]
pub fn Shell(
    /// The page.
    children: Children,
) -> impl IntoView {
    view! {
        <a
            href="#main"
            rel="external"
            class="btn btn-primary sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:px-4.5 focus:py-2"
        >
            "Skip to the page"
        </a>
        <div class="flex min-h-dvh flex-col">
            <Header />
            <OfflineNote />
            <main id="main" tabindex="-1" class="flex-1 outline-none">
                {children()}
            </main>
            <Footer />
        </div>
        <Toaster />
    }
}

#[component]
fn OfflineNote() -> impl IntoView {
    let online = RwSignal::new(browser::is_online());
    let on = window_event_listener(ev::online, move |_| online.set(true));
    let off = window_event_listener(ev::offline, move |_| online.set(false));
    on_cleanup(move || {
        on.remove();
        off.remove();
    });
    view! {
        <div role="status">
            {maybe(move || (!online.get()).then(offline))}
        </div>
    }
}

fn offline() -> AnyView {
    view! {
        <p
            class="flex items-center justify-center gap-2 bg-gold-tint px-4 py-2 text-sm font-medium text-gold-ink"
            data-testid="offline"
        >
            <Icon glyph=Glyph::Offline class="size-4" />
            "You are offline. What you typed is kept."
        </p>
    }
    .into_any()
}

#[component]
fn Header() -> impl IntoView {
    let open = RwSignal::new(false);
    let location = use_location();
    let path = location.pathname;
    // The menu closes on Escape, outside it, and when the page changes.
    effect(move || {
        path.track();
        open.set(false);
    });
    let root = NodeRef::<html::Header>::new();
    let key = window_event_listener(ev::keydown, move |ev| {
        if ev.key() == "Escape" && open.get_untracked() {
            open.set(false);
            browser::focus("[data-testid=menu]");
        }
    });
    let click = window_event_listener(ev::pointerdown, move |ev| {
        let inside = root.get_untracked().is_some_and(|root| {
            use wasm_bindgen::JsCast;
            ev.target().and_then(|t| t.dyn_into::<web_sys::Node>().ok()).is_some_and(|t| root.contains(Some(&t)))
        });
        if !inside && open.get_untracked() {
            open.set(false);
        }
    });
    on_cleanup(move || {
        key.remove();
        click.remove();
    });
    let session = use_session();
    view! {
        <header node_ref=root class="sticky top-0 z-40 border-b border-line bg-canvas/95 backdrop-blur-sm">
            <div class="wrap flex h-16 items-center gap-2">
                <a href="/" class="mr-auto flex items-center gap-2.5 rounded-control text-lg font-bold tracking-tight md:mr-6" aria-label="Ticketer, home">
                    <Icon glyph=Glyph::Logo class="size-8 text-brand" />
                    "Ticketer"
                </a>
                <nav class="mr-auto hidden md:flex" aria-label="Main">
                    <Links />
                </nav>
                <ThemeButton />
                {part(move || match session.who() {
                    Who::User(user) => view! { <UserButton user open /> }.into_any(),
                    Who::Asking => view! { <span class="skeleton h-9 w-20" aria-hidden="true"></span> }.into_any(),
                    _ => view! { <Entrance open /> }.into_any(),
                })}
            </div>
            <div id="menu" class="wrap relative">
                {maybe(move || open.get().then(|| view! { <Menu /> }.into_any()))}
            </div>
        </header>
    }
}

/// Opens the menu of the account.
#[component]
fn UserButton(user: User, open: RwSignal<bool>) -> impl IntoView {
    let initials: String = [&user.first_name, &user.last_name].iter().filter_map(|n| n.chars().next()).collect();
    view! {
        <button
            type="button"
            class="btn btn-quiet gap-2.5 px-1.5 md:pr-3"
            aria-expanded=move || if open.get() { "true" } else { "false" }
            aria-controls="menu"
            data-testid="menu"
            on:click=press(move || open.update(|o| *o = !*o))
        >
            <span
                class="grid size-8 place-items-center rounded-full bg-brand-tint text-[0.8125rem] font-bold text-brand-ink uppercase"
                aria-hidden="true"
            >
                {initials}
            </span>
            <span class="hidden max-w-36 truncate text-ink md:inline" data-testid="user-name">
                {user.first_name}
            </span>
            <span class="sr-only">"Menu"</span>
        </button>
    }
}

/// The way in, and back to here; on a small screen also the menu.
#[component]
fn Entrance(open: RwSignal<bool>) -> impl IntoView {
    let location = use_location();
    let href = move || match (location.pathname.get().as_str(), location.search.get().as_str()) {
        ("/sign-in" | "/register", _) => "/sign-in".to_owned(),
        (path, "") => sign_in_href(path),
        (path, search) => sign_in_href(&format!("{path}?{search}")),
    };
    view! {
        <a href=href class="btn btn-primary max-sm:min-h-10 max-sm:px-3.5" data-testid="sign-in-link">
            "Sign in"
        </a>
        <button
            type="button"
            class="btn btn-quiet btn-icon md:hidden"
            aria-label="Menu"
            aria-expanded=move || if open.get() { "true" } else { "false" }
            aria-controls="menu"
            data-testid="menu"
            on:click=press(move || open.update(|o| *o = !*o))
        >
            <Icon glyph=Glyph::Menu />
        </button>
    }
}

#[component]
fn Links() -> impl IntoView {
    view! {
        <A href="/" exact=true attr:class="nav-link" attr:data-testid="nav-browse">
            "Browse"
        </A>
        <A href="/orders" attr:class="nav-link" attr:data-testid="nav-orders">
            "My orders"
        </A>
        <A href="/organize" attr:class="nav-link" attr:data-testid="nav-organize">
            "Organize"
        </A>
    }
}

#[component]
fn Menu() -> impl IntoView {
    let session = use_session();
    let sign_out = use_sign_out();
    let item = "flex min-h-11 w-full items-center gap-3 rounded-control px-3 text-left text-[0.9375rem] font-medium hover:bg-sunken";
    view! {
        <div class="rise absolute right-4 left-4 z-40 mt-1 rounded-card border border-line bg-surface p-2 shadow-lift sm:right-6 sm:left-auto sm:w-64">
            <nav aria-label="Menu">
                <a href="/" class=format!("{item} md:hidden")>
                    <Icon glyph=Glyph::Search class="size-5 text-ink-faint" />
                    "Browse events"
                </a>
                <a href="/orders" class=item data-testid="menu-orders">
                    <Icon glyph=Glyph::Ticket class="size-5 text-ink-faint" />
                    "My orders"
                </a>
                <a href="/payments" class=item data-testid="menu-payments">
                    <Icon glyph=Glyph::Card class="size-5 text-ink-faint" />
                    "Payments"
                </a>
                <a href="/organize" class=item data-testid="menu-organize">
                    <Icon glyph=Glyph::Calendar class="size-5 text-ink-faint" />
                    "My events"
                </a>
                {maybe(move || session.user().map(|user| view! { <Own user item sign_out /> }.into_any()))}
            </nav>
        </div>
    }
}

/// What only someone with an account has.
#[component]
fn Own(user: User, item: &'static str, sign_out: SignOut) -> impl IntoView {
    view! {
        <a href="/account" class=item data-testid="menu-account">
            <Icon glyph=Glyph::User class="size-5 text-ink-faint" />
            "Account"
        </a>
        <div class="mt-2 border-t border-line px-3 pt-3 pb-1">
            <p class="truncate text-sm text-ink-faint">{user.email}</p>
        </div>
        <button type="button" class=item data-testid="sign-out" disabled=sign_out.pending() on:click=press(move || sign_out.start())>
            <Icon glyph=Glyph::Lock class="size-5 text-ink-faint" />
            "Sign out"
        </button>
    }
}

#[component]
fn ThemeButton() -> impl IntoView {
    let theme = use_theme();
    view! {
        <button
            type="button"
            class="btn btn-quiet btn-icon"
            data-testid="theme"
            aria-label=move || if theme.is_dark() { "Use the light theme" } else { "Use the dark theme" }
            on:click=press(move || theme.toggle())
        >
            {part(move || view! { <Icon glyph=if theme.is_dark() { Glyph::Sun } else { Glyph::Moon } /> }.into_any())}
        </button>
    }
}

#[component]
fn Footer() -> impl IntoView {
    view! {
        <footer class="mt-16 border-t border-line">
            <div class="wrap flex flex-col gap-4 py-8 text-sm text-ink-faint sm:flex-row sm:items-center sm:justify-between">
                <p class="max-w-prose text-balance">"Never one ticket too many. Never money without a ticket, never a ticket without money."</p>
                <nav class="flex gap-5" aria-label="More">
                    <a class="hover:text-ink hover:underline" href="/">
                        "Browse"
                    </a>
                    <a class="hover:text-ink hover:underline" href="/orders">
                        "My orders"
                    </a>
                    <a class="hover:text-ink hover:underline" href="/organize/new">
                        "Publish an event"
                    </a>
                </nav>
            </div>
        </footer>
    }
}
