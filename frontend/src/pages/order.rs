//! One order with its tickets.

use leptos::prelude::*;
use shared::{
    OrderId,
    ticket::{Order, OrderStatus},
};

use crate::{
    api,
    components::{
        Alert, Confirm, FormSkeleton, Heading, HoldTimer, Load, OrderBadge, OrderLines, SignedIn, TicketStub, Tone,
        press, use_toasts,
    },
    format,
    work::{Remote, Work},
};

/// One order with its tickets.
#[component]
pub fn OrderPage(
    /// From the address.
    id: Option<OrderId>,
) -> impl IntoView {
    view! {
        <SignedIn>
            <Fetched id />
        </SignedIn>
    }
}

#[component]
fn Fetched(id: Option<OrderId>) -> impl IntoView {
    let order = Remote::of(id, api::ticket::order);
    let again = Callback::new(move |()| order.refetch());
    let show = move |order: Order| view! { <Details order again /> }.into_any();
    view! {
        <div class="wrap py-8 lg:py-10">
            <a href="/orders" class="link no-print text-sm">
                "All orders"
            </a>
            <div class="mt-4">
                <Load remote=order skeleton=|| view! { <FormSkeleton /> } show />
            </div>
        </div>
    }
}

#[component]
fn Details(order: Order, again: Callback<()>) -> impl IntoView {
    let holder = format!("{} {}", order.customer_info.first_name, order.customer_info.last_name);
    let of = order.issued.len();
    let stubs = order
        .issued
        .iter()
        .enumerate()
        .map(|(place, ticket)| {
            view! { <TicketStub event=order.event.clone() ticket=ticket.clone() place=(place + 1, of) holder=holder.clone() /> }
        })
        .collect_view();
    let zone = order.event.time_zone.clone();
    let note = match order.status {
        OrderStatus::Paying => Some((Tone::Info, "Your payment is being decided. The seats stay yours until it is.")),
        OrderStatus::Expired => Some((Tone::Plain, "This order was not paid in time. Nothing was charged.")),
        OrderStatus::Cancelled => Some((Tone::Plain, "You gave this order up. Nothing was charged.")),
        OrderStatus::Refunding => Some((Tone::Info, "Your money is on its way back.")),
        OrderStatus::Refunded => Some((Tone::Info, "Your money is back.")),
        OrderStatus::Held | OrderStatus::Confirmed => None,
    };
    let customer = order.customer_info.clone();
    view! {
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="min-w-0">
                <Heading text=order.event.title.clone() />
                <p class="mt-1.5 text-ink-soft">
                    {format!("{} · {}, {}", format::full_date_time(order.event.starts_at, &zone), order.event.venue.name, order.event.venue.city)}
                </p>
            </div>
            <OrderBadge status=order.status />
        </div>
        <div class="mt-8 grid items-start gap-8 lg:grid-cols-12">
            <div class="min-w-0 space-y-5 lg:col-span-8">
                {note.map(|(tone, text)| view! { <Alert tone>{text}</Alert> })}
                {(order.status == OrderStatus::Held).then(|| view! { <Unpaid order=order.clone() again /> })}
                <div class="space-y-5" data-testid="tickets">
                    {stubs}
                </div>
            </div>
            <aside class="card p-5 sm:p-6 lg:col-span-4" aria-label="Order">
                <p class="eyebrow">"Booking reference"</p>
                <p class="mt-1 font-mono text-xl font-semibold" data-testid="reference">
                    {order.booking_reference.clone()}
                </p>
                <div class="mt-4 border-t border-line pt-3">
                    <OrderLines lines=order.tickets.clone() total=order.total_amount />
                </div>
                <dl class="mt-5 space-y-3 border-t border-line pt-5 text-[0.9375rem]">
                    <div>
                        <dt class="text-sm text-ink-faint">"For"</dt>
                        <dd>{holder} <br /> <span class="text-ink-soft">{customer.email}</span></dd>
                    </div>
                    {customer
                        .phone
                        .map(|phone| {
                            view! {
                                <div>
                                    <dt class="text-sm text-ink-faint">"Phone"</dt>
                                    <dd>{phone}</dd>
                                </div>
                            }
                        })}
                    <div>
                        <dt class="text-sm text-ink-faint">"Ordered"</dt>
                        <dd>{format::full_date_time(order.created_at, &format::own_zone())}</dd>
                    </div>
                </dl>
                <div class="no-print mt-5 flex flex-wrap gap-x-5 gap-y-2 border-t border-line pt-4 text-sm">
                    <a class="link" href=format!("/events/{}", order.event_id)>
                        "Event page"
                    </a>
                    <a class="link" href="/payments">
                        "Payments"
                    </a>
                </div>
            </aside>
        </div>
    }
}

/// A hold: pay it or give it up.
#[component]
fn Unpaid(order: Order, again: Callback<()>) -> impl IntoView {
    let toasts = use_toasts();
    let asking = RwSignal::new(false);
    let id = order.id;
    let cancel = Work::new();
    let send = move || async move {
        match api::ticket::cancel(id).await {
            Ok(_) => toasts.good("The order is cancelled. Nothing was charged."),
            Err(error) => toasts.bad(error),
        }
        asking.set(false);
        again.run(());
    };
    view! {
        <HoldTimer expires_at=order.expires_at server_time=order.server_time ended=again />
        <div class="flex flex-wrap gap-3">
            <a href=format!("/orders/{id}/pay") class="btn btn-primary" data-testid="go-pay">
                {format!("Pay {}", format::money(order.total_amount))}
            </a>
            <button type="button" class="btn btn-plain" data-testid="cancel-order" on:click=press(move || asking.set(true))>
                "Cancel the order"
            </button>
        </div>
        <Confirm
            open=asking
            title="Give up these tickets?"
            text="They go back on sale at once. Nothing has been charged."
            action="Cancel the order"
            pending=cancel.pending()
            confirm=move |()| cancel.start(send())
        />
    }
}
