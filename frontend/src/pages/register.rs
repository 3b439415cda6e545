//! Opening an account.

use leptos::prelude::*;
use shared::{FieldError, ProblemType, auth::Register as Request};

use super::sign_in::{Door, go_on};
use crate::{
    api,
    components::{Errors, Field, FormError, Submit},
    query,
    session::use_session,
    work::Work,
};

/// Opening an account.
#[component]
pub fn Register() -> impl IntoView {
    let session = use_session();
    let next = go_on();
    let text = || RwSignal::new(String::new());
    let (first_name, last_name, email, password) = (text(), text(), text(), text());
    let errors = Errors::new();
    let register = Work::new();
    let pending = register.pending();
    let send = move |request: Request| async move {
        match api::auth::register(&request).await {
            Ok(user) => session.set(user),
            Err(error) if error.is(ProblemType::EmailTaken) => {
                let detail = "An account with this address exists. Sign in instead.".to_owned();
                errors.set(vec![FieldError { pointer: "/email".to_owned(), detail }]);
            }
            Err(error) => errors.refuse(&error),
        }
    };
    let submit = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let trimmed = |s: RwSignal<String>| s.get_untracked().trim().to_owned();
        let request = Request {
            email: trimmed(email),
            password: password.get_untracked(),
            first_name: trimmed(first_name),
            last_name: trimmed(last_name),
        };
        if !pending.get_untracked() && errors.accept(&request) {
            register.start(send(request));
        }
    };
    let sign_in = move || query::href("/sign-in", &next.with(|n| vec![("next".to_owned(), n.clone())]));
    view! {
        <Door title="Create an account" text="To book tickets, and to publish events of your own.">
            <form class="space-y-5" novalidate on:submit=submit data-testid="register-form">
                <div class="grid gap-5 sm:grid-cols-2">
                    <Field label="First name" pointer="/firstName" value=first_name errors autocomplete="given-name" testid="first-name" />
                    <Field label="Last name" pointer="/lastName" value=last_name errors autocomplete="family-name" testid="last-name" />
                </div>
                <Field label="E-mail" pointer="/email" value=email errors kind="email" autocomplete="username" testid="email" />
                <Field
                    label="Password"
                    pointer="/password"
                    value=password
                    errors
                    kind="password"
                    autocomplete="new-password"
                    hint="At least 8 characters, and not easy to guess."
                    testid="password"
                />
                <FormError errors />
                <Submit pending testid="submit" class="btn-primary w-full">
                    "Create account"
                </Submit>
            </form>
            <p class="mt-6 text-center text-[0.9375rem] text-ink-soft">
                "Have an account? "
                <a class="link" href=sign_in data-testid="to-sign-in">
                    "Sign in"
                </a>
            </p>
        </Door>
    }
}
