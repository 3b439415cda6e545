//! Where something stands, in a word.

use leptos::prelude::*;
use shared::{event::EventStatus, payment::PaymentStatus, ticket::OrderStatus};

use super::alert::Tone;

/// A word on a coloured ground.
#[component]
pub fn Badge(
    /// The colours.
    tone: Tone,
    /// The word.
    #[prop(into)]
    text: String,
    /// For the browser test.
    #[prop(optional)]
    testid: Option<&'static str>,
) -> impl IntoView {
    view! {
        <span class=format!("badge {}", tone.class()) data-testid=testid>
            {text}
        </span>
    }
}

/// Where an order stands.
#[component]
pub fn OrderBadge(
    /// The order's state.
    status: OrderStatus,
    /// Whether nothing was to be paid: then nothing is paid back either.
    free: bool,
) -> impl IntoView {
    let (tone, text) = match status {
        OrderStatus::Held => (Tone::Warn, "Waiting for payment"),
        OrderStatus::Paying => (Tone::Info, "Payment under way"),
        OrderStatus::Confirmed => (Tone::Good, "Confirmed"),
        OrderStatus::Expired => (Tone::Plain, "Expired"),
        OrderStatus::Cancelled => (Tone::Plain, "Cancelled"),
        OrderStatus::Refunding => (Tone::Info, "Refund under way"),
        OrderStatus::Refunded if free => (Tone::Plain, "Given back"),
        OrderStatus::Refunded => (Tone::Plain, "Refunded"),
    };
    view! { <Badge tone text testid="order-status" /> }
}

/// Where an event stands.
#[component]
pub fn EventBadge(
    /// The event's state.
    status: EventStatus,
) -> impl IntoView {
    let (tone, text) = match status {
        EventStatus::Draft => (Tone::Plain, "Draft"),
        EventStatus::Published => (Tone::Good, "Published"),
        EventStatus::Cancelled => (Tone::Bad, "Cancelled"),
        EventStatus::Completed => (Tone::Info, "Completed"),
    };
    view! { <Badge tone text testid="event-status" /> }
}

/// Where a payment stands.
#[component]
pub fn PaymentBadge(
    /// The payment's state.
    status: PaymentStatus,
) -> impl IntoView {
    let (tone, text) = match status {
        PaymentStatus::Pending => (Tone::Plain, "Begun"),
        PaymentStatus::Processing => (Tone::Info, "Under way"),
        PaymentStatus::Completed => (Tone::Good, "Paid"),
        PaymentStatus::Failed => (Tone::Bad, "Not charged"),
        PaymentStatus::Refunded => (Tone::Plain, "Refunded"),
    };
    view! { <Badge tone text testid="payment-status" /> }
}
