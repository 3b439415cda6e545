//! A ticket, as shown at the door.

use leptos::prelude::*;
use shared::ticket::{EventSnapshot, Ticket};

use super::{
    icon::{Glyph, Icon},
    qr_code::QrCode,
};
use crate::format;

/// One seat: the event on the body, what lets in on the stub.
#[component]
pub fn TicketStub(
    /// The event.
    event: EventSnapshot,
    /// The ticket.
    ticket: Ticket,
    /// Which of how many.
    place: (usize, usize),
    /// Who it is for.
    #[prop(into)]
    holder: String,
) -> impl IntoView {
    let (month, day) = format::calendar_leaf(event.starts_at, &event.time_zone);
    view! {
        <article class="ticket ticket-wide" data-testid="ticket">
            <div class="ticket-body flex gap-5 p-5 sm:p-6">
                <div class="shrink-0 border-r border-line pr-5 text-center" aria-hidden="true">
                    <p class="text-xs font-bold tracking-wider text-brand-ink uppercase">{month}</p>
                    <p class="text-3xl font-bold tracking-tight tabular-nums">{day}</p>
                </div>
                <div class="min-w-0 flex-1">
                    <p class="eyebrow">{format!("Admit one · {} of {}", place.0, place.1)}</p>
                    <h2 class="mt-1.5 text-heading font-semibold">{event.title.clone()}</h2>
                    <p class="mt-2 flex gap-2 text-sm text-ink-soft">
                        <Icon glyph=Glyph::Clock class="mt-0.5 size-4" />
                        {format::full_date_time(event.starts_at, &event.time_zone)}
                    </p>
                    <p class="mt-1 flex gap-2 text-sm text-ink-soft">
                        <Icon glyph=Glyph::Pin class="mt-0.5 size-4" />
                        {format!("{}, {}, {}", event.venue.name, event.venue.address, event.venue.city)}
                    </p>
                    <p class="mt-1 flex gap-2 text-sm text-ink-soft">
                        <Icon glyph=Glyph::User class="mt-0.5 size-4" />
                        {holder}
                    </p>
                </div>
            </div>
            <div class="ticket-stub flex flex-col justify-center gap-2 p-5 sm:w-64">
                <p class="text-sm font-semibold text-brand-ink">{ticket.ticket_type_name}</p>
                {(!ticket.qr.is_empty()).then(|| view! { <QrCode text=ticket.qr label=format!("QR code of ticket {}", place.0) /> })}
                <p class="text-center font-mono text-sm leading-5 font-semibold break-all" data-testid="ticket-code">
                    {ticket.code}
                </p>
            </div>
        </article>
    }
}
