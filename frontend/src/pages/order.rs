//! One order with its tickets.

use leptos::prelude::*;
use shared::{
    OrderId, Timestamp,
    ticket::{Order, OrderStatus},
};

use super::standing::{self, Standing, refundable_until};
use crate::{
    api::{self, ApiError},
    browser,
    components::{
        Alert, Confirm, FormSkeleton, Glyph, Heading, HoldTimer, Icon, Load, OrderBadge, OrderLines, SignedIn,
        TicketStub, Toasts, press, use_toasts,
    },
    format,
    work::{Remote, Work, follow},
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
    let standing = standing::followed(id);
    let toasts = use_toasts();
    // What changes by itself is said, too: a screen reader would not notice.
    Effect::new(move |before: Option<Option<OrderStatus>>| {
        let now = standing.get().and_then(Result::ok).map(|s| s.order.status);
        match (before.flatten(), now) {
            (Some(OrderStatus::Paying), Some(OrderStatus::Confirmed)) => toasts.good("Paid. Your tickets are here."),
            (Some(OrderStatus::Refunding), Some(OrderStatus::Refunded)) => toasts.good("The refund is done."),
            _ => {}
        }
        now
    });
    let show = move |now: Standing| view! { <Details now standing /> }.into_any();
    view! {
        <div class="wrap py-8 lg:py-10">
            <a href="/orders" class="link no-print text-sm">
                "All orders"
            </a>
            <div class="mt-4">
                <Load remote=standing skeleton=|| view! { <FormSkeleton /> } show />
            </div>
        </div>
    }
}

#[component]
fn Details(now: Standing, standing: Remote<Standing>) -> impl IntoView {
    let order = &now.order;
    let holder = format!("{} {}", order.customer_info.first_name, order.customer_info.last_name);
    let confirmed = order.status == OrderStatus::Confirmed;
    // Tickets that let no one in are not shown as if they did.
    let issued = if confirmed { order.issued.as_slice() } else { &[] };
    let stubs = issued
        .iter()
        .enumerate()
        .map(|(place, ticket)| {
            let place = (place + 1, issued.len());
            view! { <TicketStub event=order.event.clone() ticket=ticket.clone() place holder=holder.clone() /> }
        })
        .collect_view();
    let zone = order.event.time_zone.clone();
    let customer = order.customer_info.clone();
    let action = now.action().map(|url| {
        view! {
            <a href=url class="btn btn-primary" data-testid="go-challenge">
                "Approve the payment"
            </a>
        }
    });
    view! {
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="min-w-0">
                <Heading text=order.event.title.clone() />
                <p class="mt-1.5 text-ink-soft">
                    {format!("{} · {}, {}", format::full_date_time(order.event.starts_at, &zone), order.event.venue.name, order.event.venue.city)}
                </p>
            </div>
            <OrderBadge status=order.status free=order.total_amount.is_zero() />
        </div>
        <div class="mt-8 grid items-start gap-8 lg:grid-cols-12">
            <div class="min-w-0 space-y-5 lg:col-span-8">
                {now.note().map(|(tone, text)| view! { <Alert tone testid="note">{text}</Alert> })}
                {action}
                {(order.status == OrderStatus::Held).then(|| view! { <Unpaid now=now.clone() standing /> })}
                {confirmed.then(|| view! { <TakeAlong id=order.id /> })}
                <div class="space-y-5" data-testid="tickets">
                    {stubs}
                </div>
                {refundable_until(order).map(|until| view! { <Refund now=now.clone() until standing /> })}
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

/// The tickets and the date, to keep or to print.
#[component]
fn TakeAlong(id: OrderId) -> impl IntoView {
    let file = |name: &'static str, words: &'static str, glyph: Glyph, testid: &'static str| {
        view! {
            <a href=api::ticket::file(id, name) class="btn btn-plain min-h-10 text-sm" rel="external" data-testid=testid>
                <Icon glyph class="size-4" />
                {words}
            </a>
        }
    };
    view! {
        <div class="no-print flex flex-wrap gap-3">
            {file("tickets.pdf", "Tickets as PDF", Glyph::Ticket, "tickets-pdf")}
            {file("event.ics", "Add to calendar", Glyph::Calendar, "event-ics")}
            <button type="button" class="btn btn-quiet min-h-10 text-sm" data-testid="print" on:click=press(browser::print)>
                "Print"
            </button>
        </div>
    }
}

/// Shows what became of an order that was to be changed.
async fn changed(
    standing: Remote<Standing>,
    now: Standing,
    answer: Result<Order, ApiError>,
    done: &'static str,
    toasts: Toasts,
) {
    match answer {
        Ok(order) => {
            standing.set(Standing { order, ..now });
            toasts.good(done);
        }
        // Also where no answer came: the order says whether it was heard.
        Err(error) => {
            toasts.bad(words(&error, &now.order.event.time_zone));
            standing.look().await;
        }
    }
}

fn words(error: &ApiError, zone: &str) -> String {
    match error.member::<Timestamp>("until") {
        Some(until) => format!("It is too late: refunds ended on {}.", format::full_date_time(until, zone)),
        None => error.to_string(),
    }
}

/// A hold: pay it or give it up.
#[component]
fn Unpaid(now: Standing, standing: Remote<Standing>) -> impl IntoView {
    let toasts = use_toasts();
    let asking = RwSignal::new(false);
    let order = now.order.clone();
    let id = order.id;
    let cancel = Work::new();
    let send = move || {
        let now = now.clone();
        async move {
            let answer = api::ticket::cancel(id).await;
            asking.set(false);
            changed(standing, now, answer, "The order is cancelled. Nothing was charged.", toasts).await;
        }
    };
    // The server expires a hold within moments of its end.
    let lapsed = RwSignal::new(false);
    follow(move || lapsed.get(), move || standing.look());
    view! {
        <HoldTimer expires_at=order.expires_at server_time=order.server_time ended=move |()| lapsed.set(true) />
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

/// The buyer's own way to have the money back, as long as the organizer's policy gives it.
#[component]
fn Refund(now: Standing, until: Timestamp, standing: Remote<Standing>) -> impl IntoView {
    let toasts = use_toasts();
    let asking = RwSignal::new(false);
    let Order { id, total_amount, .. } = now.order;
    let until = format::full_date_time(until, &now.order.event.time_zone);
    let refund = Work::new();
    let send = move || {
        let now = now.clone();
        async move {
            let answer = api::ticket::refund(id).await;
            asking.set(false);
            changed(standing, now, answer, "The tickets are given back.", toasts).await;
        }
    };
    let free = total_amount.is_zero();
    let total = format::money(total_amount);
    let back =
        if free { "The seats go back on sale.".to_owned() } else { format!("{total} goes back the way you paid.") };
    let action = if free { "Give the tickets back".to_owned() } else { format!("Refund {total}") };
    view! {
        <section class="no-print card flex flex-wrap items-center justify-between gap-4 p-5" aria-label="Refund">
            <p class="min-w-60 flex-1 text-[0.9375rem] text-ink-soft">
                "Can't come? You may give these tickets back until " <span class="font-medium text-ink" data-testid="refund-until">{until}</span> "."
            </p>
            <button type="button" class="btn btn-plain" data-testid="refund-order" on:click=press(move || asking.set(true))>
                {action.clone()}
            </button>
        </section>
        <Confirm
            open=asking
            title="Give these tickets back?"
            text=format!("They stop being valid at once, all of this order. {back} This can't be undone.")
            action=action
            keep="Keep my tickets"
            pending=refund.pending()
            confirm=move |()| refund.start(send())
        />
    }
}
