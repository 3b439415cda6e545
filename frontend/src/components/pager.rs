//! More of a list.

use leptos::prelude::*;

use super::{
    alert::{Alert, Tone},
    states::ErrorState,
};
use crate::paging::Paged;

/// The button that shows more of a list, with its wait and its failure.
#[component]
pub fn Pager<T>(
    /// The list.
    list: Paged<T>,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    view! {
        <div class="mt-8 flex flex-col items-center gap-4">
            {move || {
                list.failed()
                    .filter(|_| list.any())
                    .map(|error| view! { <Alert tone=Tone::Bad>{error.to_string()}</Alert> })
            }}
            {move || {
                (list.any() && list.has_more())
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="btn btn-plain"
                                data-testid="show-more"
                                disabled=move || list.loading()
                                on:click=move |_| list.more()
                            >
                                {move || list.loading().then(|| view! { <span class="spinner" aria-hidden="true"></span> })}
                                "Show more"
                            </button>
                        }
                    })
            }}
        </div>
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
        Failed(crate::api::ApiError),
    }
    let shown = Memo::new(move |_| match (list.any(), list.loading(), list.failed()) {
        (true, ..) => Shown::Some,
        (false, true, _) => Shown::Skeleton,
        (false, false, Some(error)) => Shown::Failed(error),
        (false, false, None) => Shown::Empty,
    });
    view! {
        {move || match shown.get() {
            Shown::Skeleton => skeleton.run(),
            Shown::Empty => empty.run(),
            Shown::Some => children(),
            Shown::Failed(error) => view! { <ErrorState error retry=move |()| list.more() /> }.into_any(),
        }}
        <Pager list />
    }
}
