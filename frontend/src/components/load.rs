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
    // A second failure like the first changes nothing to show, so the wait is shown apart from the value.
    let again = RwSignal::new(false);
    Effect::new(move || {
        resource.track();
        again.set(false);
    });
    let retry = move |()| {
        again.set(true);
        resource.refetch();
    };
    move || match shown.get() {
        Some(Ok(value)) => show.run((value,)),
        Some(Err(error)) if !again.get() => view! { <ErrorState error retry /> }.into_any(),
        _ => skeleton.run(),
    }
}
