//! More of a list.

use leptos::prelude::*;

use super::{
    alert::{Alert, Tone},
    dynamic::{maybe, part, press, spinner},
    states::ErrorState,
};
use crate::work::memo;
use crate::{api::ApiError, paging::Paged};

/// The button that shows more of a list, with its wait and its failure.
#[component]
pub fn Pager<T>(
    /// The list.
    list: Paged<T>,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    let failed = move || list.failed().filter(|_| list.any());
    let alert = |error: ApiError| view! { <Alert tone=Tone::Bad>{error.to_string()}</Alert> }.into_any();
    let more = memo(move || list.any() && (list.has_more() || list.failed().is_some()));
    let (pending, go) = (Signal::derive(move || list.loading()), Callback::new(move |()| list.more()));
    view! {
        <div class="mt-8 flex flex-col items-center gap-4">
            {maybe(move || failed().map(alert))} {maybe(move || more.get().then(|| view! { <More pending go /> }.into_any()))}
        </div>
    }
}

#[component]
fn More(pending: Signal<bool>, go: Callback<()>) -> impl IntoView {
    view! {
        <button type="button" class="btn btn-plain" data-testid="show-more" disabled=pending on:click=press(move || go.run(()))>
            {spinner(pending)} "Show more"
        </button>
    }
}

/// A list in each of its states: not yet, none, not now, or some with more to come.
#[component]
pub fn PagedList<T>(
    /// The list.
    list: Paged<T>,
    /// Shown until the first page is there.
    #[prop(into)]
    skeleton: ViewFn,
    /// Shown if there is nothing.
    #[prop(into)]
    empty: ViewFn,
    /// Shows what is there.
    children: ChildrenFn,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    #[derive(Clone, PartialEq)]
    enum Shown {
        Skeleton,
        Empty,
        Some,
        Failed(ApiError),
    }
    let shown = memo(move || match (list.any(), list.loading(), list.failed()) {
        (true, ..) => Shown::Some,
        (false, true, _) => Shown::Skeleton,
        (false, false, Some(error)) => Shown::Failed(error),
        (false, false, None) => Shown::Empty,
    });
    let retry = Callback::new(move |()| list.more());
    let body = part(move || match shown.get() {
        Shown::Skeleton => skeleton.run(),
        Shown::Empty => empty.run(),
        Shown::Some => children(),
        Shown::Failed(error) => view! { <ErrorState error retry /> }.into_any(),
    });
    view! {
        {body}
        <Pager list />
    }
}
