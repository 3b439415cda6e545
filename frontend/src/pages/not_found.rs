//! No such page.

use leptos::prelude::*;

use crate::components::Heading;

/// No such page.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <div class="wrap flex flex-col items-center py-20 text-center sm:py-28" data-testid="not-found">
            <div class="ticket w-64" aria-hidden="true">
                <div class="ticket-body px-6 pt-7 pb-5">
                    <p class="eyebrow">"Row —  Seat —"</p>
                    <p class="mt-2 text-6xl font-bold tracking-tighter tabular-nums">"404"</p>
                </div>
                <div class="ticket-stub px-6 py-4">
                    <p class="eyebrow">"Not admitted"</p>
                </div>
            </div>
            <div class="mt-10">
                <Heading text="This seat doesn't exist" />
            </div>
            <p class="mt-2 max-w-prose text-ink-soft">"The page you asked for isn't here. It may have moved, or the link is incomplete."</p>
            <a href="/" class="btn btn-primary mt-6">
                "Browse events"
            </a>
        </div>
    }
}
