//! What the buyer has ordered.

use leptos::prelude::*;
use shared::ticket::{Order, OrderStatus};

use crate::{
    api,
    components::{Cover, Empty, Heading, ListSkeleton, OrderBadge, PagedList, SignedIn, rows},
    format,
    paging::Paged,
    work::{follow, memo},
};

/// What the buyer has ordered.
#[component]
pub fn Orders() -> impl IntoView {
    view! {
        <SignedIn>
            <List />
        </SignedIn>
    }
}

#[component]
fn List() -> impl IntoView {
    let list = Paged::new(memo(|| ()), |(), page| async move { api::ticket::orders(&page).await });
    let open = |o: &Order| matches!(o.status, OrderStatus::Paying | OrderStatus::Refunding);
    follow(move || list.has(open), move || list.look());
    let empty = || {
        view! {
            <Empty title="No orders yet" text="Tickets that you book will be here, with their codes for the door.">
                <a href="/" class="btn btn-primary">
                    "Browse events"
                </a>
            </Empty>
        }
    };
    view! {
        <div class="wrap max-w-4xl py-8 lg:py-10">
            <Heading text="My orders" />
            <div class="mt-6">
                <PagedList list skeleton=|| view! { <ListSkeleton /> } empty>
                    <ul class="space-y-4" data-testid="orders">
                        {rows(move || list.items(), |o: &Order| format!("{}{}", o.id, o.updated_at), |order| view! { <Row order /> }.into_any())}
                    </ul>
                </PagedList>
            </div>
        </div>
    }
}

#[component]
fn Row(order: Order) -> impl IntoView {
    let seats: u32 = order.tickets.iter().map(|l| l.quantity).sum();
    let seats = if seats == 1 { "1 ticket".to_owned() } else { format!("{seats} tickets") };
    let over = matches!(order.status, OrderStatus::Expired | OrderStatus::Cancelled | OrderStatus::Refunded);
    view! {
        <li
            class="group card-link relative flex gap-4 rounded-card border border-line bg-surface p-4 shadow-card transition-shadow hover:shadow-lift sm:gap-5"
            data-testid="order"
        >
            <Cover
                image=order.event.image.clone()
                category=order.event.category
                title=order.event.title.clone()
                class=if over { "size-20 shrink-0 rounded-control opacity-50 grayscale sm:size-24" } else { "size-20 shrink-0 rounded-control sm:size-24" }
            />
            <div class="min-w-0 flex-1">
                <div class="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
                    <h2 class="text-heading font-semibold">
                        <a
                            href=format!("/orders/{}", order.id)
                            class="outline-none after:absolute after:inset-0 after:rounded-card group-hover:underline"
                        >
                            {order.event.title.clone()}
                        </a>
                    </h2>
                    <OrderBadge status=order.status free=order.total_amount.is_zero() />
                </div>
                <p class="mt-1 text-[0.9375rem] text-ink-soft">
                    {format!("{} · {}", format::short_date_time(order.event.starts_at, &order.event.time_zone), order.event.venue.name)}
                </p>
                <p class="mt-2 flex flex-wrap gap-x-4 text-sm text-ink-faint">
                    <span>{seats}</span>
                    <span class="tabular-nums">{format::total(order.total_amount)}</span>
                    <span class="font-mono">{order.booking_reference.clone()}</span>
                </p>
            </div>
        </li>
    }
}
