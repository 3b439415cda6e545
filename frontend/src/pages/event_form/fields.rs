//! The fields of the event form, in the order in which one thinks of them.

use leptos::prelude::*;

use super::draft::{Draft, TypeDraft};
use crate::{
    components::{Errors, Field, Options, TextField},
    format,
};

/// A ticket type being typed.
#[derive(Clone, Copy, PartialEq)]
pub struct TypeFields {
    /// Tells rows apart while they come and go.
    pub key: usize,
    /// On sale already: its name stays and it can't be removed.
    pub fixed: bool,
    pub name: RwSignal<String>,
    pub price: RwSignal<String>,
    pub quantity: RwSignal<String>,
    pub description: RwSignal<String>,
}

impl TypeFields {
    /// A row that holds `typed`.
    pub fn new(key: usize, fixed: bool, typed: TypeDraft) -> Self {
        Self {
            key,
            fixed,
            name: RwSignal::new(typed.name),
            price: RwSignal::new(typed.price),
            quantity: RwSignal::new(typed.quantity),
            description: RwSignal::new(typed.description),
        }
    }
}

/// The event being typed.
#[derive(Clone, Copy)]
pub struct Fields {
    pub title: RwSignal<String>,
    pub description: RwSignal<String>,
    pub category: RwSignal<String>,
    pub tags: RwSignal<String>,
    pub image: RwSignal<String>,
    pub venue_name: RwSignal<String>,
    pub venue_address: RwSignal<String>,
    pub venue_city: RwSignal<String>,
    pub starts_at: RwSignal<String>,
    pub ends_at: RwSignal<String>,
    pub time_zone: RwSignal<String>,
    pub currency: RwSignal<String>,
    pub types: RwSignal<Vec<TypeFields>>,
    pub max_per_order: RwSignal<String>,
    pub max_per_buyer: RwSignal<String>,
    pub refund_hours: RwSignal<String>,
    pub sales_start: RwSignal<String>,
    pub sales_end: RwSignal<String>,
    pub organizer_name: RwSignal<String>,
    pub organizer_email: RwSignal<String>,
    pub organizer_phone: RwSignal<String>,
}

impl Fields {
    /// Fields that hold `draft`; the first `fixed` ticket types are on sale already.
    pub fn new(draft: Draft, fixed: usize) -> Self {
        let types =
            draft.types.into_iter().enumerate().map(|(key, typed)| TypeFields::new(key, key < fixed, typed)).collect();
        Self {
            title: RwSignal::new(draft.title),
            description: RwSignal::new(draft.description),
            category: RwSignal::new(draft.category),
            tags: RwSignal::new(draft.tags),
            image: RwSignal::new(draft.image),
            venue_name: RwSignal::new(draft.venue_name),
            venue_address: RwSignal::new(draft.venue_address),
            venue_city: RwSignal::new(draft.venue_city),
            starts_at: RwSignal::new(draft.starts_at),
            ends_at: RwSignal::new(draft.ends_at),
            time_zone: RwSignal::new(draft.time_zone),
            currency: RwSignal::new(draft.currency),
            types: RwSignal::new(types),
            max_per_order: RwSignal::new(draft.max_per_order),
            max_per_buyer: RwSignal::new(draft.max_per_buyer),
            refund_hours: RwSignal::new(draft.refund_hours),
            sales_start: RwSignal::new(draft.sales_start),
            sales_end: RwSignal::new(draft.sales_end),
            organizer_name: RwSignal::new(draft.organizer_name),
            organizer_email: RwSignal::new(draft.organizer_email),
            organizer_phone: RwSignal::new(draft.organizer_phone),
        }
    }

    /// What they hold, and follows changes.
    pub fn read(self) -> Draft {
        let kind = |t: &TypeFields| TypeDraft {
            name: t.name.get(),
            price: t.price.get(),
            quantity: t.quantity.get(),
            description: t.description.get(),
        };
        Draft {
            title: self.title.get(),
            description: self.description.get(),
            category: self.category.get(),
            tags: self.tags.get(),
            image: self.image.get(),
            venue_name: self.venue_name.get(),
            venue_address: self.venue_address.get(),
            venue_city: self.venue_city.get(),
            starts_at: self.starts_at.get(),
            ends_at: self.ends_at.get(),
            time_zone: self.time_zone.get(),
            currency: self.currency.get(),
            types: self.types.with(|types| types.iter().map(kind).collect()),
            max_per_order: self.max_per_order.get(),
            max_per_buyer: self.max_per_buyer.get(),
            refund_hours: self.refund_hours.get(),
            sales_start: self.sales_start.get(),
            sales_end: self.sales_end.get(),
            organizer_name: self.organizer_name.get(),
            organizer_email: self.organizer_email.get(),
            organizer_phone: self.organizer_phone.get(),
        }
    }
}

