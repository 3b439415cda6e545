//! Method, card, and the button that pays.

use leptos::prelude::*;
use shared::{
    FieldError, ProblemType,
    payment::{PaymentMethod, ProcessPayment},
    rules,
};
use validator::Validate;

use super::{Till, card};
use crate::{
    api::{self, ApiError, payment::Means},
    browser,
    components::{Alert, Errors, Field, FormError, Glyph, Icon, Submit, Tone, maybe, press, words},
    format,
    work::Work,
};

const METHODS: [(PaymentMethod, &str, &str); 4] = [
    (PaymentMethod::CreditCard, "Credit card", "credit_card"),
    (PaymentMethod::DebitCard, "Debit card", "debit_card"),
    (PaymentMethod::Paypal, "PayPal", "paypal"),
    (PaymentMethod::BankTransfer, "Bank transfer", "bank_transfer"),
];

/// The test cards of the simulated provider.
const TEST_CARDS: [(&str, &str, &str); 5] = [
    ("4242 4242 4242 4242", "Paid", "test-card-success"),
    ("4000 0000 0000 0002", "Declined", "test-card-declined"),
    ("4000 0000 0000 9995", "Insufficient funds", "test-card-funds"),
    ("4000 0025 0000 3155", "Asks you to approve", "test-card-asks"),
    ("4000 0000 0000 0259", "Paid after four seconds", "test-card-slow"),
];

fn key_name(till: Till) -> String {
    format!("pay:{}", till.id)
}

/// The key of the attempt under way, over reloads: it may have arrived.
fn key(till: Till) -> String {
    browser::recall(&key_name(till)).unwrap_or_else(|| {
        let key = api::new_key();
        browser::remember(&key_name(till), &key);
        key
    })
}

/// Month and year are one field on the page.
fn on_page(errors: Vec<FieldError>) -> Vec<FieldError> {
    let one = |e: FieldError| match e.pointer.as_str() {
        "/card/expiryMonth" | "/card/expiryYear" => FieldError {
            pointer: "/card/expiry".to_owned(),
            detail: "must be a month and a year, such as 09 / 28".to_owned(),
        },
        _ => e,
    };
    errors.into_iter().map(one).collect()
}

/// Pays, and makes of the answer what the page shows next.
pub async fn pay(till: Till, request: Means, errors: Errors) {
    let mut answer = api::payment::process(&request, &key(till)).await;
    if matches!(&answer, Err(error) if error.is(ProblemType::KeyReused)) {
        // The key was used with another card, or another token, before a reload. The order's state keeps it from being paid twice.
        browser::forget(&key_name(till));
        answer = api::payment::process(&request, &key(till)).await;
    }
    match answer {
        Ok(done) => {
            browser::forget(&key_name(till));
            till.deciding.set(true);
            match done.next_action {
                Some(action) => till.action.set(Some(action.url)),
                None if done.success => till.look().await,
                None => {}
            }
        }
        Err(error) if error.is(ProblemType::PaymentDeclined) => {
            browser::forget(&key_name(till));
            till.declined.set(Some(error.to_string()));
            till.look().await;
        }
        Err(error) if error.is(ProblemType::InvalidInput) => {
            browser::forget(&key_name(till));
            errors.set(on_page(error.fields().to_vec()));
        }
        // Already under way, or no longer to be paid: the order says which.
        Err(error) if error.is(ProblemType::WrongState) => {
            browser::forget(&key_name(till));
            errors.say(error.to_string());
            till.look().await;
        }
        Err(error) if error.is_final() => {
            browser::forget(&key_name(till));
            errors.refuse(&error);
            till.look().await;
        }
        Err(error) if error.is(ProblemType::TooManyRequests) || error.is(ProblemType::NotSignedIn) => {
            errors.refuse(&error);
        }
        // Unknown is not failed: the money may have moved. Ask until the order knows.
        Err(ApiError::Offline | ApiError::Problem(_)) => till.deciding.set(true),
    }
}

fn declined(reason: String) -> AnyView {
    view! {
        <Alert tone=Tone::Bad testid="declined">
            <p class="font-semibold">{reason}</p>
            <p>"Your tickets are still held. Try another card."</p>
        </Alert>
    }
    .into_any()
}

/// What every way of paying has: its fields, what went wrong, and the button that pays.
pub fn frame(till: Till, errors: Errors, work: Work, submit: impl Fn() + 'static, fields: AnyView) -> AnyView {
    let pending = work.pending();
    let submit = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        if !pending.get_untracked() {
            till.declined.set(None);
            errors.clear();
            submit();
        }
    };
    let total = till.order.with_untracked(|o| format::money(o.total_amount));
    view! {
        <form class="card p-5 sm:p-6" novalidate on:submit=submit data-testid="pay-form">
            {fields}
            <div class="mt-5 space-y-4">
                {maybe(move || till.declined.get().map(declined))}
                <FormError errors />
            </div>
            <div class="mt-6">
                <Submit pending testid="pay" class="btn-primary min-h-13 w-full text-base">
                    {words(move || if pending.get() { "Paying …".to_owned() } else { format!("Pay {total}") })}
                </Submit>
            </div>
            <p class="mt-3 flex items-center justify-center gap-2 text-sm text-ink-faint">
                <Icon glyph=Glyph::Lock class="size-4" />
                "Your card goes to the payment provider and is never stored here."
            </p>
        </form>
    }
    .into_any()
}

