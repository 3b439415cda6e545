//! What a page shows when it has nothing to show: not yet, not any, or not now.

use leptos::prelude::*;
use shared::ProblemType;

use super::{
    dynamic::press,
    icon::{Glyph, Icon},
};
use crate::{api::ApiError, browser};

/// There is nothing here, and what to do about it.
#[component]
pub fn Empty(
    /// What there is none of.
    #[prop(into)]
    title: String,
    /// Why, or what would be here.
    #[prop(into)]
    text: String,
    /// The icon.
    #[prop(default = Glyph::Ticket)]
    glyph: Glyph,
    /// What to do about it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="flex flex-col items-center rounded-card border border-dashed border-line-strong/40 px-6 py-14 text-center" data-testid="empty">
            <Icon glyph class="size-9 text-ink-faint" />
            <h2 class="mt-4 text-heading font-semibold">{title}</h2>
            <p class="mt-1.5 max-w-prose text-ink-soft">{text}</p>
            {children.map(|children| view! { <div class="mt-6 flex flex-wrap justify-center gap-3">{children()}</div> })}
        </div>
    }
}

/// It could not be fetched; one may try again. Without a network it tries again by itself when that is back.
#[component]
pub fn ErrorState(
    /// Why not.
    error: ApiError,
    /// Tries again.
    #[prop(into)]
    retry: Callback<()>,
) -> impl IntoView {
    if error == ApiError::Offline {
        let back = window_event_listener(leptos::ev::online, move |_| retry.run(()));
        on_cleanup(move || back.remove());
    }
    let missing = error.is(ProblemType::NotFound) || error.is(ProblemType::Malformed);
    let (glyph, title) = match &error {
        ApiError::Offline if !browser::is_online() => (Glyph::Offline, "You are offline"),
        ApiError::Offline => (Glyph::Offline, "No answer"),
        ApiError::Problem(_) if missing => (Glyph::Search, "Not here"),
        ApiError::Problem(problem) if problem.status == 429 => (Glyph::Clock, "A moment, please"),
        ApiError::Problem(_) => (Glyph::Alert, "That didn't work"),
    };
    let text =
        if missing { "There is nothing at this address, or it isn't yours.".to_owned() } else { error.to_string() };
    view! {
        <div class="flex flex-col items-center px-6 py-14 text-center" role="alert" data-testid="error">
            <Icon glyph class="size-9 text-ink-faint" />
            <h2 class="mt-4 text-heading font-semibold">{title}</h2>
            <p class="mt-1.5 max-w-prose text-ink-soft">{text}</p>
            <div class="mt-6 flex gap-3">
                {(!missing)
                    .then(|| {
                        view! {
                            <button type="button" class="btn btn-primary" data-testid="retry" on:click=press(move || retry.run(()))>
                                "Try again"
                            </button>
                        }
                    })}
                <a href="/" class="btn btn-plain">
                    "Browse events"
                </a>
            </div>
        </div>
    }
}

/// Where a list will be.
#[component]
pub fn ListSkeleton(
    /// How many rows.
    #[prop(default = 4)]
    rows: usize,
) -> impl IntoView {
    let row = || {
        view! {
            <div class="card flex gap-4 p-4">
                <div class="skeleton size-16 rounded-control"></div>
                <div class="flex-1">
                    <div class="skeleton h-5 w-2/3"></div>
                    <div class="skeleton mt-3 h-4 w-1/3"></div>
                </div>
            </div>
        }
    };
    view! {
        <div class="space-y-4" role="status">
            <span class="sr-only">"Loading"</span>
            {(0..rows).map(|_| row()).collect_view()}
        </div>
    }
}

/// Where a form with a summary beside it will be.
#[component]
pub fn FormSkeleton() -> impl IntoView {
    let field =
        || view! { <div><div class="skeleton h-4 w-24"></div><div class="skeleton mt-2 h-11 w-full"></div></div> };
    view! {
        <div class="grid gap-8 lg:grid-cols-12" role="status">
            <span class="sr-only">"Loading"</span>
            <div class="card space-y-5 p-6 lg:col-span-7">{(0..4).map(|_| field()).collect_view()}</div>
            <div class="card h-56 p-6 lg:col-span-5">
                <div class="skeleton h-5 w-2/3"></div>
                <div class="skeleton mt-4 h-4 w-1/2"></div>
            </div>
        </div>
    }
}

/// A payment that is not decided yet.
#[component]
pub fn Deciding() -> impl IntoView {
    view! {
        <div class="card flex flex-col items-center px-6 py-14 text-center" role="status" data-testid="processing">
            <span class="spinner size-9 border-[3px] text-brand" aria-hidden="true"></span>
            <h2 class="mt-5 text-heading font-semibold">"Your payment is being decided"</h2>
            <p class="mt-1.5 max-w-prose text-ink-soft">
                "This page moves on by itself. You may also close it: your seats stay yours until the payment is decided, and nothing is charged twice."
            </p>
        </div>
    }
}
