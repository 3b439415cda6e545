//! A question that must be answered first.

use leptos::{html, prelude::*};

use super::{
    button::waiting,
    dynamic::{press, spinner},
};
use crate::work::effect;

/// Asks before something that can't be undone. The browser keeps the focus inside and closes it on Escape.
#[component]
pub fn Confirm(
    /// Whether it is asked.
    open: RwSignal<bool>,
    /// The question.
    #[prop(into)]
    title: Signal<String>,
    /// What will happen.
    #[prop(into)]
    text: Signal<String>,
    /// The answer that does it.
    #[prop(into)]
    action: Signal<String>,
    /// The answer that doesn't.
    #[prop(default = "Keep it")]
    keep: &'static str,
    /// Whether it is being done.
    #[prop(into)]
    pending: Signal<bool>,
    /// Does it.
    #[prop(into)]
    confirm: Callback<()>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        if open.get() && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !open.get() && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog
            node_ref=dialog
            class="rise m-auto w-[min(28rem,calc(100vw-2rem))] rounded-card border border-line bg-surface p-6 text-ink shadow-lift"
            aria-labelledby="confirm-title"
            aria-describedby="confirm-text"
            data-testid="dialog"
            on:close=move |_| open.set(false)
        >
            <h2 id="confirm-title" class="text-heading font-semibold">
                {title}
            </h2>
            <p id="confirm-text" class="mt-2 text-ink-soft">
                {text}
            </p>
            <div class="mt-6 flex flex-col-reverse gap-3 sm:flex-row sm:justify-end">
                <button type="button" class="btn btn-plain" data-testid="dialog-keep" on:click=press(move || open.set(false))>
                    {keep}
                </button>
                <button
                    type="button"
                    class="btn btn-danger"
                    data-testid="dialog-confirm"
                    aria-disabled=waiting(pending)
                    on:click=press(move || confirm.run(()))
                >
                    {spinner(pending)}
                    {action}
                </button>
            </div>
        </dialog>
    }
}
