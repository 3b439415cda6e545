//! A message in the page.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// What kind of message or mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Neither good nor bad.
    Plain,
    /// Worth knowing.
    Info,
    /// It went well.
    Good,
    /// Look out.
    Warn,
    /// It went wrong.
    Bad,
}

impl Tone {
    /// The colours of the tone.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Plain => "bg-sunken text-ink-soft",
            Self::Info => "bg-info-tint text-info-ink",
            Self::Good => "bg-ok-tint text-ok-ink",
            Self::Warn => "bg-gold-tint text-gold-ink",
            Self::Bad => "bg-danger-tint text-danger-ink",
        }
    }

    /// The icon of the tone.
    pub const fn glyph(self) -> Glyph {
        match self {
            Self::Plain | Self::Info => Glyph::Info,
            Self::Good => Glyph::Check,
            Self::Warn | Self::Bad => Glyph::Alert,
        }
    }
}

/// A message in the page; a bad one is read out at once.
#[component]
pub fn Alert(
    /// What kind of message.
    tone: Tone,
    /// For the browser test.
    #[prop(optional)]
    testid: Option<&'static str>,
    /// The message.
    children: Children,
) -> impl IntoView {
    let role = if tone == Tone::Bad { "alert" } else { "status" };
    view! {
        <div
            role=role
            data-testid=testid
            class=format!("flex gap-3 rounded-control px-4 py-3 text-[0.9375rem] leading-6 {}", tone.class())
        >
            <Icon glyph=tone.glyph() class="mt-0.5 size-5" />
            <div class="min-w-0 flex-1">{children()}</div>
        </div>
    }
}
