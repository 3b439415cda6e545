//! Paying for a held order. Whatever happens to an answer, the order's own state decides what is shown.

mod card;
mod form;

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use shared::{
    OrderId, ProblemType,
    payment::PaymentStatus,
    ticket::{Order, OrderStatus},
};

use self::form::PayForm;
use crate::{
    api, browser,
    components::{EventLine, FormSkeleton, Glyph, Heading, HoldTimer, Icon, Load, OrderLines, SignedIn, Steps, part},
    work::{Remote, aside, effect, memo},
};

/// How long to wait before asking again how a payment stands, in milliseconds.
const ASK_AGAIN: i32 = 1_000;

/// How long at the most.
const ASK_SELDOM: i32 = 5_000;

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
    let order = Remote::of(id, api::ticket::order);
    let show = |order: Order| view! { <Panel order /> }.into_any();
    view! {
        <div class="wrap py-8 lg:py-10">
            <Steps current=3 />
            <Heading text="Payment" />
            <div class="mt-6">
                <Load remote=order skeleton=|| view! { <FormSkeleton /> } show />
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
    declined: RwSignal<Option<String>>,
}

impl Till {
    /// Asks how the order stands. Without an answer nothing changes.
    async fn refresh(self) -> Option<OrderStatus> {
        let order = api::ticket::order(self.id).await.ok()?;
        let status = order.status;
        self.deciding.set(status == OrderStatus::Paying);
        self.order.set(order);
        Some(status)
    }

    /// Asks until the payment is decided.
    async fn settle(self) {
        let mut pause = ASK_AGAIN;
        loop {
            browser::sleep(pause).await;
            pause = (pause + 500).min(ASK_SELDOM);
            // The page may be gone by now.
            if self.deciding.try_get_untracked() != Some(true) {
                return;
            }
            if !browser::is_looked_at() {
                continue;
            }
            let Ok(order) = api::ticket::order(self.id).await else { continue };
            let decided = match order.status {
                OrderStatus::Paying => None,
                // Not begun, over without success, or about to begin: only payment knows.
                OrderStatus::Held => self.why_held().await,
                _ => Some(None),
            };
            if let Some(reason) = decided {
                self.declined.set(reason);
                self.order.set(order);
                self.deciding.set(false);
                return;
            }
        }
    }

    /// Why an order is held after a payment; none while that may still change.
    async fn why_held(self) -> Option<Option<String>> {
        let reason = match api::payment::status(self.id).await {
            Ok(payment) if payment.status == PaymentStatus::Failed => payment.failure_reason,
            Err(error) if error.is(ProblemType::NotFound) => None,
            _ => return None,
        };
        Some(Some(reason.unwrap_or_else(|| "The payment did not go through. Nothing was charged.".to_owned())))
    }
}

#[component]
fn Panel(order: Order) -> impl IntoView {
    let till = Till {
        id: order.id,
        deciding: RwSignal::new(order.status == OrderStatus::Paying),
        order: RwSignal::new(order.clone()),
        declined: RwSignal::new(None),
    };
    effect(move || {
        if till.deciding.get() {
            aside(till.settle());
        }
    });
    let back = window_event_listener(leptos::ev::focus, move |_| {
        if !till.deciding.get_untracked() {
            aside(async move {
                till.refresh().await;
            });
        }
    });
    on_cleanup(move || back.remove());
    let navigate = use_navigate();
    let status = memo(move || till.order.with(|o| o.status));
    effect(move || {
        if matches!(status.get(), OrderStatus::Confirmed | OrderStatus::Refunding | OrderStatus::Refunded) {
            let to = format!("/orders/{}/result", till.id);
            navigate(&to, NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
    let shown = memo(move || match (till.deciding.get(), status.get()) {
        (false, OrderStatus::Held) => Shown::Form,
        (false, OrderStatus::Expired | OrderStatus::Cancelled) => Shown::Over,
        _ => Shown::Deciding,
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
            <aside class="ticket lg:sticky lg:top-24 lg:col-span-5" aria-label="Your order">
                <div class="ticket-body p-5 sm:p-6">
                    <EventLine event=order.event.clone() />
                </div>
                <div class="ticket-stub p-5 sm:p-6">
                    <OrderLines lines=order.tickets.clone() total=order.total_amount />
                    <p class="mt-4 text-sm text-ink-faint">
                        "Order " <span class="font-mono">{order.booking_reference.clone()}</span>
                    </p>
                </div>
            </aside>
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
    let ended = move |()| {
        aside(async move {
            // The server expires a hold within moments of its end; until it has, keep asking.
            while till.refresh().await.is_none_or(|status| status == OrderStatus::Held) {
                browser::sleep(ASK_AGAIN).await;
                if till.deciding.is_disposed() {
                    return;
                }
            }
        });
    };
    view! {
        {part(move || {
            let expires_at = expires_at.get();
            let server_time = till.order.with_untracked(|o| o.server_time);
            view! { <HoldTimer expires_at server_time ended /> }.into_any()
        })}
        <div class="mt-5">
            <PayForm till />
        </div>
    }
}

#[component]
fn Deciding() -> impl IntoView {
    view! {
        <div class="card flex flex-col items-center px-6 py-14 text-center" role="status" data-testid="processing">
            <span class="spinner size-9 border-[3px] text-brand" aria-hidden="true"></span>
            <h2 class="mt-5 text-heading font-semibold">"Your payment is being decided"</h2>
            <p class="mt-1.5 max-w-prose text-ink-soft">
                "This page moves on by itself. You may also close it: your seats stay yours until the payment is decided, and nothing is charged twice."
            </p>
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
        <div class="card flex flex-col items-center px-6 py-14 text-center" role="status" data-testid="expired">
            <Icon glyph=Glyph::Clock class="size-9 text-ink-faint" />
            <h2 class="mt-4 text-heading font-semibold">{title}</h2>
            <p class="mt-1.5 text-ink-soft">{text}</p>
            <a href=again class="btn btn-primary mt-6">
                "Choose the same tickets again"
            </a>
        </div>
    }
}
