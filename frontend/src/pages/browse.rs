//! The catalogue: search, filters, cards. All of what is asked for stands in the URL.

use std::{collections::HashMap, time::Duration};

use leptos::prelude::*;
use shared::{
    Timestamp,
    event::{Category, Event, EventQuery, EventSort},
};

use crate::{
    api,
    components::{Empty, EventCard, EventCardSkeleton, Glyph, Heading, Icon, PagedList, maybe, press, rows, words},
    format,
    paging::Paged,
    query::{self, Pairs},
    work::{aside, effect, memo},
};

/// How long to wait for the next letter.
const PAUSE: Duration = Duration::from_millis(300);

/// The names in the query that narrow the list.
const FILTERS: [&str; 6] = ["q", "category", "city", "from", "to", "max"];

fn category(pairs: &Pairs) -> Option<Category> {
    let name = query::first(pairs, "category")?;
    Category::ALL.into_iter().find(|c| c.as_str() == name)
}

/// The query of the URL as the service takes it. What can't be read is left out.
fn event_query(pairs: &Pairs) -> EventQuery {
    let get = |name| query::first(pairs, name);
    let day = |name| get(name).and_then(|day| format::day_begins(&day));
    let day_after = |time: Timestamp| Timestamp::from_second(time.as_second() + 24 * 3600).ok();
    EventQuery {
        category: category(pairs),
        search: get("q").map(|q| q.chars().filter(|c| !c.is_control()).take(200).collect()),
        city: get("city").map(|c| c.chars().filter(|c| !c.is_control()).take(100).collect()),
        from: day("from"),
        to: day("to").and_then(day_after),
        price_max: get("max").and_then(|m| m.parse::<i64>().ok()).filter(|m| *m >= 0).and_then(|m| m.checked_mul(100)),
        sort: match get("sort").as_deref() {
            Some("price") => Some(EventSort::Price),
            Some("newest") => Some(EventSort::Newest),
            _ => None,
        },
        ..EventQuery::default()
    }
}

/// The list of events.
#[component]
pub fn Browse() -> impl IntoView {
    let pairs = query::pairs();
    let asked = memo(move || pairs.with(event_query));
    let list = Paged::new(asked, |query, page| async move {
        api::event::list(&EventQuery { limit: page.limit, cursor: page.cursor, ..query }).await
    });
    let narrowed = memo(move || pairs.with(|all| FILTERS.iter().any(|name| query::first(all, name).is_some())));
    let skeleton = || view! { <div class=GRID>{(0..6).map(|_| view! { <EventCardSkeleton /> }).collect_view()}</div> };
    let empty = move || {
        if narrowed.get() {
            view! {
                <Empty title="Nothing matches" text="Try fewer filters, another city or a wider range of dates." glyph=Glyph::Search>
                    <a href="/" class="btn btn-plain" data-testid="clear-filters">
                        "Clear all filters"
                    </a>
                </Empty>
            }
        } else {
            view! {
                <Empty title="No events yet" text="Be the first: publish an event and it will show up here.">
                    <a href="/organize/new" class="btn btn-primary">
                        "Publish an event"
                    </a>
                </Empty>
            }
        }
    };
    view! {
        <section class="wrap pt-10 pb-6 sm:pt-14">
            <Heading text="Find a night worth going out for" class="text-display max-w-3xl font-bold" />
            <p class="mt-3 max-w-xl text-lg text-ink-soft">
                "Pick your seats, and they are yours while you pay. What you see left is what there is."
            </p>
            <Search pairs />
        </section>
        <section class="wrap" aria-label="Events">
            <Categories pairs />
            <Filters pairs narrowed />
            <div class="mt-6" aria-live="polite">
                <PagedList list skeleton empty>
                    <Cards list />
                </PagedList>
            </div>
        </section>
    }
}

const GRID: &str = "grid gap-6 sm:grid-cols-2 lg:grid-cols-3";

/// The cards, and how each event sells: one question for all of them.
#[component]
fn Cards(list: Paged<Event>) -> impl IntoView {
    let ids = memo(move || list.items().iter().map(|e| e.id).collect::<Vec<_>>());
    let left = RwSignal::new(HashMap::new());
    effect(move || {
        let unknown: Vec<_> =
            left.with_untracked(|left| ids.get().into_iter().filter(|id| !left.contains_key(id)).collect());
        aside(async move {
            for some in unknown.chunks(100) {
                // Without an answer the cards stand without marks.
                if let Ok(answer) = api::ticket::availabilities(some).await {
                    left.update(|all| all.extend(answer.into_iter().map(|a| (a.event_id, a))));
                }
            }
        });
    });
    view! {
        <div class=GRID data-testid="events">
            {rows(
                move || list.items(),
                |e: &Event| format!("{}{}", e.id, e.version),
                move |event| {
                    let id = event.id;
                    let left = Signal::derive(move || left.with(|all| all.get(&id).cloned()));
                    view! { <EventCard event left /> }.into_any()
                },
            )}
        </div>
    }
}

