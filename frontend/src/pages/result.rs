//! After paying.

use leptos::prelude::*;
use shared::{
    OrderId,
    ticket::{Order, OrderStatus},
};

use crate::{
    api,
    components::{EventLine, FormSkeleton, Glyph, Heading, Icon, Load, OrderLines, SignedIn},
    work::Remote,
};

/// After paying: the tickets are there.
#[component]
pub fn ResultPage(
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
    let show = |order: Order| view! { <Outcome order /> }.into_any();
    view! {
        <div class="wrap py-10 sm:py-14">
            <Load remote=order skeleton=|| view! { <FormSkeleton /> } show />
        </div>
    }
}

#[component]
fn Outcome(order: Order) -> impl IntoView {
    let seats: u32 = order.tickets.iter().map(|l| l.quantity).sum();
    let (glyph, look, title, text) = match order.status {
        OrderStatus::Confirmed => {
            let tickets = if seats == 1 { "Your ticket is".to_owned() } else { format!("Your {seats} tickets are") };
            (
                Glyph::Check,
                "bg-brand text-on-brand",
                "You're in".to_owned(),
                format!("{tickets} ready. Show the code at the door."),
            )
        }
        OrderStatus::Held | OrderStatus::Paying => (
            Glyph::Clock,
            "bg-gold-tint text-gold-ink",
            "Not paid yet".to_owned(),
            "Your tickets are held for you.".to_owned(),
        ),
        OrderStatus::Refunding | OrderStatus::Refunded => (
            Glyph::Info,
            "bg-info-tint text-info-ink",
            "Refunded".to_owned(),
            "The event was called off or the order refunded; the money goes back to you.".to_owned(),
        ),
        OrderStatus::Expired | OrderStatus::Cancelled => (
            Glyph::Close,
            "bg-sunken text-ink-soft",
            "No longer held".to_owned(),
            "The tickets went back on sale. Nothing was charged.".to_owned(),
        ),
    };
    let confirmed = order.status == OrderStatus::Confirmed;
    let unpaid = matches!(order.status, OrderStatus::Held | OrderStatus::Paying);
    view! {
        <div class="mx-auto max-w-xl text-center" data-testid=if confirmed { "confirmed" } else { "outcome" }>
            <span class=format!("mx-auto grid size-16 place-items-center rounded-full {look}")>
                <Icon glyph class="size-8" />
            </span>
            <div class="mt-5">
                <Heading text=title class="text-display font-bold" />
            </div>
            <p class="mt-3 text-lg text-ink-soft">{text}</p>
            <div class="ticket mt-8 text-left">
                <div class="ticket-body p-5 sm:p-6">
                    <EventLine event=order.event.clone() />
                </div>
                <div class="ticket-stub p-5 sm:p-6">
                    <OrderLines lines=order.tickets.clone() total=order.total_amount />
                    <div class="mt-5 flex items-baseline justify-between gap-4 border-t border-line pt-4">
                        <span class="text-[0.9375rem] text-ink-soft">"Booking reference"</span>
                        <span class="font-mono text-lg font-semibold" data-testid="reference">
                            {order.booking_reference.clone()}
                        </span>
                    </div>
                </div>
            </div>
            <div class="mt-8 flex flex-wrap justify-center gap-3">
                {if unpaid {
                    view! {
                        <a href=format!("/orders/{}/pay", order.id) class="btn btn-primary">
                            "Go on to payment"
                        </a>
                    }
                        .into_any()
                } else {
                    view! {
                        <a href=format!("/orders/{}", order.id) class="btn btn-primary" data-testid="see-tickets">
                            {if confirmed { "See your tickets" } else { "See the order" }}
                        </a>
                    }
                        .into_any()
                }} <a href="/" class="btn btn-plain">
                    "Browse more events"
                </a>
            </div>
        </div>
    }
}
