//! Paying by Stripe: its field for the card, and the button that pays with the token it makes.

use leptos::{html, prelude::*};
use shared::payment::{PaymentMethod, ProcessPaymentByToken};

use super::{
    Till,
    form::{frame, pay},
    stripe::CardField,
};
use crate::{
    api::{Stripe, payment::Means},
    components::{Alert, Errors, Tone, maybe, press, words},
    theme::use_theme,
    work::{Work, aside, effect},
};

/// How far the field for the card has come.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Coming,
    There,
    Missing,
}

/// Stripe's field for the card, and the button that pays.
#[component]
pub fn StripeForm(till: Till, stripe: Stripe) -> impl IntoView {
    let errors = Errors::new();
    let work = Work::new();
    let stage = RwSignal::new(Stage::Coming);
    // What Stripe says is wrong with the card.
    let wrong = RwSignal::new(String::new());
    let place = NodeRef::<html::Div>::new();
    let field = StoredValue::new_local(None::<CardField>);
    let stripe = StoredValue::new(stripe);
    let mount = move || {
        let Some(place) = place.get_untracked() else { return };
        stage.set(Stage::Coming);
        aside(async move {
            let Some(stripe) = stripe.try_get_value() else { return };
            let mounted = CardField::mount(&stripe, &place, move |said| drop(wrong.try_set(said))).await;
            let found = if mounted.is_ok() { Stage::There } else { Stage::Missing };
            // The page may be gone by now.
            if let Some(Some(late)) = field.try_set_value(mounted.ok()) {
                late.remove();
            }
            stage.try_set(found);
        });
    };
    effect(move || {
        if place.get().is_some() {
            mount();
        }
    });
    let theme = use_theme();
    effect(move || {
        theme.is_dark();
        if let (Some(place), Some(Some(field))) = (place.get_untracked(), field.try_get_value()) {
            field.restyle(&place);
        }
    });
    on_cleanup(move || {
        if let Some(Some(field)) = field.try_get_value() {
            field.remove();
        }
    });
    let submit = move || {
        // While the field is not there, the page says so.
        let Some(field) = field.get_value() else { return };
        wrong.set(String::new());
        let (name, email) = till.order.with_untracked(|order| {
            let buyer = &order.customer_info;
            (format!("{} {}", buyer.first_name, buyer.last_name), buyer.email.clone())
        });
        work.start(async move {
            match field.token(&name, &email).await {
                Ok(token) => {
                    let request = ProcessPaymentByToken {
                        order_id: till.id,
                        payment_method: PaymentMethod::CreditCard,
                        payment_method_token: Some(token),
                    };
                    pay(till, Means::Token(request), errors).await;
                }
                Err(said) => drop(wrong.try_set(said)),
            }
        });
    };
    let fields = view! {
        <p id="stripe-label" class="mb-1.5 text-[0.9375rem] font-medium">
            "Card"
        </p>
        <div
            class="input py-3"
            class:hidden=move || stage.get() == Stage::Missing
            role="group"
            aria-labelledby="stripe-label"
            aria-describedby="stripe-error"
            aria-busy=move || (stage.get() == Stage::Coming).then_some("true")
            data-testid="stripe-card"
        >
            // A frame of another colour scheme than its place would have a ground of its own.
            <div node_ref=place class="scheme-light"></div>
        </div>
        <p id="stripe-error" class="mt-1.5 text-sm font-medium text-danger-ink empty:hidden" aria-live="polite" data-testid="stripe-error">
            {words(move || wrong.get())}
        </p>
        {maybe(move || (stage.get() == Stage::Missing).then(|| missing(Callback::new(move |()| mount()))))}
    };
    frame(till, errors, work, submit, fields.into_any())
}

fn missing(again: Callback<()>) -> AnyView {
    view! {
        <Alert tone=Tone::Warn testid="stripe-missing">
            <p class="font-semibold">"The form for your card could not be loaded."</p>
            <p>"It comes from Stripe, who takes the payment. Check your connection, and whether something in your browser blocks it."</p>
            <button type="button" class="btn btn-plain mt-3" data-testid="stripe-retry" on:click=press(move || again.run(()))>
                "Try again"
            </button>
        </Alert>
    }
    .into_any()
}
