//! Light and dark: as the operating system has it, until the visitor says otherwise.
//!
//! `static/theme.js` puts a remembered choice on `<html>` before the first paint; this changes it.

use leptos::prelude::*;

use crate::browser;

const KEY: &str = "theme";

fn system_is_dark() -> bool {
    window().match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|query| query.matches())
}

/// The theme, for the button that changes it.
#[derive(Clone, Copy)]
pub struct Theme {
    dark: RwSignal<bool>,
}

impl Theme {
    /// Provides the theme that the page was painted in.
    pub fn provide() {
        let chosen = browser::lasting().and_then(|s| s.get_item(KEY).ok().flatten());
        let dark = RwSignal::new(chosen.map_or_else(system_is_dark, |chosen| chosen == "dark"));
        provide_context(Self { dark });
    }

    /// Whether it is dark.
    pub fn is_dark(self) -> bool {
        self.dark.get()
    }

    /// Changes it. A choice that is the system's own is not remembered, so that the page follows the system again.
    pub fn toggle(self) {
        let dark = !self.dark.get_untracked();
        self.dark.set(dark);
        let name = if dark { "dark" } else { "light" };
        let root = document().document_element();
        let storage = browser::lasting();
        if dark == system_is_dark() {
            let _ = root.map(|r| r.remove_attribute("data-theme"));
            let _ = storage.map(|s| s.remove_item(KEY));
        } else {
            let _ = root.map(|r| r.set_attribute("data-theme", name));
            let _ = storage.map(|s| s.set_item(KEY, name));
        }
    }
}

/// The theme.
pub fn use_theme() -> Theme {
    expect_context()
}
