//! The orders of an event, for who organizes it.

use leptos::prelude::*;
use shared::{
    EventId,
    event::Event,
    ticket::{Order, OrderStatus},
};

use crate::{
    api,
    components::{
        Confirm, Empty, Heading, ListSkeleton, Load, OrderBadge, PagedList, SignedIn, press, rows, use_toasts,
    },
    format,
    paging::Paged,
    work::{Remote, Work, follow, memo},
};

/// The orders of an event.
#[component]
pub fn EventOrders(
    /// From the address.
    id: Option<EventId>,
) -> impl IntoView {
    view! {
        <SignedIn>
            <Fetched id />
        </SignedIn>
    }
}

#[component]
fn Fetched(id: Option<EventId>) -> impl IntoView {
    let event = Remote::of(id, api::event::get);
    let show = |event: Event| view! { <List event /> }.into_any();
    view! {
        <div class="wrap max-w-5xl py-8 lg:py-10">
            <a href="/organize" class="link text-sm">
                "My events"
            </a>
            <div class="mt-4">
                <Heading text="Orders" />
            </div>
            <Load remote=event skeleton=|| view! { <ListSkeleton /> } show />
        </div>
    }
}

/// The order that may be refunded, and whether that is asked.
#[derive(Clone, Copy)]
struct Choice {
    order: RwSignal<Option<Order>>,
    asking: RwSignal<bool>,
}

#[component]
fn List(event: Event) -> impl IntoView {
    let id = event.id;
    let list = Paged::new(memo(|| ()), move |(), page| async move { api::ticket::event_orders(id, &page).await });
    follow(move || list.has(|o: &Order| o.status == OrderStatus::Refunding), move || list.look());
    let choice = Choice { order: RwSignal::new(None), asking: RwSignal::new(false) };
    let empty =
        || view! { <Empty title="No orders yet" text="Who books tickets to this event will be listed here." /> };
    view! {
        <p class="mt-1.5 text-ink-soft">
            <a class="rounded-sm hover:underline" href=format!("/events/{id}")>
                {event.title.clone()}
            </a>
            {format!(" · {}", format::full_date_time(event.starts_at, &event.time_zone))}
        </p>
        <div class="mt-6">
            <PagedList list skeleton=|| view! { <ListSkeleton /> } empty>
                <ul class="card divide-y divide-line" data-testid="orders">
                    {rows(
                        move || list.items(),
                        |o: &Order| format!("{}{}", o.id, o.updated_at),
                        move |order| view! { <Row order choice /> }.into_any(),
                    )}
                </ul>
            </PagedList>
        </div>
        <Refund choice list />
    }
}

#[component]
fn Row(order: Order, choice: Choice) -> impl IntoView {
    let customer = &order.customer_info;
    let lines: Vec<_> = order.tickets.iter().map(|l| format!("{} × {}", l.quantity, l.ticket_type.name)).collect();
    let name = format!("{} {}", customer.first_name, customer.last_name);
    let refund = (order.status == OrderStatus::Confirmed).then(|| {
        let order = order.clone();
        let ask = move || {
            choice.order.set(Some(order.clone()));
            choice.asking.set(true);
        };
        view! {
            <button type="button" class="btn btn-quiet min-h-9 px-3 text-sm" data-testid="refund-order" aria-label=format!("Refund the order of {name}") on:click=press(ask)>
                "Refund"
            </button>
        }
    });
    view! {
        <li class="flex flex-wrap items-start justify-between gap-x-6 gap-y-2 p-4 sm:p-5" data-testid="order">
            <div class="min-w-0">
                <h2 class="font-semibold">{name}</h2>
                <p class="text-[0.9375rem] text-ink-soft">{lines.join(", ")}</p>
                <p class="mt-1 flex flex-wrap gap-x-4 text-sm text-ink-faint">
                    <a class="rounded-sm hover:underline" href=format!("mailto:{}", customer.email)>
                        {customer.email.clone()}
                    </a>
                    <span>{format::short_date_time(order.created_at, &format::own_zone())}</span>
                    <span class="font-mono">{order.booking_reference.clone()}</span>
                </p>
            </div>
            <div class="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-2">
                <p class="font-semibold tabular-nums">{format::total(order.total_amount)}</p>
                <OrderBadge status=order.status free=order.total_amount.is_zero() />
                {refund}
            </div>
        </li>
    }
}

#[component]
fn Refund(choice: Choice, list: Paged<Order>) -> impl IntoView {
    let toasts = use_toasts();
    let refund = Work::new();
    let send = move |order: Order| async move {
        match api::ticket::refund(order.id).await {
            Ok(_) => toasts.good("The order is refunded; its tickets are no longer valid."),
            Err(error) => toasts.bad(error),
        }
        choice.asking.set(false);
        list.look().await;
    };
    let title = move || {
        let reference = choice.order.with(|o| o.as_ref().map(|o| o.booking_reference.clone()));
        format!("Refund order {}?", reference.unwrap_or_default())
    };
    let text = move || {
        let total = choice.order.with(|o| o.as_ref().map(|o| o.total_amount)).filter(|total| !total.is_zero());
        let back = total.map(|total| format!("{} goes back to the buyer. ", format::money(total))).unwrap_or_default();
        format!("{back}The tickets stop being valid, and the seats are on sale again. This can't be undone.")
    };
    view! {
        <Confirm
            open=choice.asking
            title=Signal::derive(title)
            text=Signal::derive(text)
            action="Refund"
            pending=refund.pending()
            confirm=move |()| {
                if let Some(order) = choice.order.get_untracked() {
                    refund.start(send(order));
                }
            }
        />
    }
}
