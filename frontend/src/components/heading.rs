//! A page's heading, which takes the focus when one arrives on the page.

use leptos::{html, prelude::*};

use crate::browser;
use crate::work::effect;

/// Whether the next heading to appear takes the focus: set at each change of page.
#[derive(Clone, Copy)]
pub struct FocusHeading(pub RwSignal<bool>);

/// The page's `<h1>` and title. After a change of page it takes the focus, so that a screen reader reads on from here.
#[component]
pub fn Heading(
    /// The words.
    #[prop(into)]
    text: String,
    /// The look.
    #[prop(default = "text-title font-bold")]
    class: &'static str,
) -> impl IntoView {
    let FocusHeading(pending) = expect_context();
    let heading = NodeRef::<html::H1>::new();
    effect(move || {
        if let Some(element) = heading.get()
            && pending.get_untracked()
        {
            pending.set(false);
            browser::focus_in_place(&element);
        }
    });
    document().set_title(&format!("{text} · Ticketer"));
    view! {
        <h1 node_ref=heading tabindex="-1" class=class>
            {text}
        </h1>
    }
}
