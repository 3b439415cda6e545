//! The choice of tickets, within what is left.

use std::time::Duration;

use leptos::prelude::*;
use shared::{
    ProblemType,
    event::{Event, EventStatus, TicketType},
    ticket::{Availability, SaleStatus},
};

use crate::pages::standing::refund_deadline;
use crate::{
    api::{self, ApiError},
    browser,
    components::{Alert, ErrorState, Glyph, Icon, Stepper, Tone, maybe, part, words},
    format,
    query::{self, Pairs},
    selection,
    work::{Remote, memo},
};

/// How often to ask what is left, while the page is looked at.
const FRESH: Duration = Duration::from_secs(20);

/// What is left, kept fresh while the page is open.
#[component]
pub fn Tickets(
    /// The event.
    event: Event,
) -> impl IntoView {
    let id = event.id;
    let left = Remote::of(Some(id), api::ticket::availability);
    if let Ok(timer) = set_interval_with_handle(
        move || {
            if browser::is_looked_at() {
                left.refetch();
            }
        },
        FRESH,
    ) {
        on_cleanup(move || timer.clear());
    }
    // A later failure leaves what was known on the page; the booking itself is checked anyway.
    let known = Memo::new(move |before: Option<&Option<Result<Availability, ApiError>>>| match left.get() {
        Some(Err(error)) if error.is(ProblemType::NotFound) => Some(Err(error)),
        Some(Err(error)) => match before {
            Some(Some(Ok(before))) => Some(Ok(before.clone())),
            _ => Some(Err(error)),
        },
        other => other,
    });
    let standing = memo(move || known.with(|k| k.as_ref().map(|k| k.as_ref().map(|a| a.sale).map_err(Clone::clone))));
    let event = StoredValue::new(event);
    part(move || {
        match standing.get() {
        None => view! { <div class="card p-6"><div class="skeleton h-6 w-1/2"></div><div class="skeleton mt-6 h-28"></div></div> }.into_any(),
        Some(Ok(_)) => {
            let left = Signal::derive(move || known.get().and_then(Result::ok));
            view! { <Picker event=event.get_value() left /> }.into_any()
        }
        Some(Err(error)) if error.is(ProblemType::NotFound) => {
            let text = match event.with_value(|e| e.status) {
                EventStatus::Draft => "This is a draft. Publish it to sell tickets.",
                EventStatus::Cancelled => "The organizer has called this event off.",
                _ => "Tickets are not on sale yet.",
            };
            view! { <div class="card p-6" data-testid="sale-status"><Alert tone=Tone::Info>{text}</Alert></div> }.into_any()
        }
        Some(Err(error)) => view! { <div class="card"><ErrorState error retry=move |()| left.retry() /></div> }.into_any(),
    }
    })
}

/// Why nothing can be bought, if so.
fn closed(left: &Availability, zone: &str) -> Option<(Tone, String)> {
    match left.sale {
        SaleStatus::OnSale if left.is_sold_out() => Some((
            Tone::Warn,
            "Sold out. Held tickets that aren't paid in time come back: look in again in a few minutes.".to_owned(),
        )),
        SaleStatus::OnSale => None,
        SaleStatus::NotYet => {
            let when = left.sales_start.map(|s| format!(" Sales begin on {}.", format::full_date_time(s, zone)));
            Some((Tone::Info, format!("Not on sale yet.{}", when.unwrap_or_default())))
        }
        SaleStatus::Ended => Some((Tone::Plain, "Sales have ended.".to_owned())),
        SaleStatus::Cancelled => Some((Tone::Bad, "The organizer has called this event off.".to_owned())),
    }
}

/// How many one may buy.
fn limits(left: &Availability) -> String {
    let order = format!("Up to {} in one order", left.max_per_order);
    match left.max_per_buyer {
        Some(most) if most <= left.max_per_order => format!("Up to {most} for one person"),
        Some(most) => format!("{order}, {most} for one person"),
        None => order,
    }
}

