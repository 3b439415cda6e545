//! What is asked of the browser itself: its storage, its clock, its focus.

use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{FocusOptions, HtmlElement, Storage};

use crate::json;

/// Milliseconds since 1970 by the browser's clock, which may be wrong.
pub fn now() -> f64 {
    js_sys::Date::now()
}

/// What tells that one is back at the tab, or the network is.
const SIGNS: [&str; 3] = ["focus", "online", "visibilitychange"];

/// Waits, but not past the moment when one is back at the tab or the network is.
pub async fn pause(milliseconds: i32) {
    let window = leptos::prelude::window();
    let mut wake = None;
    let timer = js_sys::Promise::new(&mut |resolve, _| {
        // A timer that can't be set must not leave its caller waiting for ever.
        if window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds).is_err() {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
        for sign in SIGNS {
            let _ = window.add_event_listener_with_callback(sign, &resolve);
        }
        wake = Some(resolve);
    });
    let _ = JsFuture::from(timer).await;
    for sign in SIGNS {
        if let Some(wake) = &wake {
            let _ = window.remove_event_listener_with_callback(sign, wake);
        }
    }
}

fn tab() -> Option<Storage> {
    leptos::prelude::window().session_storage().ok().flatten()
}

/// What this tab remembers under `key`, over reloads.
pub fn recall<T: DeserializeOwned>(key: &str) -> Option<T> {
    json::read(&tab()?.get_item(key).ok().flatten()?)
}

/// Remembers `value` for this tab, over reloads, until the tab is closed.
pub fn remember<T: Serialize>(key: &str, value: &T) {
    if let (Some(tab), Ok(text)) = (tab(), serde_json::to_string(value)) {
        let _ = tab.set_item(key, &text);
    }
}

/// Forgets what this tab remembers under `key`.
pub fn forget(key: &str) {
    if let Some(tab) = tab() {
        let _ = tab.remove_item(key);
    }
}

/// Forgets all that this tab remembers: for the next person in front of it.
pub fn forget_all() {
    if let Some(tab) = tab() {
        let _ = tab.clear();
    }
}

/// The browser's lasting storage, where it allows one.
pub fn lasting() -> Option<Storage> {
    leptos::prelude::window().local_storage().ok().flatten()
}

/// Whether the browser believes that it has a network.
pub fn is_online() -> bool {
    leptos::prelude::window().navigator().on_line()
}

/// Whether an element that matches `selector` is on the page.
pub fn exists(selector: &str) -> bool {
    leptos::prelude::document().query_selector(selector).ok().flatten().is_some()
}

/// Sees to it that the address bar shows this address. After Back from an address that had taken another one's place, the
/// router believes that it is still there, and a link to it would change the page alone.
pub fn show_address(path: &str, search: &str) {
    let window = leptos::prelude::window();
    let (location, search) = (window.location(), search.trim_start_matches('?'));
    let shown = location.search().unwrap_or_default();
    if location.pathname().is_ok_and(|shown| shown != path) || shown.trim_start_matches('?') != search {
        let address = if search.is_empty() { path.to_owned() } else { format!("{path}?{search}") };
        if let Ok(history) = window.history() {
            let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&address));
        }
    }
}

/// Moves the focus to the first element that matches `selector`, scrolling to it.
pub fn focus(selector: &str) {
    let found = leptos::prelude::document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// A part of the page is about to be replaced. If the focus is in it, the heading takes it afterwards, so that nobody is
/// sent back to where the page begins.
pub fn keep_focus() {
    const INSIDE: &str = "main :focus";
    if exists(INSIDE) {
        leptos::prelude::request_animation_frame(|| {
            if !exists(INSIDE) {
                focus("h1");
            }
        });
    }
}

/// Moves the focus to `element` and leaves the page where it is.
pub fn focus_in_place(element: &HtmlElement) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = element.focus_with_options(&options);
}

/// Asks the browser to print the page.
pub fn print() {
    let _ = leptos::prelude::window().print();
}

/// Whether the tab is in front.
pub fn is_looked_at() -> bool {
    !leptos::prelude::document().hidden()
}
