//! A payment that its buyer has to approve first. Whatever happens to an answer, the order decides what is shown.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use shared::{OrderId, ProblemType, payment::Payment, ticket::OrderStatus};

use super::{
    payments::method,
    standing::{self, Standing},
};
use crate::{
    api,
    components::{
        Deciding, Errors, FormError, FormSkeleton, Heading, Load, OrderAside, SignedIn, Steps, press, spinner,
        use_toasts, waiting,
    },
    format,
    work::{Remote, Work, effect},
};

/// A payment that its buyer has to approve first.
#[component]
pub fn Challenge(
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
    let show = move |now: Standing| view! { <Asked now standing /> }.into_any();
    view! {
        <div class="wrap py-8 lg:py-10">
            <Steps current=3 />
            <Heading text="Approve the payment" />
            <div class="mt-6">
                <Load remote=standing skeleton=|| view! { <FormSkeleton /> } show />
            </div>
        </div>
    }
}

/// The page that shows what became of the payment, once it is decided.
const fn next_page(status: OrderStatus) -> Option<&'static str> {
    match status {
        OrderStatus::Paying => None,
        OrderStatus::Confirmed | OrderStatus::Refunding | OrderStatus::Refunded => Some("result"),
        OrderStatus::Held | OrderStatus::Expired | OrderStatus::Cancelled => Some("pay"),
    }
}

#[component]
fn Asked(now: Standing, standing: Remote<Standing>) -> impl IntoView {
    let next = next_page(now.order.status).map(|page| format!("/orders/{}/{page}", now.order.id));
    let navigate = use_navigate();
    effect(move || {
        if let Some(next) = &next {
            navigate(next, NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
    let body = match (now.action(), now.payment) {
        (Some(url), Some(payment)) => view! { <Question payment url standing /> }.into_any(),
        _ => view! { <Deciding /> }.into_any(),
    };
    view! {
        <div class="grid items-start gap-8 lg:grid-cols-12">
            <div class="min-w-0 lg:col-span-7">{body}</div>
            <OrderAside order=now.order />
        </div>
    }
}

#[component]
fn Question(payment: Payment, url: String, standing: Remote<Standing>) -> impl IntoView {
    view! {
        <section class="card p-5 sm:p-6" aria-label="Your bank asks" data-testid="challenge">
            <p class="eyebrow">"Your bank asks"</p>
            <h2 class="mt-2 text-heading font-semibold">
                "Pay " <span class="tabular-nums">{format::money(payment.amount)}</span> " to Ticketer?"
            </h2>
            <p class="mt-1.5 text-ink-soft">
                "For " {payment.event_title.clone()} ", with " <span class="inline-block first-letter:uppercase">{method(&payment)}</span> "."
            </p>
            {if url.starts_with('/') {
                view! { <Answers payment standing /> }.into_any()
            } else {
                view! {
                    <a href=url class="btn btn-primary mt-6 min-h-13 w-full text-base" rel="external" data-testid="to-bank">
                        "Go to your bank"
                    </a>
                }
                    .into_any()
            }}
            <p class="mt-4 text-sm text-ink-faint">
                "Your seats stay yours while you decide. Without an answer the payment is given up after a few minutes, and nothing is charged."
            </p>
        </section>
    }
}

/// Yes or no, where Ticketer itself stands for the bank: with the simulated provider.
#[component]
fn Answers(payment: Payment, standing: Remote<Standing>) -> impl IntoView {
    let toasts = use_toasts();
    let errors = Errors::new();
    let (approve, refuse) = (Work::new(), Work::new());
    let busy = Signal::derive(move || approve.pending().get() || refuse.pending().get());
    let send = move |yes: bool| async move {
        errors.clear();
        match api::payment::challenge(payment.id, yes).await {
            Ok(()) => {}
            // The page that comes next says so.
            Err(error) if error.is(ProblemType::PaymentDeclined) => {}
            // Decided before, perhaps in another tab; this page is about to go.
            Err(error) if error.is(ProblemType::WrongState) => toasts.bad(error),
            // Perhaps it arrived: the question stays only as long as it is asked, and a second answer changes nothing.
            Err(error) => errors.say(error.to_string()),
        }
        standing.look().await;
    };
    let answer = move |work: Work, yes: bool| {
        if !busy.get_untracked() {
            work.start(send(yes));
        }
    };
    view! {
        <div class="mt-5">
            <FormError errors />
        </div>
        <div class="mt-5 grid gap-3 sm:grid-cols-2">
            <button type="button" class="btn btn-primary min-h-13 text-base" data-testid="approve" aria-disabled=waiting(busy) on:click=press(move || answer(approve, true))>
                {spinner(approve.pending())}
                "Approve"
            </button>
            <button type="button" class="btn btn-plain min-h-13 text-base" data-testid="refuse" aria-disabled=waiting(busy) on:click=press(move || answer(refuse, false))>
                {spinner(refuse.pending())}
                "Refuse"
            </button>
        </div>
        <p class="mt-4 text-sm text-ink-faint">"A simulated bank: no real money moves."</p>
    }
}
