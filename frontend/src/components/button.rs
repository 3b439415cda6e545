//! Buttons that wait.

use leptos::prelude::*;

use super::dynamic::spinner;

/// Submits its form; at work it is disabled and turns.
#[component]
pub fn Submit(
    /// Whether the work is under way.
    #[prop(into)]
    pending: Signal<bool>,
    /// Further classes.
    #[prop(default = "btn-primary")]
    class: &'static str,
    /// Whether it can't be pressed for another reason.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// For the browser test.
    testid: &'static str,
    /// What it does.
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type="submit"
            class=format!("btn {class}")
            data-testid=testid
            disabled=move || pending.get() || disabled.get()
            aria-busy=move || pending.get().then_some("true")
        >
            {spinner(pending)}
            {children()}
        </button>
    }
}
