//! How many of one kind.

use leptos::prelude::*;

use super::{
    dynamic::press,
    icon::{Glyph, Icon},
};

/// Minus, a number, plus.
#[component]
pub fn Stepper(
    /// What is counted, for screen readers.
    #[prop(into)]
    label: String,
    /// How many now.
    #[prop(into)]
    value: Signal<u32>,
    /// The most that can be had.
    #[prop(into)]
    max: Signal<u32>,
    /// Sets how many.
    #[prop(into)]
    set: Callback<(u32,)>,
) -> impl IntoView {
    let button = "grid size-11 place-items-center rounded-full border border-line-strong/60 text-ink transition-colors \
                  hover:not-disabled:border-brand hover:not-disabled:bg-brand-tint hover:not-disabled:text-brand-ink disabled:opacity-35";
    let less = format!("One {label} less");
    let more = format!("One {label} more");
    let full = move || value.get() >= max.get();
    view! {
        <div class="flex items-center gap-1" role="group" aria-label=label>
            <button
                type="button"
                class=button
                aria-label=less
                data-testid="less"
                disabled=move || value.get() == 0
                on:click=press(move || set.run((value.get_untracked().saturating_sub(1),)))
            >
                <Icon glyph=Glyph::Minus />
            </button>
            <output class="w-9 text-center text-lg font-semibold tabular-nums" data-testid="quantity">
                {value}
            </output>
            <button
                type="button"
                class=button
                aria-label=more
                data-testid="more"
                disabled=full
                on:click=press(move || set.run((value.get_untracked().saturating_add(1),)))
            >
                <Icon glyph=Glyph::Plus />
            </button>
        </div>
    }
}