/// A group of fields under a heading.
#[component]
pub fn Section(
    /// What they are about.
    title: &'static str,
    /// What helps to fill them in.
    #[prop(optional)]
    text: Option<&'static str>,
    /// The fields.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card p-5 sm:p-6">
            <h2 class="text-heading font-semibold">{title}</h2>
            {text.map(|text| view! { <p class="mt-1 text-[0.9375rem] text-ink-soft">{text}</p> })}
            <div class="mt-5">{children()}</div>
        </section>
    }
}

/// What it is.
#[component]
pub fn Basics(fields: Fields, errors: Errors) -> impl IntoView {
    let categories = [
        ("concert", "Concert"),
        ("theater", "Theater"),
        ("sports", "Sports"),
        ("conference", "Conference"),
        ("workshop", "Workshop"),
        ("other", "Other"),
    ];
    let categories = categories.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    view! {
        <Section title="What">
            <div class="grid gap-5 sm:grid-cols-2">
                <div class="sm:col-span-2">
                    <Field label="Title" pointer="/title" value=fields.title errors testid="title" />
                </div>
                <Options label="Category" pointer="/category" value=fields.category errors choices=categories testid="category" />
                <Field label="Tags" pointer="/tags" value=fields.tags errors optional=true hint="Separated by commas, up to 10." testid="tags" />
                <div class="sm:col-span-2">
                    <TextField
                        label="Description"
                        pointer="/description"
                        value=fields.description
                        errors
                        optional=true
                        hint="Plain text, up to 2,000 characters."
                        testid="description"
                    />
                </div>
                <div class="sm:col-span-2">
                    <Field
                        label="Picture"
                        pointer="/image"
                        value=fields.image
                        errors
                        kind="url"
                        optional=true
                        placeholder="https://"
                        hint="The address of a picture. Without one we draw a cover."
                        testid="image"
                    />
                </div>
            </div>
        </Section>
    }
}

/// When and where it takes place.
#[component]
pub fn WhenAndWhere(fields: Fields, errors: Errors) -> impl IntoView {
    let mut zones = format::zones();
    let own = fields.time_zone.get_untracked();
    if !zones.contains(&own) {
        zones.push(own);
    }
    let zones = zones.into_iter().map(|zone| (zone.clone(), zone.replace('_', " "))).collect();
    view! {
        <Section title="When and where">
            <div class="grid gap-5 sm:grid-cols-2">
                <Field label="Start" pointer="/startsAt" value=fields.starts_at errors kind="datetime-local" testid="starts-at" />
                <Field label="End" pointer="/endsAt" value=fields.ends_at errors kind="datetime-local" testid="ends-at" />
                <div class="sm:col-span-2">
                    <Options
                        label="Time zone"
                        pointer="/timeZone"
                        value=fields.time_zone
                        errors
                        choices=zones
                        hint="Of the venue: times on this page are by its clocks."
                        testid="time-zone"
                    />
                </div>
                <Field label="Venue" pointer="/venue/name" value=fields.venue_name errors testid="venue-name" />
                <Field label="City" pointer="/venue/city" value=fields.venue_city errors autocomplete="address-level2" testid="venue-city" />
                <div class="sm:col-span-2">
                    <Field label="Address" pointer="/venue/address" value=fields.venue_address errors autocomplete="street-address" testid="venue-address" />
                </div>
            </div>
        </Section>
    }
}

/// Limits, sales window and whom to ask: all may be left as they are.
#[component]
pub fn Further(fields: Fields, errors: Errors) -> impl IntoView {
    view! {
        <Section title="Sales and contact" text="All of this may stay as it is.">
            <div class="grid gap-5 sm:grid-cols-3">
                <Field label="Tickets per order" pointer="/maxPerOrder" value=fields.max_per_order errors inputmode="numeric" testid="max-per-order" />
                <Field
                    label="Sales begin"
                    pointer="/salesStart"
                    value=fields.sales_start
                    errors
                    kind="datetime-local"
                    optional=true
                    hint="At once, unless given."
                    testid="sales-start"
                />
                <Field
                    label="Sales end"
                    pointer="/salesEnd"
                    value=fields.sales_end
                    errors
                    kind="datetime-local"
                    optional=true
                    hint="With the event, unless given."
                    testid="sales-end"
                />
                <Field
                    label="Tickets per buyer"
                    pointer="/maxPerBuyer"
                    value=fields.max_per_buyer
                    errors
                    inputmode="numeric"
                    optional=true
                    hint="Over all their orders."
                    testid="max-per-buyer"
                />
                <Field
                    label="Refunds until"
                    pointer="/refundHours"
                    value=fields.refund_hours
                    errors
                    inputmode="numeric"
                    optional=true
                    hint="Hours before the start; no refunds unless given."
                    testid="refund-hours"
                />
                <div class="hidden sm:block"></div>
                <Field label="Organizer" pointer="/organizer/name" value=fields.organizer_name errors optional=true hint="Your name, unless given." testid="organizer-name" />
                <Field label="E-mail" pointer="/organizer/email" value=fields.organizer_email errors kind="email" optional=true testid="organizer-email" />
                <Field label="Phone" pointer="/organizer/phone" value=fields.organizer_phone errors kind="tel" optional=true testid="organizer-phone" />
            </div>
        </Section>
    }
}