/// Method, card, and the button that pays.
#[component]
pub fn PayForm(till: Till) -> impl IntoView {
    let method = RwSignal::new(PaymentMethod::CreditCard);
    let (number, expiry, cvc) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let errors = Errors::new();
    let work = Work::new();
    let submit = move || {
        let payment_method = method.get_untracked();
        let card = payment_method
            .is_card()
            .then(|| card::read(&number.get_untracked(), &expiry.get_untracked(), &cvc.get_untracked()));
        let request = ProcessPayment { order_id: till.id, payment_method, card };
        match request.validate() {
            Ok(()) => work.start(pay(till, Means::Card(request), errors)),
            Err(broken) => errors.set(on_page(rules::field_errors(&broken))),
        }
    };
    let fill = move |card: &'static str| {
        number.set(card.to_owned());
        expiry.set("12 / 34".to_owned());
        cvc.set("123".to_owned());
        errors.clear();
        browser::focus("[data-testid=pay]");
    };
    let fields = view! {
        <Methods method />
        {maybe(move || method.get().is_card().then(|| view! { <CardFields number expiry cvc errors fill /> }.into_any()))}
    };
    frame(till, errors, work, submit, fields.into_any())
}

#[component]
fn Methods(method: RwSignal<PaymentMethod>) -> impl IntoView {
    let choice = move |(of, words, name): (PaymentMethod, &'static str, &'static str)| {
        view! {
            <label class="flex min-h-12 cursor-pointer items-center gap-3 rounded-control border border-line-strong/60 px-4 text-[0.9375rem] font-medium has-checked:border-brand has-checked:bg-brand-tint has-checked:text-brand-ink has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-brand">
                <input
                    type="radio"
                    name="method"
                    class="size-4 shrink-0 accent-brand outline-none"
                    data-testid=format!("method-{name}")
                    prop:checked=move || method.get() == of
                    on:change=move |_| method.set(of)
                />
                {words}
            </label>
        }
    };
    view! {
        <fieldset>
            <legend class="mb-2 text-[0.9375rem] font-medium">"How do you want to pay?"</legend>
            <div class="grid grid-cols-2 gap-3">{METHODS.into_iter().map(choice).collect_view()}</div>
        </fieldset>
    }
}

#[component]
fn CardFields<F: Fn(&'static str) + Copy + Send + Sync + 'static>(
    number: RwSignal<String>,
    expiry: RwSignal<String>,
    cvc: RwSignal<String>,
    errors: Errors,
    fill: F,
) -> impl IntoView {
    view! {
        <div class="mt-6 grid grid-cols-2 gap-5">
            <div class="col-span-2">
                <Field
                    label="Card number"
                    pointer="/card/number"
                    value=number
                    errors
                    autocomplete="cc-number"
                    inputmode="numeric"
                    placeholder="1234 1234 1234 1234"
                    tidy=|t: String| card::tidy_number(&t)
                    testid="card-number"
                />
            </div>
            <Field
                label="Expiry"
                pointer="/card/expiry"
                value=expiry
                errors
                autocomplete="cc-exp"
                inputmode="numeric"
                placeholder="MM / YY"
                tidy=|t: String| card::tidy_expiry(&t)
                testid="card-expiry"
            />
            <Field
                label="Security code"
                pointer="/card/cvc"
                value=cvc
                errors
                autocomplete="cc-csc"
                inputmode="numeric"
                placeholder="CVC"
                tidy=|t: String| card::tidy_cvc(&t)
                testid="card-cvc"
            />
        </div>
        {api::is_test_mode().then(|| view! { <TestCards fill /> })}
    }
}

/// Cards to try with, where no real money moves.
#[component]
fn TestCards<F: Fn(&'static str) + Copy + Send + Sync + 'static>(fill: F) -> impl IntoView {
    let card = move |(number, outcome, testid): (&'static str, &'static str, &'static str)| {
        view! {
            <li>
                <button
                    type="button"
                    class="flex min-h-11 w-full items-center justify-between gap-4 rounded-sm py-1.5 text-left"
                    data-testid=testid
                    aria-label=format!("Use the card for: {outcome}")
                    on:click=press(move || fill(number))
                >
                    <span class="min-w-0 sm:flex sm:flex-1 sm:items-center sm:justify-between">
                        <span class="block font-mono text-[0.8125rem] tabular-nums">{number}</span>
                        <span class="block">{outcome}</span>
                    </span>
                    <span class="font-medium underline underline-offset-4">"Use"</span>
                </button>
            </li>
        }
    };
    view! {
        <div class="mt-5 rounded-control bg-info-tint px-4 py-3 text-sm text-info-ink" data-testid="test-mode">
            <p class="font-semibold">"Test mode: no real money moves"</p>
            <ul class="mt-1 divide-y divide-info-ink/15">{TEST_CARDS.into_iter().map(card).collect_view()}</ul>
        </div>
    }
}
