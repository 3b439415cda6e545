//! What the buyer has paid.

use leptos::prelude::*;
use shared::payment::{Payment, PaymentMethod, PaymentStatus};

use crate::{
    api,
    components::{Empty, Glyph, Heading, ListSkeleton, PagedList, PaymentBadge, SignedIn, rows},
    format,
    paging::Paged,
    work::{follow, memo},
};

/// What the buyer has paid.
#[component]
pub fn Payments() -> impl IntoView {
    view! {
        <SignedIn>
            <List />
        </SignedIn>
    }
}

#[component]
fn List() -> impl IntoView {
    let list = Paged::new(memo(|| ()), |(), page| async move { api::payment::history(&page).await });
    let open = |p: &Payment| matches!(p.status, PaymentStatus::Pending | PaymentStatus::Processing);
    follow(move || list.has(open), move || list.look());
    let empty = || view! { <Empty title="No payments yet" text="What you pay, and what comes back to you, will be listed here." glyph=Glyph::Card /> };
    view! {
        <div class="wrap max-w-4xl py-8 lg:py-10">
            <Heading text="Payments" />
            <div class="mt-6">
                <PagedList list skeleton=|| view! { <ListSkeleton /> } empty>
                    <ul class="card divide-y divide-line" data-testid="payments">
                        {rows(move || list.items(), |p: &Payment| format!("{}{}", p.id, p.updated_at), |payment| view! { <Row payment /> }.into_any())}
                    </ul>
                </PagedList>
            </div>
        </div>
    }
}

/// How it was paid, in words.
pub fn method(payment: &Payment) -> String {
    let card = &payment.payment_details;
    match (payment.payment_method, &card.card_last4) {
        (PaymentMethod::Paypal, _) => "PayPal".to_owned(),
        (PaymentMethod::BankTransfer, _) => "Bank transfer".to_owned(),
        (_, Some(last4)) => format!("{} ···· {last4}", card.card_brand.as_deref().unwrap_or("Card")),
        (PaymentMethod::CreditCard, None) => "Credit card".to_owned(),
        (PaymentMethod::DebitCard, None) => "Debit card".to_owned(),
    }
}

#[component]
fn Row(payment: Payment) -> impl IntoView {
    view! {
        <li class="p-4 sm:p-5" data-testid="payment">
            <div class="flex items-start justify-between gap-4">
                <div class="min-w-0">
                    <h2 class="font-semibold">
                        <a class="rounded-sm hover:underline" href=format!("/orders/{}", payment.order_id)>
                            {payment.event_title.clone()}
                        </a>
                    </h2>
                    <p class="mt-1 flex flex-wrap gap-x-4 text-sm text-ink-faint">
                        <span class="first-letter:uppercase">{method(&payment)}</span>
                        <span>{format::full_date_time(payment.created_at, &format::own_zone())}</span>
                        <span class="font-mono">{payment.booking_reference.clone()}</span>
                    </p>
                </div>
                <div class="shrink-0 text-right">
                    <p class="text-lg font-semibold tabular-nums">{format::money(payment.amount)}</p>
                    <div class="mt-1">
                        <PaymentBadge status=payment.status />
                    </div>
                </div>
            </div>
            {payment.next_action.clone().map(|action| view! { <a class="link mt-2 inline-block text-sm" href=action.url data-testid="go-challenge">"Your bank asks you to approve it"</a> })}
            {payment.failure_reason.clone().map(|reason| view! { <p class="mt-2 text-sm text-danger-ink">{reason}</p> })}
        </li>
    }
}
