//! What a resource holds, in each of its states.

use leptos::prelude::*;

use super::states::ErrorState;
use crate::api::ApiError;

/// A skeleton while the resource loads, the view of its value when it has one, or why not and a way to try again.
#[component]
pub fn Load<T>(
    /// What is fetched.
    resource: LocalResource<Result<T, ApiError>>,
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
    let shown = Memo::new(move |_| resource.get());
    move || match shown.get() {
        None => skeleton.run(),
        Some(Ok(value)) => show.run((value,)),
        Some(Err(error)) => view! { <ErrorState error retry=move |()| resource.refetch() /> }.into_any(),
    }
}
