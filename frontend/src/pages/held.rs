//! What the buyer holds of an event already, so that nobody holds the same seats twice without knowing.

use leptos::prelude::*;
use shared::{
    EventId,
    page::PageQuery,
    ticket::{Order, OrderStatus},
};

use crate::{
    api::{self, ApiError},
    components::{Alert, Confirm, Tone, part, press, rows, use_toasts},
    format,
    session::use_session,
    work::{Remote, Work, follow, memo},
};

/// The caller's unpaid orders of an event, each with the way to pay it and the way to give it up.
#[component]
pub fn HeldOf(
    /// Of which event.
    id: Option<EventId>,
) -> impl IntoView {
    let session = use_session();
    let user = memo(move || session.user().map(|user| user.id));
    part(move || match (user.get(), id) {
        (Some(_), Some(event)) => view! { <List event /> }.into_any(),
        _ => ().into_any(),
    })
}

/// An order keeps its seats for minutes: an unpaid one is among the latest.
async fn held_of(event: EventId) -> Result<Vec<Order>, ApiError> {
    let latest = PageQuery { limit: Some(20), cursor: None };
    let mut orders = api::ticket::orders(&latest).await?.items;
    orders.retain(|order| {
        let held = order.status == OrderStatus::Held && order.server_time < order.expires_at;
        order.event_id == event && (held || order.status == OrderStatus::Paying)
    });
    Ok(orders)
}

#[component]
fn List(event: EventId) -> impl IntoView {
    let held = Remote::of(Some(event), held_of);
    follow(move || held.is(|orders| !orders.is_empty()), move || held.look());
    let doomed = RwSignal::new(None::<Order>);
    let asking = RwSignal::new(false);
    let toasts = use_toasts();
    let cancel = Work::new();
    let send = move |order: Order| async move {
        match api::ticket::cancel(order.id).await {
            Ok(_) => toasts.good("The tickets are given up. Nothing was charged."),
            Err(error) => toasts.bad(error),
        }
        asking.set(false);
        held.look().await;
    };
    let give_up = move |order: Order| {
        doomed.set(Some(order));
        asking.set(true);
    };
    let orders = move || held.get().and_then(Result::ok).unwrap_or_default();
    view! {
        {rows(
            orders,
            |order: &Order| format!("{}{}", order.id, order.updated_at),
            move |order| view! { <Held order give_up=Callback::new(give_up) /> }.into_any(),
        )}
        <Confirm
            open=asking
            title="Give up these tickets?"
            text="They go back on sale at once. Nothing has been charged."
            action="Give them up"
            keep="Keep them"
            pending=cancel.pending()
            confirm=move |()| {
                if let Some(order) = doomed.get_untracked() {
                    cancel.start(send(order));
                }
            }
        />
    }
}

/// "2 tickets".
fn tickets(order: &Order) -> String {
    match order.tickets.iter().map(|line| line.quantity).sum::<u32>() {
        1 => "1 ticket".to_owned(),
        seats => format!("{seats} tickets"),
    }
}

#[component]
fn Held(order: Order, give_up: Callback<Order>) -> impl IntoView {
    let tickets = tickets(&order);
    let pay = format!("/orders/{}/pay", order.id);
    if order.status == OrderStatus::Paying {
        return view! {
            <div class="mb-5">
                <Alert tone=Tone::Info testid="held-order">
                    {format!("Your payment for {tickets} is being decided. ")}
                    <a class="link" href=pay data-testid="held-pay">
                        "See how it stands"
                    </a>
                </Alert>
            </div>
        }
        .into_any();
    }
    let until = format::time_of_day(order.expires_at);
    view! {
        <div class="mb-5">
            <Alert tone=Tone::Warn testid="held-order">
                <div class="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
                    <p>{format!("You hold {tickets} until {until}.")}</p>
                    <div class="flex flex-wrap gap-3">
                        <a class="btn btn-primary min-h-10 text-sm" href=pay data-testid="held-pay">
                            {format!("Pay {}", format::money(order.total_amount))}
                        </a>
                        <button type="button" class="btn btn-plain min-h-10 text-sm" data-testid="held-give-up" on:click=press(move || give_up.run(order.clone()))>
                            "Give up"
                        </button>
                    </div>
                </div>
            </Alert>
        </div>
    }
    .into_any()
}
