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

/// Waits without blocking.
pub async fn sleep(milliseconds: i32) {
    let timer = js_sys::Promise::new(&mut |resolve, _| {
        // A timer that can't be set must not leave its caller waiting for ever.
        if leptos::prelude::window()
            .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds)
            .is_err()
        {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    });
    let _ = JsFuture::from(timer).await;
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

/// Moves the focus to the first element that matches `selector`, scrolling to it.
pub fn focus(selector: &str) {
    let found = leptos::prelude::document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Moves the focus to `element` and leaves the page where it is.
pub fn focus_in_place(element: &HtmlElement) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = element.focus_with_options(&options);
}

/// Whether the tab is in front.
pub fn is_looked_at() -> bool {
    !leptos::prelude::document().hidden()
}
