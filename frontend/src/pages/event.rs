//! One event, and the choice of tickets.

mod picker;

use leptos::prelude::*;
use shared::{
    EventId,
    event::{Event, EventStatus},
};

use self::picker::Tickets;
use super::held::HeldOf;
use crate::{
    api,
    components::{Cover, EventBadge, FormSkeleton, Glyph, Heading, Icon, Load},
    format, query,
    work::Remote,
};

/// One event, and the choice of tickets.
#[component]
pub fn EventPage(
    /// From the address.
    id: Option<EventId>,
) -> impl IntoView {
    view! { <Fetched id /> }
}

#[component]
fn Fetched(id: Option<EventId>) -> impl IntoView {
    let event = Remote::of(id, api::event::get);
    let show = |event: Event| view! { <Found event /> }.into_any();
    view! {
        <div class="wrap py-6 pb-28 lg:py-10">
            <HeldOf id />
            <Load remote=event skeleton=|| view! { <FormSkeleton /> } show />
        </div>
    }
}

#[component]
fn Found(event: Event) -> impl IntoView {
    let zone = event.time_zone.clone();
    let paragraphs = event
        .description
        .split("\n\n")
        .map(|p| view! { <p class="whitespace-pre-line">{p.to_owned()}</p> })
        .collect_view();
    let tags = (!event.tags.is_empty()).then(|| {
        let tag = |tag: &String| view! { <li class="rounded-full bg-sunken px-3 py-1 text-sm text-ink-soft">{tag.clone()}</li> };
        let tags = event.tags.iter().map(tag).collect_view();
        view! {
            <ul class="mt-6 flex flex-wrap gap-2" aria-label="Tags">
                {tags}
            </ul>
        }
    });
    let place = format!("{}, {}, {}", event.venue.name, event.venue.address, event.venue.city);
    let map = query::href("https://www.openstreetmap.org/search", &vec![("query".to_owned(), place)]);
    let phone = event.organizer.phone.clone().map(|phone| {
        view! {
            " · "
            <a class="link" href=format!("tel:{}", phone.replace(' ', ""))>
                {phone.clone()}
            </a>
        }
    });
    view! {
        <div class="grid items-start gap-8 lg:grid-cols-12 lg:gap-12">
            <article class="min-w-0 lg:col-span-7">
                <Cover image=event.image.clone() category=event.category title=event.title.clone() class="aspect-[16/9] w-full rounded-card" />
                <p class="eyebrow mt-6 flex items-center gap-3">
                    {event.category.as_str()}
                    {(event.status != EventStatus::Published).then(|| view! { <EventBadge status=event.status /> })}
                </p>
                <div class="mt-2">
                    <Heading text=event.title.clone() class="text-display font-bold" />
                </div>
                <dl class="mt-6 space-y-4">
                    <div class="flex gap-4">
                        <dt class="grid size-11 shrink-0 place-items-center rounded-control bg-brand-tint text-brand-ink">
                            <Icon glyph=Glyph::Calendar />
                            <span class="sr-only">"When"</span>
                        </dt>
                        <dd>
                            <p class="font-semibold">{format::span(event.starts_at, event.ends_at, &zone)}</p>
                            <p class="text-[0.9375rem] text-ink-soft">
                                {format!("{} · {}", format::zone_name(event.starts_at, &zone), zone.replace('_', " "))}
                            </p>
                        </dd>
                    </div>
                    <div class="flex gap-4">
                        <dt class="grid size-11 shrink-0 place-items-center rounded-control bg-brand-tint text-brand-ink">
                            <Icon glyph=Glyph::Pin />
                            <span class="sr-only">"Where"</span>
                        </dt>
                        <dd>
                            <p class="font-semibold">{event.venue.name.clone()}</p>
                            <p class="text-[0.9375rem] text-ink-soft">
                                {format!("{}, {}", event.venue.address, event.venue.city)} " · "
                                <a class="link" href=map target="_blank" rel="noopener noreferrer">
                                    "Map"
                                </a>
                            </p>
                        </dd>
                    </div>
                </dl>
                <section class="mt-10 max-w-prose space-y-4 text-[1.0625rem] leading-7" aria-label="About the event">
                    {paragraphs}
                </section>
                {tags}
                <section class="mt-10 border-t border-line pt-6 text-[0.9375rem] text-ink-soft">
                    <h2 class="eyebrow">"Organized by"</h2>
                    <p class="mt-2 text-base font-semibold text-ink">{event.organizer.name.clone()}</p>
                    <p class="mt-0.5">
                        <a class="link" href=format!("mailto:{}", event.organizer.email)>
                            {event.organizer.email.clone()}
                        </a>
                        {phone}
                    </p>
                </section>
            </article>
            <aside id="tickets" class="lg:sticky lg:top-24 lg:col-span-5" aria-label="Tickets">
                <Tickets event />
            </aside>
        </div>
    }
}
