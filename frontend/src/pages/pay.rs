//! Paying for a held order. Whatever happens to an answer, the order's own state decides what is shown.

mod card;
mod form;
mod stripe;
mod stripe_form;

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use shared::{
    OrderId,
    payment::PaymentStatus,
    ticket::{Order, OrderStatus},
};

use self::{form::PayForm, stripe_form::StripeForm};
use super::standing::{self, Standing};
use crate::{
    api, browser,
    components::{Deciding, FormSkeleton, Glyph, Heading, HoldTimer, Icon, Load, OrderAside, SignedIn, Steps, part},
    work::{Remote, aside, effect, follow, memo},
};

/// Paying for a held order.
#[component]
pub fn Pay(
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
    let standing = Remote::of(id, standing::ask);
    let show = |now: Standing| view! { <Panel now /> }.into_any();
    view! {
        <div class="wrap py-8 lg:py-10">
            <Steps current=3 />
            <Heading text="Payment" />
            <div class="mt-6">
                <Load remote=standing skeleton=|| view! { <FormSkeleton /> } show />
            </div>
        </div>
    }
}

/// The order as last heard of, and what went wrong with the last attempt.
#[derive(Clone, Copy)]
struct Till {
    id: OrderId,
    order: RwSignal<Order>,
    /// A payment is being decided, or its answer was lost.
    deciding: RwSignal<bool>,
    /// Where the buyer has to act before it is.
    action: RwSignal<Option<String>>,
    declined: RwSignal<Option<String>>,
    /// The hold is over by the clock; the server is about to say so.
    lapsed: RwSignal<bool>,
}

impl Till {
    /// Asks how the order stands. Without an answer nothing changes.
    async fn look(self) {
        if let Ok(now) = standing::ask(self.id).await {
            self.learn(now);
        }
    }

    fn learn(self, now: Standing) {
        // The page may be gone by now.
        let Some(deciding) = self.deciding.try_get_untracked() else { return };
        let open = match now.order.status {
            OrderStatus::Paying => true,
            // Not begun, over without success, or about to begin: only payment knows.
            OrderStatus::Held if deciding => now.payment.as_ref().map_or(now.unsure, |payment| {
                matches!(payment.status, PaymentStatus::Pending | PaymentStatus::Processing)
            }),
            _ => false,
        };
        if deciding && !open && now.order.status == OrderStatus::Held {
            let reason = now.failure();
            let lost = "The payment did not go through. Nothing was charged.";
            self.declined.set(Some(reason.unwrap_or_else(|| lost.to_owned())));
        }
        self.action.set(now.action());
        self.order.set(now.order);
        self.deciding.set(open);
    }
}

#[component]
fn Panel(now: Standing) -> impl IntoView {
    let order = now.order.clone();
    let till = Till {
        id: order.id,
        deciding: RwSignal::new(order.status == OrderStatus::Paying),
        order: RwSignal::new(order.clone()),
        action: RwSignal::new(now.action()),
        declined: RwSignal::new(now.failure()),
        lapsed: RwSignal::new(false),
    };
    let back = window_event_listener(leptos::ev::focus, move |_| {
        if !till.deciding.get_untracked() {
            aside(till.look());
        }
    });
    on_cleanup(move || back.remove());
    let navigate = use_navigate();
    let status = memo(move || till.order.with(|o| o.status));
    let lapsing = move || till.lapsed.get() && status.get() == OrderStatus::Held;
    follow(move || till.deciding.get() || lapsing(), move || till.look());
    effect(move || {
        if matches!(status.get(), OrderStatus::Confirmed | OrderStatus::Refunding | OrderStatus::Refunded) {
            standing::go(&format!("/orders/{}/result", till.id), &navigate);
        } else if let Some(url) = till.action.get() {
            standing::go(&url, &navigate);
        }
    });
    let shown = memo(move || match (till.deciding.get(), status.get()) {
        (false, OrderStatus::Held) => Shown::Form,
        (false, OrderStatus::Expired | OrderStatus::Cancelled) => Shown::Over,
        _ => Shown::Deciding,
    });
    let first = StoredValue::new(true);
    effect(move || {
        shown.track();
        if first.get_value() {
            first.set_value(false);
        } else {
            // The button that was pressed is gone, and on a small screen what came in its place is further up.
            browser::focus("h1");
        }
    });
    view! {
        <div class="grid items-start gap-8 lg:grid-cols-12">
            <div class="min-w-0 lg:col-span-7">
                {part(move || match shown.get() {
                    Shown::Form => view! { <Held till /> }.into_any(),
                    Shown::Deciding => view! { <Deciding /> }.into_any(),
                    Shown::Over => view! { <Over order=till.order.get_untracked() /> }.into_any(),
                })}
            </div>
            <OrderAside order />
        </div>
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Form,
    Deciding,
    Over,
}

#[component]
fn Held(till: Till) -> impl IntoView {
    let expires_at = memo(move || till.order.with(|o| o.expires_at));
    // The server expires a hold within moments of its end.
    let ended = move |()| till.lapsed.set(true);
    view! {
        {part(move || {
            let expires_at = expires_at.get();
            let server_time = till.order.with_untracked(|o| o.server_time);
            till.lapsed.set(false);
            view! { <HoldTimer expires_at server_time ended /> }.into_any()
        })}
        <div class="mt-5">
            {match api::stripe() {
                Some(stripe) => view! { <StripeForm till stripe /> }.into_any(),
                None => view! { <PayForm till /> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn Over(order: Order) -> impl IntoView {
    let expired = order.status == OrderStatus::Expired;
    let (title, text) = if expired {
        ("Your hold has ended", "The tickets went back on sale. Nothing was charged.")
    } else {
        ("This order was cancelled", "Nothing was charged.")
    };
    let again = crate::query::href(
        &format!("/events/{}", order.event_id),
        &order.tickets.iter().map(|l| (l.ticket_type.name.clone(), l.quantity.to_string())).collect(),
    );
    view! {
        <div class="card flex flex-col items-center px-4 py-14 text-center sm:px-6" role="status" data-testid="expired">
            <Icon glyph=Glyph::Clock class="size-9 text-ink-faint" />
            <h2 class="mt-4 text-heading font-semibold">{title}</h2>
            <p class="mt-1.5 text-ink-soft">{text}</p>
            <a href=again class="btn btn-primary mt-6">
                "Choose the same tickets"
            </a>
        </div>
    }
}
