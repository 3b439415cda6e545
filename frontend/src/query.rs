//! The query of the page's URL: where state lives that must survive reload and back.

use crate::work::memo;
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

/// Names and values, in order.
pub type Pairs = Vec<(String, String)>;

/// The query now, and follows changes.
pub fn pairs() -> Memo<Pairs> {
    let search = use_location().search;
    memo(move || search.with(|text| serde_urlencoded::from_str(text).unwrap_or_default()))
}

/// The first value of `name`, if it has one that is not empty.
pub fn first(pairs: &Pairs, name: &str) -> Option<String> {
    pairs.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.clone())
}

/// `path` with this query.
pub fn href(path: &str, pairs: &Pairs) -> String {
    match serde_urlencoded::to_string(pairs) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

/// `pairs` with each of `changes` made; `None` takes the name out.
pub fn changed(pairs: &Pairs, changes: &[(&str, Option<String>)]) -> Pairs {
    let mut pairs = pairs.clone();
    for (name, value) in changes {
        pairs.retain(|(n, _)| n != name);
        if let Some(value) = value.as_ref().filter(|v| !v.is_empty()) {
            pairs.push(((*name).to_owned(), value.clone()));
        }
    }
    pairs
}

/// Changes names in the query where the page is. It replaces the entry in the history and does not scroll.
pub fn setter() -> impl Fn(&[(&str, Option<String>)]) + Clone + 'static {
    let navigate = use_navigate();
    let here = use_location();
    move |changes| {
        let path = here.pathname.get_untracked();
        let now: Pairs = here.search.with_untracked(|text| serde_urlencoded::from_str(text).unwrap_or_default());
        let next = changed(&now, changes);
        if next != now {
            navigate(
                &href(&path, &next),
                NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() },
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_leaves_the_other_names_alone() {
        let before = vec![("q".to_owned(), "jazz".to_owned()), ("sort".to_owned(), "price".to_owned())];
        let after = changed(&before, &[("q", None), ("city", Some("Berlin".to_owned()))]);
        assert_eq!(href("/", &after), "/?sort=price&city=Berlin");
    }

    #[test]
    fn an_empty_value_takes_the_name_out() {
        let before = vec![("q".to_owned(), "jazz".to_owned())];
        assert_eq!(href("/", &changed(&before, &[("q", Some(String::new()))])), "/");
    }
}