#[component]
fn Picker(event: Event, left: Signal<Option<Availability>>) -> impl IntoView {
    let pairs = query::pairs();
    let zone = event.time_zone.clone();
    let closed = memo(move || left.with(|l| l.as_ref().and_then(|l| closed(l, &zone))));
    let chosen =
        memo(move || left.with(|l| l.as_ref().map(|l| pairs.with(|p| selection::lines(p, l))).unwrap_or_default()));
    let total = memo(move || chosen.with(|lines| selection::total(lines)));
    let tickets = memo(move || chosen.with(|lines| selection::count(lines)));
    let id = event.id;
    let checkout = move || {
        let picked =
            chosen.with(|lines| lines.iter().map(|l| (l.ticket_type.name.clone(), l.quantity.to_string())).collect());
        query::href(&format!("/events/{id}/checkout"), &picked)
    };
    let from = format::price(event.min_price);
    let from = if event.min_price.is_zero() { from } else { format!("From {from}") };
    let sum = move || total.get().map_or_else(|| from.clone(), format::money);
    let chosen_words = move || match tickets.get() {
        0 => "No tickets chosen".to_owned(),
        1 => "1 ticket".to_owned(),
        n => format!("{n} tickets"),
    };
    let (sum_again, words_again) = (sum.clone(), chosen_words);
    let kinds = event.ticket_types.clone().into_iter().map(|kind| view! { <Kind kind left pairs /> }).collect_view();
    let limits = move || left.with(|l| l.as_ref().map(limits).unwrap_or_default());
    let refunds = match refund_deadline(event.starts_at, event.refund_hours) {
        Some(until) => format!("Refunds until {}", format::full_date_time(until, &event.time_zone)),
        None => "No refunds, unless the organizer cancels".to_owned(),
    };
    view! {
        <div class="ticket" data-testid="ticket-picker">
            <div class="ticket-body px-5 pt-5 pb-2 sm:px-6 sm:pt-6">
                <h2 class="text-heading font-semibold">"Choose your tickets"</h2>
                <p class="mt-1 text-sm text-ink-faint">{words(limits)}</p>
                <div data-testid="sale-status">
                    {maybe(move || closed.get().map(|(tone, text)| view! { <div class="mt-4"><Alert tone>{text}</Alert></div> }.into_any()))}
                </div>
                <ul class="mt-2 divide-y divide-line">{kinds}</ul>
            </div>
            <div class="ticket-stub px-5 py-5 sm:px-6">
                <div class="flex items-end justify-between gap-4" aria-live="polite">
                    <p class="text-[0.9375rem] text-ink-soft">{words(chosen_words)}</p>
                    <p class="text-2xl font-bold tracking-tight whitespace-nowrap tabular-nums" data-testid="total">
                        {words(sum)}
                    </p>
                </div>
                <Book href=checkout enabled=Signal::derive(move || total.get().is_some() && closed.get().is_none()) testid="book" class="mt-4 w-full max-lg:hidden" />
                <p class="mt-3 flex items-center justify-center gap-2 text-sm text-ink-faint">
                    <Icon glyph=Glyph::Lock class="size-4" />
                    "Held for you while you pay"
                </p>
                <p class="mt-1 text-center text-sm text-ink-faint" data-testid="refund-policy">
                    {refunds}
                </p>
            </div>
        </div>
        <div class="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-surface px-4 py-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] shadow-lift lg:hidden" class:hidden=move || closed.get().is_some()>
            <div class="mx-auto flex max-w-6xl items-center justify-between gap-4">
                <div>
                    <p class="text-xs text-ink-faint">{words(words_again)}</p>
                    <p class="text-lg leading-6 font-bold tabular-nums">{words(sum_again)}</p>
                </div>
                {part(move || {
                    if total.get().is_some() {
                        view! { <Book href=checkout enabled=true testid="book-bar" class="" /> }.into_any()
                    } else {
                        view! {
                            <a href="#tickets" rel="external" class="btn btn-primary">
                                "Choose tickets"
                            </a>
                        }
                            .into_any()
                    }
                })}
            </div>
        </div>
    }
}

/// The way to the checkout; a link, so that it can be opened anew, and not one while nothing is chosen.
#[component]
fn Book<H: Fn() -> String + Send + Sync + 'static>(
    href: H,
    #[prop(into)] enabled: Signal<bool>,
    testid: &'static str,
    class: &'static str,
) -> impl IntoView {
    view! {
        <a
            class=format!("btn btn-primary {class}")
            data-testid=testid
            role="link"
            href=move || enabled.get().then(&href)
            aria-disabled=move || (!enabled.get()).then_some("true")
        >
            "Book"
        </a>
    }
}

/// One kind of ticket: what it is, what it costs, how many.
#[component]
fn Kind(kind: TicketType, left: Signal<Option<Availability>>, pairs: Memo<Pairs>) -> impl IntoView {
    let name = StoredValue::new(kind.name.clone());
    let now = memo(move || {
        left.with(|l| {
            l.as_ref().and_then(|l| l.ticket_types.iter().find(|t| name.with_value(|n| t.name == *n)).cloned())
        })
    });
    let quantity = Signal::derive(move || {
        let most = left.with(|l| l.as_ref().map_or(0, selection::limit));
        pairs.with(|p| name.with_value(|n| selection::picked(p, n))).min(most)
    });
    let most = Signal::derive(move || {
        left.with(|l| l.as_ref().map_or(0, |l| pairs.with(|p| name.with_value(|n| selection::most(p, l, n)))))
    });
    let open = memo(move || left.with(|l| l.as_ref().is_some_and(|l| l.sale == SaleStatus::OnSale)));
    let set_query = StoredValue::new_local(query::setter());
    let set = move |quantity: u32| {
        let value = (quantity > 0).then(|| quantity.to_string());
        set_query.with_value(|set| name.with_value(|n| set(&[(n, value)])));
    };
    let listed = kind.price;
    let label = kind.name.clone();
    let note = move || {
        let remaining = now.get().map(|n| n.remaining)?;
        if remaining == 0 {
            return Some(("text-danger-ink", "Sold out".to_owned()));
        }
        (remaining <= 10).then(|| ("text-gold-ink", format!("Only {remaining} left")))
    };
    let over = move || now.get().is_some_and(|n| n.remaining > 0 && quantity.get() > n.remaining);
    view! {
        <li class="flex items-center justify-between gap-4 py-4" data-testid="ticket-type" data-name=kind.name.clone()>
            <div class="min-w-0">
                <h3 class="font-semibold">{kind.name.clone()}</h3>
                <p class="text-[0.9375rem] text-ink-soft tabular-nums" data-testid="price">
                    {words(move || format::price(now.get().map_or(listed, |n| n.price)))}
                </p>
                <p class="mt-1 text-sm text-ink-faint empty:hidden">{kind.description.clone()}</p>
                {maybe(move || note().map(|(class, text)| view! { <p class=format!("mt-1 text-sm font-medium {class}")>{text}</p> }.into_any()))}
                {maybe(move || over().then(|| view! { <p class="mt-1 text-sm font-medium text-danger-ink">"Choose fewer: not enough are left."</p> }.into_any()))}
            </div>
            {maybe(move || {
                let sellable = open.get() && now.with(|n| n.as_ref().is_some_and(|n| n.remaining > 0));
                sellable.then(|| view! { <Stepper label=label.clone() value=quantity max=most set=set /> }.into_any())
            })}
        </li>
    }
}