/// The search box: the list follows what is typed.
#[component]
fn Search(pairs: Memo<Pairs>) -> impl IntoView {
    let set = query::setter();
    let typed = RwSignal::new(pairs.with_untracked(|p| query::first(p, "q")).unwrap_or_default());
    // Back, forward and "clear" change the URL; the box follows.
    effect(move || {
        let asked = pairs.with(|p| query::first(p, "q")).unwrap_or_default();
        if asked != typed.get_untracked().trim() {
            typed.set(asked);
        }
    });
    let search = move |text: String| set(&[("q", Some(text.trim().to_owned())), ("shown", None)]);
    let later = leptos::leptos_dom::helpers::debounce(PAUSE, search.clone());
    let mut later = later;
    view! {
        <form
            role="search"
            class="relative mt-7 max-w-2xl"
            on:submit=move |ev| {
                ev.prevent_default();
                search(typed.get_untracked());
            }
        >
            <label for="search" class="sr-only">
                "Search events"
            </label>
            <Icon glyph=Glyph::Search class="pointer-events-none absolute top-1/2 left-4 size-5 -translate-y-1/2 text-ink-faint" />
            <input
                id="search"
                type="search"
                class="input min-h-14 rounded-full pr-5 pl-12 text-lg shadow-card"
                placeholder="Event, venue or city"
                autocomplete="off"
                maxlength="200"
                data-testid="search"
                prop:value=typed
                on:input:target=move |ev| {
                    let text = ev.target().value();
                    typed.set(text.clone());
                    later(text);
                }
            />
        </form>
    }
}

#[component]
fn Categories(pairs: Memo<Pairs>) -> impl IntoView {
    let current = memo(move || pairs.with(category));
    let pill = move |of: Option<Category>, text: &'static str| {
        let href = move || {
            let value = of.map(|c| c.as_str().to_owned());
            pairs.with(|p| query::href("/", &query::changed(p, &[("category", value), ("shown", None)])))
        };
        view! {
            <li>
                <a
                    class="pill"
                    href=href
                    data-noscroll=""
                    data-testid=format!("category-{}", of.map_or("all", Category::as_str))
                    aria-current=move || (current.get() == of).then_some("true")
                >
                    {text}
                </a>
            </li>
        }
    };
    view! {
        <nav aria-label="Categories" class="-mx-4 overflow-x-auto px-4 py-1 sm:mx-0 sm:px-0">
            <ul class="flex gap-2 sm:flex-wrap">
                {pill(None, "Everything")} {pill(Some(Category::Concert), "Concerts")}
                {pill(Some(Category::Theater), "Theater")} {pill(Some(Category::Sports), "Sports")}
                {pill(Some(Category::Conference), "Conferences")} {pill(Some(Category::Workshop), "Workshops")}
                {pill(Some(Category::Other), "Other")}
            </ul>
        </nav>
    }
}

#[component]
fn Filters(pairs: Memo<Pairs>, narrowed: Memo<bool>) -> impl IntoView {
    let open = RwSignal::new(pairs.with_untracked(|p| FILTERS[2..].iter().any(|n| query::first(p, n).is_some())));
    let value =
        move |name: &'static str| Signal::derive(move || pairs.with(|p| query::first(p, name)).unwrap_or_default());
    let set = query::setter();
    let input = move |name: &'static str, label: &'static str, kind: &'static str| {
        let set = set.clone();
        view! {
            <label class="block text-sm font-medium text-ink-soft">
                {label}
                <input
                    type=kind
                    class="input mt-1"
                    min=(kind == "number").then_some("0")
                    inputmode=(kind == "number").then_some("numeric")
                    autocomplete="off"
                    data-testid=format!("filter-{name}")
                    prop:value=value(name)
                    on:change:target=move |ev| set(&[(name, Some(ev.target().value().trim().to_owned())), ("shown", None)])
                />
            </label>
        }
    };
    let set = query::setter();
    let sort = value("sort");
    view! {
        <div class="mt-4 flex flex-wrap items-center gap-3">
            <button
                type="button"
                class="btn btn-plain min-h-10 text-sm"
                aria-expanded=move || if open.get() { "true" } else { "false" }
                aria-controls="filters"
                data-testid="filters"
                on:click=press(move || open.update(|o| *o = !*o))
            >
                {words(move || if open.get() { "Hide filters" } else { "City, dates and price" }.to_owned())}
            </button>
            {maybe(move || {
                let clear = || view! { <a href="/" data-noscroll="" class="link text-sm" data-testid="clear">"Clear all"</a> }.into_any();
                narrowed.get().then(clear)
            })}
            <label class="ml-auto flex items-center gap-2 text-sm text-ink-soft">
                "Sort by"
                <select
                    class="input min-h-10 w-auto text-sm"
                    data-testid="sort"
                    prop:value=move || if sort.get().is_empty() { "date".to_owned() } else { sort.get() }
                    on:change:target=move |ev| {
                        let by = ev.target().value();
                        set(&[("sort", (by != "date").then_some(by)), ("shown", None)]);
                    }
                >
                    <option value="date">"Date"</option>
                    <option value="price">"Price"</option>
                    <option value="newest">"Newest"</option>
                </select>
            </label>
        </div>
        <div id="filters" class="mt-4 grid gap-4 rounded-card bg-sunken p-4 sm:grid-cols-2 lg:grid-cols-4" class:hidden=move || !open.get()>
            {input("city", "City", "text")} {input("from", "From", "date")} {input("to", "Until", "date")}
            {input("max", "Price up to", "number")}
        </div>
    }
}
