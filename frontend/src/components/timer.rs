//! How long the seats are held.

use std::time::Duration;

use leptos::prelude::*;
use shared::Timestamp;

use super::{
    dynamic::words,
    icon::{Glyph, Icon},
};
use crate::work::memo;
use crate::{browser, format};

/// Counts down to the end of a hold by the server's clock, whatever the browser's says.
#[component]
pub fn HoldTimer(
    /// When the hold ends.
    expires_at: Timestamp,
    /// The server's clock when it said so, which is about now.
    server_time: Timestamp,
    /// Called once when it has ended.
    #[prop(into)]
    ended: Callback<()>,
) -> impl IntoView {
    #[expect(clippy::cast_precision_loss, reason = "a hold lasts minutes")]
    let deadline = browser::now() + (expires_at.as_millisecond() - server_time.as_millisecond()) as f64;
    #[expect(clippy::cast_possible_truncation, reason = "a hold lasts minutes")]
    let seconds_left = move || ((deadline - browser::now()) / 1000.0).ceil() as i64;
    let left = RwSignal::new(seconds_left());
    let over = StoredValue::new(false);
    let ticking = set_interval_with_handle(
        move || {
            let now = seconds_left();
            left.set(now.max(0));
            if now <= 0 && !over.get_value() {
                over.set_value(true);
                ended.run(());
            }
        },
        Duration::from_millis(500),
    );
    if let Ok(ticking) = ticking {
        on_cleanup(move || ticking.clear());
    }
    // Read out at a few moments only; each second would be noise.
    let spoken = memo(move || match left.get() {
        0 => "Your hold has ended.",
        1..=60 => "Less than one minute left to pay.",
        61..=180 => "Less than three minutes left to pay.",
        _ => "",
    });
    let tone = move || if left.get() <= 60 { "bg-danger-tint text-danger-ink" } else { "bg-gold-tint text-gold-ink" };
    view! {
        <div class=move || format!("flex items-center gap-3 rounded-card px-4 py-3 sm:px-5 {}", tone())>
            <Icon glyph=Glyph::Clock class="size-5" />
            <p class="flex-1 text-[0.9375rem]">"We hold your tickets for you."</p>
            <p class="text-xl font-bold tabular-nums" role="timer" aria-label="Time left to pay" data-testid="hold-timer">
                {words(move || format::countdown(left.get()))}
            </p>
            <span class="sr-only" aria-live="polite">
                {spoken}
            </span>
        </div>
    }
}
