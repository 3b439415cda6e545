//! Who the tickets are for; then the seats are held.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use serde::{Deserialize, Serialize};
use shared::{
    EventId, Money, ProblemType,
    auth::User,
    event::Event,
    ticket::{Availability, BookTickets, CustomerInfo, Order},
};

use super::held::HeldOf;
use crate::{
    api::{self, ApiError},
    browser,
    components::{
        Alert, Empty, Errors, EventLine, Field, FormError, FormSkeleton, Heading, Load, OrderLines, SignedIn, Steps,
        Submit, Tone, maybe,
    },
    format, query, selection,
    session::use_session,
    work::{Remote, Work, effect},
};

/// Who the tickets are for; then the seats are held.
#[component]
pub fn Checkout(
    /// From the address.
    id: Option<EventId>,
) -> impl IntoView {
    view! {
        <SignedIn>
            <Fetched id />
        </SignedIn>
    }
}

#[component]
fn Fetched(id: Option<EventId>) -> impl IntoView {
    let both = Remote::of(id, async |id| Ok((api::event::get(id).await?, api::ticket::availability(id).await?)));
    // Outlives the form, which is made anew when the prices are fetched anew.
    let refused = RwSignal::new(None::<ApiError>);
    let again = move || both.refetch();
    let show = move |(event, left): (Event, Availability)| view! { <Details event left refused again /> }.into_any();
    view! {
        <div class="wrap py-8 lg:py-10">
            <Steps current=2 />
            <Heading text="Who are the tickets for?" />
            <div class="mt-6">
                <HeldOf id />
                <Load remote=both skeleton=|| view! { <FormSkeleton /> } show />
            </div>
        </div>
    }
}

/// What is typed here, over reloads.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
struct Typed {
    first_name: String,
    last_name: String,
    email: String,
    phone: String,
}

/// Of one person: the next one at this tab starts from their own account.
fn typed_name(user: Option<&User>) -> String {
    user.map_or_else(|| "checkout".to_owned(), |u| format!("checkout:{}", u.id))
}

/// A booking on its way, over reloads: sent again, it is the same booking.
#[derive(Serialize, Deserialize)]
struct Underway {
    key: String,
    /// As JSON: it is only ever compared.
    request: String,
}

/// The key of this very booking: the one of before if nothing in it has changed, since it may have arrived.
fn key_for(request: &BookTickets) -> String {
    let name = format!("book:{}", request.event_id);
    let request = serde_json::to_string(request).unwrap_or_default();
    if let Some(before) = browser::recall::<Underway>(&name).filter(|before| before.request == request) {
        return before.key;
    }
    let key = api::new_key();
    browser::remember(&name, &Underway { key: key.clone(), request });
    key
}

#[component]
fn Details<F: Fn() + Copy + Send + Sync + 'static>(
    event: Event,
    left: Availability,
    refused: RwSignal<Option<ApiError>>,
    again: F,
) -> impl IntoView {
    let pairs = query::pairs().get_untracked();
    let lines = selection::lines(&pairs, &left);
    let back = query::href(&format!("/events/{}", event.id), &pairs);
    let Some(total) = selection::total(&lines) else {
        return view! {
            <Empty title="No tickets chosen" text="Choose your tickets on the event's page first.">
                <a href=back class="btn btn-primary">
                    "Choose tickets"
                </a>
            </Empty>
        }
        .into_any();
    };
    let wanted = selection::wanted(&lines);
    view! {
        <div class="grid items-start gap-8 lg:grid-cols-12">
            <CustomerForm event_id=event.id wanted total back=back.clone() refused again />
            <aside class="ticket lg:sticky lg:top-24 lg:col-span-5 lg:row-start-1 lg:col-start-8" aria-label="Your order">
                <div class="ticket-body p-5 sm:p-6">
                    <EventLine event=selection::snapshot(&event) />
                </div>
                <div class="ticket-stub p-5 sm:p-6">
                    <OrderLines lines total />
                    <a class="link mt-4 inline-block text-sm" href=back data-testid="change-tickets">
                        "Change tickets"
                    </a>
                </div>
            </aside>
        </div>
    }
    .into_any()
}

