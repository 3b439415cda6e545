//! What a question was answered, in each of its states.

use leptos::prelude::*;

use super::{dynamic::part, states::ErrorState};
use crate::{
    api::ApiError,
    browser,
    work::{Remote, memo},
};

/// A skeleton until the answer comes, the view of what came, or why nothing did and a way to try again.
#[component]
pub fn Load<T>(
    /// What is asked.
    remote: Remote<T>,
    /// Shown until then.
    #[prop(into)]
    skeleton: ViewFn,
    /// Shows it.
    #[prop(into)]
    show: Callback<(T,), AnyView>,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    // The same answer again leaves the page as it is.
    let shown = memo(move || remote.get());
    part(move || {
        browser::keep_focus();
        match shown.get() {
            Some(Ok(value)) => show.run((value,)),
            Some(Err(error)) => failed(error, Callback::new(move |()| remote.retry())),
            None => skeleton.run(),
        }
    })
}

fn failed(error: ApiError, retry: Callback<()>) -> AnyView {
    view! { <ErrorState error retry /> }.into_any()
}
