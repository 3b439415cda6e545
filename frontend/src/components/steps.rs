//! How far a purchase has come.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// Tickets, details, payment: which one this is.
#[component]
pub fn Steps(
    /// 1 to 3.
    current: usize,
) -> impl IntoView {
    let step = |(place, name): (usize, &'static str)| {
        let place = place + 1;
        let (mark, look) = match place.cmp(&current) {
            std::cmp::Ordering::Less => {
                (view! { <Icon glyph=Glyph::Check class="size-3.5" /> }.into_any(), "bg-brand-tint text-brand-ink")
            }
            std::cmp::Ordering::Equal => (place.into_any(), "bg-brand text-on-brand"),
            std::cmp::Ordering::Greater => (place.into_any(), "bg-sunken text-ink-faint"),
        };
        let line = (place > 1).then(|| view! { <span class="h-px w-5 bg-line sm:w-8" aria-hidden="true"></span> });
        let words = if place == current { "font-semibold text-ink" } else { "text-ink-faint max-sm:sr-only" };
        view! {
            <li class="flex items-center gap-2" aria-current=(place == current).then_some("step")>
                {line} <span class=format!("grid size-6 place-items-center rounded-full text-xs font-bold {look}")>{mark}</span>
                <span class=words>{name}</span>
            </li>
        }
    };
    view! {
        <ol class="mb-5 flex items-center gap-2 text-sm" aria-label="Steps">
            {["Tickets", "Details", "Payment"].into_iter().enumerate().map(step).collect_view()}
        </ol>
    }
}
