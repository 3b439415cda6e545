//! One's own account.

use leptos::prelude::*;
use shared::{
    FieldError, ProblemType,
    auth::{ChangePassword, UpdateProfile, User},
};

use crate::{
    api,
    components::{Errors, Field, FormError, Heading, SignedIn, Submit, press, use_toasts},
    session::{use_session, use_sign_out},
    work::Work,
};

/// One's own account.
#[component]
pub fn Account() -> impl IntoView {
    view! {
        <SignedIn>
            <div class="wrap max-w-3xl space-y-6 py-8 lg:py-10">
                <Heading text="Account" />
                <Profile />
                <Password />
                <SignOut />
            </div>
        </SignedIn>
    }
}

#[component]
fn Profile() -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let user = session.user_now();
    let (first, last, email) = user.map(|u| (u.first_name, u.last_name, u.email)).unwrap_or_default();
    let (first_name, last_name) = (RwSignal::new(first), RwSignal::new(last));
    let errors = Errors::new();
    let save = Work::new();
    let pending = save.pending();
    let send = move |request: UpdateProfile| async move {
        match api::auth::update_profile(&request).await {
            Ok(user) => {
                session.set(user);
                toasts.good("Your name is changed.");
            }
            Err(error) => errors.refuse(&error),
        }
    };
    let submit = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let request = UpdateProfile {
            first_name: first_name.get_untracked().trim().to_owned(),
            last_name: last_name.get_untracked().trim().to_owned(),
        };
        if pending.get_untracked() || !errors.accept(&request) {
            return;
        }
        let same = |user: User| user.first_name == request.first_name && user.last_name == request.last_name;
        if session.user_now().is_some_and(same) {
            toasts.good("That is your name already.");
        } else {
            save.start(send(request));
        }
    };
    view! {
        <form class="card p-5 sm:p-6" novalidate on:submit=submit data-testid="profile-form">
            <h2 class="text-heading font-semibold">"Profile"</h2>
            <p class="mt-1 text-[0.9375rem] text-ink-soft">
                "You sign in as " <span class="font-medium text-ink" data-testid="account-email">{email}</span> "."
            </p>
            <div class="mt-5 grid gap-5 sm:grid-cols-2">
                <Field label="First name" pointer="/firstName" value=first_name errors autocomplete="given-name" testid="first-name" />
                <Field label="Last name" pointer="/lastName" value=last_name errors autocomplete="family-name" testid="last-name" />
            </div>
            <div class="mt-5 space-y-5">
                <FormError errors />
                <Submit pending testid="save-profile">
                    "Save"
                </Submit>
            </div>
        </form>
    }
}

#[component]
fn Password() -> impl IntoView {
    let toasts = use_toasts();
    let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let errors = Errors::new();
    let change = Work::new();
    let pending = change.pending();
    let send = move |request: ChangePassword| async move {
        match api::auth::change_password(&request).await {
            Ok(()) => {
                current.set(String::new());
                new.set(String::new());
                toasts.good("Your password is changed. Every other session has ended.");
            }
            Err(error) if error.is(ProblemType::InvalidCredentials) => {
                let detail = "This is not your current password.".to_owned();
                errors.set(vec![FieldError { pointer: "/currentPassword".to_owned(), detail }]);
            }
            Err(error) => errors.refuse(&error),
        }
    };
    let submit = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let request = ChangePassword { current_password: current.get_untracked(), new_password: new.get_untracked() };
        if !pending.get_untracked() && errors.accept(&request) {
            change.start(send(request));
        }
    };
    view! {
        <form class="card p-5 sm:p-6" novalidate on:submit=submit data-testid="password-form">
            <h2 class="text-heading font-semibold">"Password"</h2>
            <p class="mt-1 text-[0.9375rem] text-ink-soft">"Changing it signs you out everywhere else."</p>
            <div class="mt-5 grid gap-5 sm:grid-cols-2">
                <Field label="Current password" pointer="/currentPassword" value=current errors kind="password" autocomplete="current-password" testid="current-password" />
                <Field
                    label="New password"
                    pointer="/newPassword"
                    value=new
                    errors
                    kind="password"
                    autocomplete="new-password"
                    hint="At least 8 characters."
                    testid="new-password"
                />
            </div>
            <div class="mt-5 space-y-5">
                <FormError errors />
                <Submit pending testid="change-password">
                    "Change password"
                </Submit>
            </div>
        </form>
    }
}

#[component]
fn SignOut() -> impl IntoView {
    let leave = use_sign_out();
    view! {
        <section class="card flex flex-wrap items-center justify-between gap-4 p-5 sm:p-6">
            <div>
                <h2 class="text-heading font-semibold">"Sign out"</h2>
                <p class="mt-1 text-[0.9375rem] text-ink-soft">"Ends the session on this device."</p>
            </div>
            <button
                type="button"
                class="btn btn-plain"
                data-testid="account-sign-out"
                disabled=leave.pending()
                on:click=press(move || leave.start())
            >
                "Sign out"
            </button>
        </section>
    }
}
