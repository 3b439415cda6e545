//! An order at a glance.

use leptos::prelude::*;
use shared::{
    Money,
    ticket::{EventSnapshot, Order, OrderLine},
};

use super::{
    cover::Cover,
    icon::{Glyph, Icon},
};
use crate::format;

/// Which event, when and where.
#[component]
pub fn EventLine(
    /// The event.
    event: EventSnapshot,
) -> impl IntoView {
    view! {
        <div class="flex gap-4">
            <Cover image=event.image.clone() category=event.category title=event.title.clone() class="size-18 shrink-0 rounded-control" />
            <div class="min-w-0">
                <p class="text-heading font-semibold">{event.title.clone()}</p>
                <p class="mt-1 flex items-start gap-2 text-sm text-ink-soft">
                    <Icon glyph=Glyph::Clock class="mt-0.5 size-4" />
                    {format::short_date_time(event.starts_at, &event.time_zone)}
                    " "
                    {format::zone_name(event.starts_at, &event.time_zone)}
                </p>
                <p class="mt-1 flex items-start gap-2 text-sm text-ink-soft">
                    <Icon glyph=Glyph::Pin class="mt-0.5 size-4" />
                    {format!("{}, {}", event.venue.name, event.venue.city)}
                </p>
            </div>
        </div>
    }
}

/// What is ordered, and the total.
#[component]
pub fn OrderLines(
    /// Type, how many, and what they cost together.
    lines: Vec<OrderLine>,
    /// The sum.
    total: Money,
) -> impl IntoView {
    let lines = lines
        .into_iter()
        .map(|line| {
            view! {
                <div class="flex justify-between gap-4 py-2">
                    <dt class="min-w-0">
                        <span class="tabular-nums">{line.quantity}</span>
                        " × "
                        {line.ticket_type.name}
                    </dt>
                    <dd class="tabular-nums">{format::total(line.subtotal)}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <dl class="text-[0.9375rem]">
            {lines} <div class="mt-2 flex items-baseline justify-between gap-4 border-t border-line pt-4">
                <dt class="font-semibold">"Total"</dt>
                <dd class="text-2xl font-bold tracking-tight tabular-nums" data-testid="order-total">
                    {format::total(total)}
                </dd>
            </div>
        </dl>
    }
}

/// An order beside what is done with it.
#[component]
pub fn OrderAside(
    /// The order.
    order: Order,
) -> impl IntoView {
    view! {
        <aside class="ticket lg:sticky lg:top-24 lg:col-span-5" aria-label="Your order">
            <div class="ticket-body p-5 sm:p-6">
                <EventLine event=order.event />
            </div>
            <div class="ticket-stub p-5 sm:p-6">
                <OrderLines lines=order.tickets total=order.total_amount />
                <p class="mt-4 text-sm text-ink-faint">
                    "Order " <span class="font-mono">{order.booking_reference}</span>
                </p>
            </div>
        </aside>
    }
}
