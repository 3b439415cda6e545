//! Signing in, and on to where one was going.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use shared::{ProblemType, auth::Login};

use crate::{
    api, browser,
    components::{Alert, Errors, Field, FormError, Glyph, Heading, Icon, Submit, Tone, maybe, safe_next},
    query,
    session::use_session,
    work::{Work, effect, memo},
};

/// Where to go after: an effect that goes there as soon as someone is signed in.
pub fn go_on() -> Memo<String> {
    let session = use_session();
    let navigate = use_navigate();
    let pairs = query::pairs();
    let next = memo(move || safe_next(pairs.with(|p| query::first(p, "next"))));
    let signed_in = memo(move || session.user().is_some());
    effect(move || {
        if signed_in.get() {
            navigate(&next.get_untracked(), NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
    next
}

/// The frame of the two pages at the door.
#[component]
pub fn Door(
    /// What the page does.
    title: &'static str,
    /// Why.
    text: &'static str,
    /// The form.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="wrap flex justify-center py-10 sm:py-16">
            <div class="w-full max-w-md">
                <div class="ticket">
                    <div class="ticket-body px-6 pt-7 pb-6 sm:px-8">
                        <Icon glyph=Glyph::Logo class="size-9 text-brand" />
                        <div class="mt-4">
                            <Heading text=title />
                        </div>
                        <p class="mt-1.5 text-ink-soft">{text}</p>
                    </div>
                    <div class="ticket-stub px-6 py-7 sm:px-8">{children()}</div>
                </div>
            </div>
        </div>
    }
}

fn next_note() -> AnyView {
    view! {
        <div class="mb-5">
            <Alert tone=Tone::Info testid="next-note">
                "Sign in to go on. You return to where you were."
            </Alert>
        </div>
    }
    .into_any()
}

/// Signing in.
#[component]
pub fn SignIn() -> impl IntoView {
    let session = use_session();
    let next = go_on();
    let (email, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let errors = Errors::new();
    let sign_in = Work::new();
    let pending = sign_in.pending();
    let send = move |request: Login| async move {
        match api::auth::login(&request).await {
            Ok(user) => session.set(user),
            Err(error) if error.is(ProblemType::InvalidCredentials) => {
                errors.say("E-mail and password don't belong together.");
                password.set(String::new());
                browser::focus("[data-testid=password]");
            }
            Err(error) => errors.refuse(&error),
        }
    };
    let submit = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let request = Login { email: email.get_untracked().trim().to_owned(), password: password.get_untracked() };
        if !pending.get_untracked() && errors.accept(&request) {
            sign_in.start(send(request));
        }
    };
    let register = move || query::href("/register", &next.with(|n| vec![("next".to_owned(), n.clone())]));
    view! {
        <Door title="Sign in" text="Your orders and tickets are waiting.">
            {maybe(move || (next.get() != "/").then(next_note))}
            <form class="space-y-5" novalidate on:submit=submit data-testid="sign-in-form">
                <Field label="E-mail" pointer="/email" value=email errors kind="email" autocomplete="username" testid="email" />
                <Field label="Password" pointer="/password" value=password errors kind="password" autocomplete="current-password" testid="password" />
                <FormError errors />
                <Submit pending testid="submit" class="btn-primary w-full">
                    "Sign in"
                </Submit>
            </form>
            <p class="mt-6 text-center text-[0.9375rem] text-ink-soft">
                "No account yet? "
                <a class="link" href=register data-testid="to-register">
                    "Create one"
                </a>
            </p>
        </Door>
    }
}
