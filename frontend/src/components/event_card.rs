//! An event in the list.

use leptos::prelude::*;
use shared::{event::Event, ticket::Availability};

use super::{
    alert::Tone,
    badge::Badge,
    cover::Cover,
    dynamic::maybe,
    icon::{Glyph, Icon},
};
use crate::format;

/// An event: picture, day, place, price, and how it sells where that is known.
#[component]
pub fn EventCard(
    /// The event.
    event: Event,
    /// What is left of it.
    #[prop(into)]
    left: Signal<Option<Availability>>,
) -> impl IntoView {
    let (month, day) = format::calendar_leaf(event.starts_at, &event.time_zone);
    let mixed = event.ticket_types.iter().any(|t| t.price != event.min_price);
    let price = format::price(event.min_price);
    let price = if mixed && !event.min_price.is_zero() { format!("From {price}") } else { price };
    view! {
        <article
            class="group card-link relative flex flex-col overflow-hidden rounded-card border border-line bg-surface shadow-card transition-shadow hover:shadow-lift"
            data-testid="event-card"
        >
            <div class="relative">
                <Cover image=event.image.clone() category=event.category title=event.title.clone() />
                <div class="absolute top-3 left-3 w-13 overflow-hidden rounded-control bg-surface text-center shadow-card" aria-hidden="true">
                    <p class="bg-brand py-0.5 text-[0.6875rem] font-bold tracking-wider text-on-brand uppercase">{month}</p>
                    <p class="py-1 text-xl leading-6 font-bold tabular-nums">{day}</p>
                </div>
                <div class="absolute top-3 right-3">{maybe(move || left.get().and_then(|left| mark(&left)))}</div>
            </div>
            <div class="flex flex-1 flex-col p-4">
                <h2 class="text-heading font-semibold">
                    <a
                        href=format!("/events/{}", event.id)
                        class="outline-none after:absolute after:inset-0 after:rounded-card group-hover:underline"
                    >
                        {event.title.clone()}
                    </a>
                </h2>
                <p class="mt-2 flex items-center gap-2 text-[0.9375rem] text-ink-soft">
                    <Icon glyph=Glyph::Clock class="size-4" />
                    {format::short_date_time(event.starts_at, &event.time_zone)}
                </p>
                <p class="mt-1 flex items-center gap-2 text-[0.9375rem] text-ink-soft">
                    <Icon glyph=Glyph::Pin class="size-4" />
                    <span class="truncate">{format!("{}, {}", event.venue.name, event.venue.city)}</span>
                </p>
                <p class="mt-auto flex items-baseline justify-between gap-3 pt-4">
                    <span class="text-base font-semibold tabular-nums">{price}</span>
                    <span class="text-[0.8125rem] text-ink-faint capitalize">{event.category.as_str()}</span>
                </p>
            </div>
        </article>
    }
}

/// "Sold out", or how few are left.
fn mark(left: &Availability) -> Option<AnyView> {
    let capacity: u64 = left.ticket_types.iter().map(|t| u64::from(t.capacity)).sum();
    if left.is_sold_out() {
        return Some(view! { <Badge tone=Tone::Bad text="Sold out" testid="sold-out" /> }.into_any());
    }
    let few = left.remaining <= 10 || left.remaining * 10 <= capacity;
    few.then(|| {
        view! { <Badge tone=Tone::Warn text=format!("{} left", left.remaining) testid="few-left" /> }.into_any()
    })
}

/// Where an event will be.
#[component]
pub fn EventCardSkeleton() -> impl IntoView {
    view! {
        <div class="card overflow-hidden" aria-hidden="true">
            <div class="skeleton aspect-[16/9] rounded-none"></div>
            <div class="p-4">
                <div class="skeleton h-5 w-3/4"></div>
                <div class="skeleton mt-3 h-4 w-1/2"></div>
                <div class="skeleton mt-2 h-4 w-2/3"></div>
                <div class="skeleton mt-5 h-5 w-20"></div>
            </div>
        </div>
    }
}
