//! Pages for those who are signed in.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use shared::UserId;

use super::{
    dynamic::part,
    states::{ErrorState, FormSkeleton},
};
use crate::work::memo;
use crate::{
    api::ApiError,
    session::{Who, use_session},
};

#[derive(Clone, PartialEq)]
enum Standing {
    Asking,
    In(UserId),
    Out,
    Left,
    Unknown(ApiError),
}

/// The sign-in page, on the way to `next`.
pub fn sign_in_href(next: &str) -> String {
    let query = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
    format!("/sign-in?{query}")
}

/// Where to go after signing in: a page of this app and nothing else.
pub fn safe_next(next: Option<String>) -> String {
    let own = |next: &String| {
        next.starts_with('/') && !next.starts_with("//") && !next.contains('\\') && !next.contains(char::is_control)
    };
    next.filter(own).unwrap_or_else(|| "/".to_owned())
}

/// Shows its children to someone who is signed in. Others go to the sign-in page and return from there, also when
/// the session ends while they are here.
#[component]
pub fn SignedIn(
    /// The page.
    children: ChildrenFn,
) -> impl IntoView {
    let session = use_session();
    let navigate = use_navigate();
    let location = use_location();
    let standing = memo(move || match session.who() {
        Who::Asking => Standing::Asking,
        Who::User(user) => Standing::In(user.id),
        Who::Nobody => Standing::Out,
        Who::Left => Standing::Left,
        Who::Unknown(error) => Standing::Unknown(error),
    });
    Effect::new(move |before: Option<Standing>| {
        let now = standing.get();
        match (before, &now) {
            (Some(Standing::In(_)), Standing::Left) => navigate("/", NavigateOptions::default()),
            (_, Standing::Out | Standing::Left) => {
                let path = location.pathname.get_untracked();
                let here = match location.search.get_untracked().as_str() {
                    "" => path,
                    search => format!("{path}?{search}"),
                };
                navigate(&sign_in_href(&here), NavigateOptions { replace: true, ..NavigateOptions::default() });
            }
            _ => {}
        }
        now
    });
    part(move || match standing.get() {
        Standing::In(_) => children(),
        Standing::Unknown(error) => {
            view! { <div class="wrap py-10"><ErrorState error retry=move |()| session.ask() /></div> }.into_any()
        }
        _ => view! { <div class="wrap py-10"><FormSkeleton /></div> }.into_any(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_one_stays_in_the_app() {
        let next = |text: &str| safe_next(Some(text.to_owned()));
        assert_eq!(next("/orders?x=1"), "/orders?x=1");
        for bad in ["//evil.example", "https://evil.example", "/\\evil.example", "orders", "/\tx"] {
            assert_eq!(next(bad), "/", "{bad}");
        }
    }
}