#[component]
fn CustomerForm<F: Fn() + Copy + Send + Sync + 'static>(
    event_id: EventId,
    wanted: Vec<shared::ticket::TicketLine>,
    total: Money,
    back: String,
    refused: RwSignal<Option<ApiError>>,
    again: F,
) -> impl IntoView {
    let account = use_session().user_now();
    let name = typed_name(account.as_ref());
    let typed = browser::recall::<Typed>(&name).unwrap_or_else(|| {
        account
            .map(|u| Typed { first_name: u.first_name, last_name: u.last_name, email: u.email, phone: String::new() })
            .unwrap_or_default()
    });
    let first_name = RwSignal::new(typed.first_name);
    let last_name = RwSignal::new(typed.last_name);
    let email = RwSignal::new(typed.email);
    let phone = RwSignal::new(typed.phone);
    effect(move || {
        let typed =
            Typed { first_name: first_name.get(), last_name: last_name.get(), email: email.get(), phone: phone.get() };
        browser::remember(&name, &typed);
    });
    let errors = Errors::new();
    let navigate = use_navigate();
    let book = Work::new();
    let pending = book.pending();
    let send = async move |request: BookTickets| match api::ticket::book(&request, &key_for(&request)).await {
        Ok(order) => {
            browser::forget(&format!("book:{event_id}"));
            // Back from there leads to the event, not to a second booking.
            navigate(&next_page(&order), NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
        Err(error) => {
            if error.is_final() {
                browser::forget(&format!("book:{event_id}"));
            }
            if error.is(ProblemType::PriceChanged) {
                again();
            }
            let elsewhere =
                [ProblemType::SoldOut, ProblemType::PriceChanged, ProblemType::NotOnSale, ProblemType::BuyerLimit];
            if elsewhere.iter().any(|kind| error.is(*kind)) {
                refused.set(Some(error));
            } else {
                errors.refuse(&error);
            }
        }
    };
    let send = std::rc::Rc::new(send);
    let submit = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        if pending.get_untracked() {
            return;
        }
        refused.set(None);
        let text = |s: RwSignal<String>| s.get_untracked().trim().to_owned();
        let customer_info = CustomerInfo {
            first_name: text(first_name),
            last_name: text(last_name),
            email: text(email),
            phone: Some(text(phone)).filter(|p| !p.is_empty()),
        };
        let request = BookTickets { event_id, tickets: wanted.clone(), customer_info, total_amount: total };
        if errors.accept(&request) {
            let send = send.clone();
            book.start(async move { send(request).await });
        }
    };
    view! {
        <form class="card p-5 sm:p-6 lg:col-span-7" novalidate on:submit=submit data-testid="checkout-form">
            <div class="grid gap-5 sm:grid-cols-2">
                <Field label="First name" pointer="/customerInfo/firstName" value=first_name errors autocomplete="given-name" testid="first-name" />
                <Field label="Last name" pointer="/customerInfo/lastName" value=last_name errors autocomplete="family-name" testid="last-name" />
                <Field
                    label="E-mail"
                    pointer="/customerInfo/email"
                    value=email
                    errors
                    kind="email"
                    autocomplete="email"
                    hint="Your tickets belong to this address."
                    testid="email"
                />
                <Field
                    label="Phone"
                    pointer="/customerInfo/phone"
                    value=phone
                    errors
                    kind="tel"
                    autocomplete="tel"
                    optional=true
                    hint="For the organizer, if something changes."
                    testid="phone"
                />
            </div>
            <div class="mt-5 space-y-4">
                {maybe(move || refused.get().map(|error| view! { <Refused error back=back.clone() /> }.into_any()))}
                <FormError errors />
            </div>
            <div class="mt-6 flex flex-col gap-3 border-t border-line pt-6 sm:flex-row sm:items-center sm:justify-between">
                <p class="text-sm text-balance text-ink-faint">
                    {if total.is_zero() { "Nothing to pay: the tickets are yours at once." } else { "Nothing is charged yet: your tickets are held while you pay." }}
                </p>
                <Submit pending testid="hold">
                    {if total.is_zero() { "Get my tickets" } else { "Hold my tickets" }}
                </Submit>
            </div>
        </form>
    }
}

fn next_page(order: &Order) -> String {
    let page = if order.status == shared::ticket::OrderStatus::Confirmed { "result" } else { "pay" };
    format!("/orders/{}/{page}", order.id)
}

/// What is left of one kind, in a `sold-out` problem.
#[derive(Deserialize)]
struct Left {
    name: String,
    remaining: u32,
}

/// Why the seats could not be held, and the way on.
#[component]
fn Refused(error: ApiError, back: String) -> impl IntoView {
    let text = if error.is(ProblemType::PriceChanged) {
        match error.member::<Money>("totalAmount") {
            Some(now) => format!(
                "The price has changed: the total is now {}. Nothing is held yet; go on if that suits you.",
                format::money(now)
            ),
            None => "The price has changed. Nothing is held yet.".to_owned(),
        }
    } else if error.is(ProblemType::SoldOut) {
        let left = error.member::<Vec<Left>>("remaining").unwrap_or_default();
        let of = |l: &Left| match l.remaining {
            0 => format!("no {}", l.name),
            n => format!("{n} {}", l.name),
        };
        match left.iter().map(of).collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => "Someone was faster: there are not enough tickets left.".to_owned(),
            some => format!("Someone was faster. What is left: {some}."),
        }
    } else {
        error.to_string()
    };
    let choose = !error.is(ProblemType::PriceChanged);
    let limited = error.is(ProblemType::BuyerLimit);
    view! {
        <Alert tone=Tone::Warn testid="refused">
            <p>{text}</p>
            {choose
                .then(|| {
                    view! {
                        <a class="link mt-1 mr-4 inline-block" href=back>
                            "Choose again"
                        </a>
                    }
                })}
            {limited
                .then(|| {
                    view! {
                        <a class="link mt-1 inline-block" href="/orders">
                            "See your orders"
                        </a>
                    }
                })}
        </Alert>
    }
}
