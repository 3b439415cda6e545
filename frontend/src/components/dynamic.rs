//! Parts of a page that change.
//!
//! Leptos compiles its machinery for each closure in a view. These take the closure behind a pointer, so that it is
//! compiled once for all of them.

use std::sync::Arc;

use leptos::{ev::MouseEvent, prelude::*};

/// A part that is made anew when what it reads changes.
pub fn part(make: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    fn changing(make: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
        make.into_any()
    }
    changing(Box::new(make))
}

/// A part that is there at times.
pub fn maybe(make: impl Fn() -> Option<AnyView> + Send + 'static) -> AnyView {
    part(move || make().unwrap_or_else(|| ().into_any()))
}

/// Words that change.
pub fn words(make: impl Fn() -> String + Send + 'static) -> AnyView {
    fn changing(make: Box<dyn Fn() -> String + Send>) -> AnyView {
        make.into_any()
    }
    changing(Box::new(make))
}

/// The sign of being at work, while it is.
pub fn spinner(pending: Signal<bool>) -> AnyView {
    maybe(move || pending.get().then(|| view! { <span class="spinner" aria-hidden="true"></span> }.into_any()))
}

/// One of several alike, told apart by its key.
#[derive(Clone)]
struct Item {
    key: String,
    view: Arc<dyn Fn() -> AnyView + Send + Sync>,
}

/// Parts alike, one for each item. Those whose key stays, stay.
pub fn rows<T: Clone + Send + Sync + 'static>(
    items: impl Fn() -> Vec<T> + Send + Sync + 'static,
    key: impl Fn(&T) -> String + Send + Sync + 'static,
    view: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static,
) -> AnyView {
    fn changing(items: Box<dyn Fn() -> Vec<Item> + Send + Sync>) -> AnyView {
        view! { <For each=items key=|item| item.key.clone() children=|item| (item.view)() /> }.into_any()
    }
    changing(Box::new(move || {
        let item = |item: T| {
            let (key, view) = (key(&item), view.clone());
            Item { key, view: Arc::new(move || view(item.clone())) }
        };
        items().into_iter().map(item).collect()
    }))
}

/// What a button does, behind a pointer: Leptos compiles a listener for each type of closure.
pub fn press(mut act: impl FnMut() + 'static) -> Box<dyn FnMut(MouseEvent)> {
    Box::new(move |_| act())
}
