//! After paying: what became of it.

use leptos::prelude::*;
use shared::{OrderId, ticket::OrderStatus};

use super::standing::{self, Standing};
use crate::components::{EventLine, FormSkeleton, Glyph, Heading, Icon, Load, OrderLines, SignedIn};

/// What became of an order.
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
    let standing = standing::followed(id);
    let show = |now: Standing| view! { <Outcome now /> }.into_any();
    view! {
        <div class="wrap py-10 sm:py-14">
            <Load remote=standing skeleton=|| view! { <FormSkeleton /> } show />
        </div>
    }
}

/// The mark, its colours and the heading for where an order stands.
const fn look(status: OrderStatus, free: bool) -> (Glyph, &'static str, &'static str) {
    match status {
        OrderStatus::Confirmed => (Glyph::Check, "bg-brand text-on-brand", "You're in"),
        OrderStatus::Held => (Glyph::Clock, "bg-gold-tint text-gold-ink", "Not paid yet"),
        OrderStatus::Paying => (Glyph::Clock, "bg-gold-tint text-gold-ink", "Not decided yet"),
        OrderStatus::Refunding | OrderStatus::Refunded if free => {
            (Glyph::Info, "bg-info-tint text-info-ink", "Given back")
        }
        OrderStatus::Refunding => (Glyph::Info, "bg-info-tint text-info-ink", "Refund under way"),
        OrderStatus::Refunded => (Glyph::Info, "bg-info-tint text-info-ink", "Refunded"),
        OrderStatus::Expired | OrderStatus::Cancelled => (Glyph::Close, "bg-sunken text-ink-soft", "No longer held"),
    }
}

#[component]
fn Outcome(now: Standing) -> impl IntoView {
    let order = &now.order;
    let seats: u32 = order.tickets.iter().map(|l| l.quantity).sum();
    let (glyph, look, title) = look(order.status, order.total_amount.is_zero());
    let text = match (now.note(), seats) {
        (Some((_, note)), _) => note,
        (None, _) if order.status == OrderStatus::Held => "Your tickets are held for you.".to_owned(),
        (None, 1) => "Your ticket is ready. Show its code at the door.".to_owned(),
        (None, seats) => format!("Your {seats} tickets are ready. Show their codes at the door."),
    };
    let confirmed = order.status == OrderStatus::Confirmed;
    let page = format!("/orders/{}", order.id);
    let (next, words, testid) = match (now.action(), order.status) {
        (Some(url), _) => (url, "Approve the payment", "go-challenge"),
        (None, OrderStatus::Held) => (format!("{page}/pay"), "Go on to payment", "go-pay"),
        (None, OrderStatus::Confirmed) => (page, "See your tickets", "see-tickets"),
        (None, _) => (page, "See the order", "see-tickets"),
    };
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
                <a href=next class="btn btn-primary" data-testid=testid>
                    {words}
                </a>
                <a href="/" class="btn btn-plain">
                    "Browse more events"
                </a>
            </div>
        </div>
    }
}
