//! Short notes that come and go.

use std::time::Duration;

use leptos::prelude::*;

use super::{
    alert::Tone,
    dynamic::{press, rows},
    icon::{Glyph, Icon},
};

/// How long a note stays.
const STAY: Duration = Duration::from_secs(6);

#[derive(Clone, PartialEq)]
struct Toast {
    id: u32,
    tone: Tone,
    text: String,
}

/// The notes shown now.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    made: StoredValue<u32>,
}

impl Toasts {
    /// Provides the notes to the whole app.
    pub fn provide() {
        provide_context(Self { shown: RwSignal::new(Vec::new()), made: StoredValue::new(0) });
    }

    /// It went well.
    pub fn good(self, text: impl Into<String>) {
        self.add(Tone::Good, text.into());
    }

    /// It went wrong.
    pub fn bad(self, text: impl std::fmt::Display) {
        self.add(Tone::Bad, text.to_string());
    }

    fn add(self, tone: Tone, text: String) {
        let id = self.made.get_value() + 1;
        self.made.set_value(id);
        self.shown.update(|all| {
            // The same note twice says no more.
            all.retain(|t| t.text != text);
            all.push(Toast { id, tone, text });
        });
        set_timeout(move || self.remove(id), STAY);
    }

    fn remove(self, id: u32) {
        self.shown.update(|all| all.retain(|t| t.id != id));
    }
}

/// The notes.
pub fn use_toasts() -> Toasts {
    expect_context()
}

/// Where notes appear; a screen reader says them.
#[component]
pub fn Toaster() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <div
            class="pointer-events-none fixed inset-x-4 bottom-24 z-50 flex flex-col items-center gap-2 sm:right-6 sm:left-auto sm:items-end lg:bottom-6"
            aria-live="polite"
            data-testid="toasts"
        >
            {rows(move || toasts.shown.get(), |t: &Toast| t.id.to_string(), move |toast| view! { <Note toast toasts /> }.into_any())}
        </div>
    }
}

#[component]
fn Note(toast: Toast, toasts: Toasts) -> impl IntoView {
    view! {
    <div class="rise pointer-events-auto flex w-full max-w-sm items-start gap-3 rounded-control border border-line bg-surface px-4 py-3 text-[0.9375rem] shadow-lift">
        <span class=format!("grid size-6 shrink-0 place-items-center rounded-full {}", toast.tone.class())>
            <Icon glyph=toast.tone.glyph() class="size-4" />
        </span>
        <p class="flex-1">{toast.text.clone()}</p>
        <button type="button" class="-m-1 rounded-sm p-1 text-ink-faint hover:text-ink" aria-label="Dismiss" on:click=press(move || toasts.remove(toast.id))>
            <Icon glyph=Glyph::Close class="size-4" />
        </button>
    </div>
    }
}
