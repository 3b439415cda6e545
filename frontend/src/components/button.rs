//! Buttons that wait.

use leptos::prelude::*;

use super::dynamic::spinner;

/// What `aria-disabled` says of a button at work. Not `disabled`: that would take the focus from whoever pressed it.
pub fn waiting(pending: Signal<bool>) -> impl Fn() -> Option<&'static str> + Clone + Send + Sync + 'static {
    move || pending.get().then_some("true")
}

/// Submits its form; at work it turns. What it sets going is a [`Work`](crate::work::Work), which begins once at a time.
#[component]
pub fn Submit(
    /// Whether the work is under way.
    #[prop(into)]
    pending: Signal<bool>,
    /// Further classes.
    #[prop(default = "btn-primary")]
    class: &'static str,
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
            aria-disabled=waiting(pending)
            aria-busy=move || pending.get().then_some("true")
        >
            {spinner(pending)}
            {children()}
        </button>
    }
}
