//! The web app: a single page, rendered in the browser, that calls each service directly.

#![expect(clippy::needless_pass_by_value, reason = "a component owns its props")]

mod api;
mod app;
mod browser;
mod components;
mod format;
mod json;
mod pages;
mod paging;
mod place;
mod query;
mod selection;
mod session;
mod theme;
mod work;

use leptos::prelude::*;
use wasm_bindgen::JsCast;

fn main() {
    console_error_panic_hook::set_once();
    // Not Leptos's own, which wants a mounted app.
    wasm_bindgen_futures::spawn_local(async {
        // Without it the app still starts; each page then says that it can't be reached, and tries again.
        let _ = api::load_config().await;
        let document = document();
        if let Some(shell) = document.get_element_by_id("shell") {
            shell.remove();
        }
        if let Some(root) = document.get_element_by_id("app").and_then(|e| e.dyn_into().ok()) {
            mount_to(root, app::App).forget();
        }
    });
}
