//! The ticket types of the event form: rows that come and go.

use leptos::prelude::*;

use super::{
    draft::TypeDraft,
    fields::{Fields, Section, TypeFields},
};
use crate::components::{Errors, Field, Glyph, Icon, Options, maybe, press, rows, words};
use crate::work::memo;

/// The most ticket types of an event.
const MOST: usize = 20;

const CURRENCIES: [(&str, &str); 10] = [
    ("USD", "US dollar"),
    ("EUR", "Euro"),
    ("GBP", "Pound sterling"),
    ("CHF", "Swiss franc"),
    ("PLN", "Polish złoty"),
    ("SEK", "Swedish krona"),
    ("CAD", "Canadian dollar"),
    ("AUD", "Australian dollar"),
    ("INR", "Indian rupee"),
    ("JPY", "Japanese yen"),
];

/// The ticket types: at least one.
#[component]
pub fn TicketTypes(fields: Fields, errors: Errors) -> impl IntoView {
    let types = fields.types;
    let mut currencies: Vec<_> = CURRENCIES.map(|(code, name)| (code.to_owned(), format!("{code} · {name}"))).to_vec();
    let own = fields.currency.get_untracked();
    if !currencies.iter().any(|(code, _)| *code == own) {
        currencies.push((own.clone(), own));
    }
    let add = move || {
        types.update(|rows| {
            let key = rows.iter().map(|r| r.key + 1).max().unwrap_or_default();
            rows.push(TypeFields::new(key, false, TypeDraft::default()));
        });
    };
    let on_sale = types.with_untracked(|rows| rows.iter().any(|r| r.fixed));
    let general = memo(move || errors.of("/ticketTypes"));
    view! {
        <Section title="Tickets" text="What one can buy, at which price, and how many there are.">
            <div class="max-w-xs">
                <Options label="Currency" pointer="/currency" value=fields.currency errors choices=currencies disabled=on_sale testid="currency" />
            </div>
            <ul class="mt-5 space-y-4" data-pointer="/ticketTypes">
                {rows(move || types.get(), |row: &TypeFields| row.key.to_string(), move |row| view! { <Row row types errors /> }.into_any())}
            </ul>
            <p class="mt-3 text-sm font-medium text-danger-ink empty:hidden" role="alert">
                {words(move || general.get().map(|detail| format!("Ticket types {detail}.")).unwrap_or_default())}
            </p>
            <button
                type="button"
                class="btn btn-plain mt-4"
                data-testid="add-type"
                disabled=move || types.with(|rows| rows.len() >= MOST)
                on:click=press(add)
            >
                <Icon glyph=Glyph::Plus />
                "Add a ticket type"
            </button>
        </Section>
    }
}

#[component]
fn Row(row: TypeFields, types: RwSignal<Vec<TypeFields>>, errors: Errors) -> impl IntoView {
    let place = memo(move || types.with(|rows| rows.iter().position(|r| r.key == row.key).unwrap_or_default()));
    let pointer = move |field: &'static str| Signal::derive(move || format!("/ticketTypes/{}/{field}", place.get()));
    let remove = move || {
        types.update(|rows| rows.retain(|r| r.key != row.key));
        errors.clear();
    };
    view! {
        <li class="rounded-control border border-line bg-canvas p-4" data-testid="type-row">
            <div class="mb-3 flex min-h-9 items-center justify-between gap-4">
                <h3 class="eyebrow">{words(move || format!("Ticket type {}", place.get() + 1))}</h3>
                {maybe(move || {
                    let removable = !row.fixed && types.with(|rows| rows.len() > 1);
                    removable.then(|| view! { <Remove remove /> }.into_any())
                })}
                {row.fixed.then(|| view! { <p class="text-sm text-ink-faint">"On sale: the name stays. 0 tickets stop its sale."</p> })}
            </div>
            <div class="grid grid-cols-2 gap-4 sm:grid-cols-4">
                <div class="col-span-2">
                    <Field label="Name" pointer=pointer("name") value=row.name errors disabled=row.fixed testid="type-name" />
                </div>
                <Field label="Price" pointer=pointer("price") value=row.price errors inputmode="decimal" placeholder="0 is free" testid="type-price" />
                <Field label="Quantity" pointer=pointer("quantity") value=row.quantity errors inputmode="numeric" placeholder="100" testid="type-quantity" />
                <div class="col-span-2 sm:col-span-4">
                    <Field label="What it includes" pointer=pointer("description") value=row.description errors optional=true testid="type-description" />
                </div>
            </div>
        </li>
    }
}

#[component]
fn Remove<F: Fn() + 'static>(remove: F) -> impl IntoView {
    view! {
        <button type="button" class="btn btn-quiet min-h-9 px-3 text-sm" data-testid="remove-type" on:click=press(remove)>
            <Icon glyph=Glyph::Trash class="size-4" />
            "Remove"
        </button>
    }
}
