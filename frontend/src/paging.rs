//! Lists that grow by pages. How much is shown stands in the URL, so that reload and back show as much again.

use std::{future::Future, pin::Pin, rc::Rc};

use leptos::prelude::*;
use shared::{Page, page::PageQuery};

use crate::{
    api::ApiError,
    query,
    work::{aside, effect},
};

/// How many items "Show more" adds.
pub const STEP: usize = 24;

/// In the URL's query: how many items are shown.
const SHOWN: &str = "shown";

type Answer<T> = Pin<Box<dyn Future<Output = Result<Page<T>, ApiError>>>>;

struct State<T> {
    items: Vec<T>,
    next: Option<String>,
    /// Whether `items` are those of before, to be replaced by the first page that comes.
    old: bool,
    loading: bool,
    failed: Option<ApiError>,
    /// How many items are to be shown.
    want: usize,
    /// Which list this is: an answer for an earlier one is dropped.
    round: u32,
}

impl<T> State<T> {
    fn new(want: usize, round: u32) -> Self {
        Self { items: Vec::new(), next: None, old: false, loading: false, failed: None, want, round }
    }

    /// What to ask for next, if anything is missing and can be had.
    fn missing(&self) -> Option<PageQuery> {
        let have = if self.old { 0 } else { self.items.len() };
        if self.failed.is_some() || (have > 0 && (self.next.is_none() || have >= self.want)) {
            return None;
        }
        let limit = u32::try_from(self.want.saturating_sub(have).clamp(1, 100)).ok();
        Some(PageQuery { limit, cursor: self.next.clone() })
    }
}

/// A list that grows by pages.
pub struct Paged<T: 'static> {
    state: RwSignal<State<T>>,
    fetch: StoredValue<Rc<dyn Fn(PageQuery) -> Answer<T>>, LocalStorage>,
    set_shown: StoredValue<Rc<dyn Fn(usize)>, LocalStorage>,
}

impl<T> Clone for Paged<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Paged<T> {}

impl<T: Clone + Send + Sync + 'static> Paged<T> {
    /// The list for `key`, fetched anew whenever that changes.
    pub fn new<K, F, Fut>(key: Memo<K>, fetch: F) -> Self
    where
        K: Clone + PartialEq + Send + Sync + 'static,
        F: Fn(K, PageQuery) -> Fut + 'static,
        Fut: Future<Output = Result<Page<T>, ApiError>> + 'static,
    {
        let pairs = query::pairs();
        let set = query::setter();
        let fetch = move |page| -> Answer<T> { Box::pin(fetch(key.get_untracked(), page)) };
        let list = Self {
            state: RwSignal::new(State { loading: true, ..State::new(STEP, 0) }),
            fetch: StoredValue::new_local(Rc::new(fetch)),
            set_shown: StoredValue::new_local(Rc::new(move |n: usize| set(&[(SHOWN, Some(n.to_string()))]))),
        };
        effect(move || {
            // Read, not just tracked: a memo that was never computed would change at its first reading.
            let _ = key.get();
            let shown = pairs.with_untracked(|all| query::first(all, SHOWN)).and_then(|n| n.parse().ok());
            list.begin(shown.unwrap_or(STEP).clamp(STEP, 2_000));
        });
        list
    }

    /// What is there so far, and follows changes.
    pub fn items(self) -> Vec<T> {
        self.state.with(|s| s.items.clone())
    }

    /// Whether anything is there.
    pub fn any(self) -> bool {
        self.state.with(|s| !s.items.is_empty())
    }

    /// Whether one of them is such, and follows changes.
    pub fn has(self, such: impl Fn(&T) -> bool) -> bool {
        self.state.with(|s| s.items.iter().any(such))
    }

    /// Whether more is on its way.
    pub fn loading(self) -> bool {
        self.state.with(|s| s.loading)
    }

    /// Why the last page could not be fetched.
    pub fn failed(self) -> Option<ApiError> {
        self.state.with(|s| s.failed.clone())
    }

    /// Whether there is more to fetch.
    pub fn has_more(self) -> bool {
        self.state.with(|s| s.next.is_some())
    }

    /// Shows more, or tries again what failed.
    pub fn more(self) {
        self.state.update(|s| {
            s.want = s.items.len() + STEP;
            s.failed = None;
        });
        let shown = self.state.with_untracked(|s| s.want);
        if shown > STEP {
            self.set_shown.with_value(|set| set(shown));
        }
        self.load();
    }

    /// Fetches the list anew, as far as it is shown. What is there stays until then.
    pub async fn look(self) {
        let begun = self.state.try_update(|s| {
            let items = std::mem::take(&mut s.items);
            *s = State { items, old: true, loading: true, ..State::new(s.want, s.round + 1) };
            s.round
        });
        if let Some(round) = begun {
            self.fill(round).await;
        }
    }

    fn begin(self, want: usize) {
        self.state.update(|s| *s = State::new(want, s.round + 1));
        self.load();
    }

    fn load(self) {
        let (idle, round) = self.state.with_untracked(|s| (!s.loading, s.round));
        if idle {
            self.state.update(|s| s.loading = true);
            aside(self.fill(round));
        }
    }

    /// Fetches page after page until all is there that is to be shown.
    async fn fill(self, round: u32) {
        let Some(fetch) = self.fetch.try_get_value() else { return };
        let ask = move |s: &State<T>| (s.round == round).then(|| s.missing()).flatten();
        let mut query = self.state.try_with_untracked(ask).flatten();
        while let Some(page) = query {
            let answer = fetch(page).await;
            let next = self.state.try_update(|s| {
                if s.round != round {
                    return None;
                }
                match answer {
                    Ok(page) => {
                        if std::mem::take(&mut s.old) {
                            s.items.clear();
                        }
                        s.items.extend(page.items);
                        s.next = page.next;
                    }
                    Err(error) => s.failed = Some(error),
                }
                // An empty first page is the whole list.
                let next = if s.items.is_empty() { None } else { s.missing() };
                s.loading = next.is_some();
                next
            });
            query = next.flatten();
        }
    }
}
