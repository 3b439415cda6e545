//! Writing an event: a new one, or one's own again.

mod draft;
mod fields;
mod types;

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use shared::{
    EventId, ProblemType,
    event::{Event, EventStatus},
};

use self::{draft::Draft, fields::Fields};
use crate::{
    api, browser,
    components::{
        Alert, Errors, FormError, FormSkeleton, Heading, Load, SignedIn, Tone, maybe, press, spinner, use_toasts,
    },
    work::{Remote, Work},
};

/// A new event.
#[component]
pub fn NewEvent() -> impl IntoView {
    view! {
        <SignedIn>
            <div class="wrap max-w-4xl py-8 lg:py-10">
                <Heading text="Create an event" />
                <p class="mt-1.5 text-ink-soft">"A draft is seen by you alone. What you type here is kept in this tab."</p>
                <div class="mt-6">
                    <EventForm event=None again=Callback::new(|()| ()) />
                </div>
            </div>
        </SignedIn>
    }
}

/// One's own event again.
#[component]
pub fn EditEvent(
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
    let event = Remote::of(id, api::event::get);
    let again = move |()| event.refetch();
    let show = move |event: Event| {
        if matches!(event.status, EventStatus::Cancelled | EventStatus::Completed) {
            return view! { <Alert tone=Tone::Info>"This event is over; it can no longer be changed."</Alert> }
                .into_any();
        }
        view! { <EventForm event=Some(event) again=Callback::new(again) /> }.into_any()
    };
    view! {
        <div class="wrap max-w-4xl py-8 lg:py-10">
            <Heading text="Edit event" />
            <div class="mt-6">
                <Load remote=event skeleton=|| view! { <FormSkeleton /> } show />
            </div>
        </div>
    }
}

/// What this tab remembers of a form that was not saved yet.
#[derive(serde::Serialize, serde::Deserialize)]
struct Unsaved {
    /// Of which version.
    version: i64,
    /// That version, as it would have been typed.
    base: Draft,
    draft: Draft,
}

fn unsaved_name(event: Option<&Event>) -> String {
    event.map_or_else(|| "event-form:new".to_owned(), |e| format!("event-form:{}", e.id))
}

/// The key of the event being made, over reloads.
const NEW_KEY: &str = "event-form:key";

fn new_key() -> String {
    browser::recall(NEW_KEY).unwrap_or_else(|| {
        let key = api::new_key();
        browser::remember(NEW_KEY, &key);
        key
    })
}

/// What to say of a saved event, and where to go.
fn saved(event: &Event, was_published: bool) -> (&'static str, String) {
    match (was_published, event.status) {
        (true, _) => ("Your changes are live.", "/organize".to_owned()),
        (false, EventStatus::Published) => ("Your event is published.", format!("/events/{}", event.id)),
        (false, _) => ("Your draft is saved.", "/organize".to_owned()),
    }
}

#[component]
fn EventForm(
    event: Option<Event>,
    /// Fetches the event anew, and makes a form of what has become of it.
    again: Callback<()>,
) -> impl IntoView {
    let name = StoredValue::new(unsaved_name(event.as_ref()));
    let version = event.as_ref().map_or(0, |e| e.version);
    let id = event.as_ref().map(|e| e.id);
    let published = event.as_ref().is_some_and(|e| e.status == EventStatus::Published);
    let base = event.as_ref().map_or_else(Draft::default, Draft::of);
    let before = name.with_value(|n| browser::recall::<Unsaved>(n));
    let restored = before.as_ref().map(|unsaved| unsaved.version == version);
    let draft = match before {
        Some(unsaved) if unsaved.version == version => unsaved.draft,
        Some(unsaved) => unsaved.draft.moved(&unsaved.base, &base),
        None => base.clone(),
    };
    if restored == Some(false) {
        name.with_value(|n| browser::remember(n, &Unsaved { version, base: base.clone(), draft: draft.clone() }));
    }
    let fixed = event.filter(|_| published).map_or(0, |e| e.ticket_types.len());
    let fields = Fields::new(draft.clone(), fixed);
    Effect::new(move |first: Option<Draft>| {
        let now = fields.read();
        // Only what was changed is worth remembering.
        if first.is_some_and(|before| before != now) {
            name.with_value(|n| browser::remember(n, &Unsaved { version, base: base.clone(), draft: now.clone() }));
        }
        now
    });
    let errors = Errors::new();
    let conflict = RwSignal::new(false);
    let toasts = use_toasts();
    let navigate = use_navigate();
    let save = Work::new();
    let pending = save.pending();
    let send = move |status: EventStatus| {
        errors.clear();
        conflict.set(false);
        let event = match untrack(|| fields.read().parse(status)) {
            Ok(event) => event,
            Err(wrong) => return errors.set(wrong),
        };
        let navigate = navigate.clone();
        save.start(async move {
            let answer = match id {
                Some(id) => api::event::update(id, version, &event).await,
                None => api::event::create(&event, &new_key()).await,
            };
            match answer {
                Ok(event) => {
                    name.with_value(|n| browser::forget(n));
                    browser::forget(NEW_KEY);
                    let (words, to) = saved(&event, published);
                    toasts.good(words);
                    navigate(&to, NavigateOptions::default());
                }
                Err(error) => {
                    if error.is_final() {
                        browser::forget(NEW_KEY);
                    }
                    if error.is(ProblemType::VersionConflict) {
                        conflict.set(true);
                    } else {
                        errors.refuse(&error);
                    }
                }
            }
        });
    };
    let send_draft = send.clone();
    // From the server, or from nothing: the simplest way there is to read the page anew.
    let discard = move || {
        name.with_value(|n| browser::forget(n));
        let _ = leptos::prelude::window().location().reload();
    };
    view! {
        <form
            class="space-y-6"
            novalidate
            data-testid="event-form"
            on:submit=move |ev| {
                ev.prevent_default();
                send(EventStatus::Published);
            }
        >
            {restored
                .map(|same| {
                    let text = if same {
                        "Unsaved changes from before are back. "
                    } else {
                        "This event was changed elsewhere. What you typed is kept; the rest is as it is now. "
                    };
                    view! {
                        <Alert tone=Tone::Info testid="restored">
                            {text}
                            <button type="button" class="link" data-testid="discard" on:click=press(discard)>
                                "Discard what you typed"
                            </button>
                        </Alert>
                    }
                })}
            <fields::Basics fields errors />
            <fields::WhenAndWhere fields errors />
            <types::TicketTypes fields errors />
            <fields::Further fields errors />
            // What went wrong stands where the button is that was pressed, however far down the page one is.
            <div class="sticky bottom-0 z-20 -mx-4 space-y-4 border-t border-line bg-canvas/95 px-4 py-4 backdrop-blur-sm sm:mx-0 sm:px-0">
                {maybe(move || {
                    conflict
                        .get()
                        .then(|| {
                            view! {
                                <Alert tone=Tone::Warn testid="conflict">
                                    <p class="font-semibold">"This event was changed elsewhere while you were editing it."</p>
                                    <p>"Your changes are not saved yet. Bring them to the new version, look it over, and save again."</p>
                                    <button type="button" class="btn btn-plain mt-3 whitespace-normal" data-testid="reload-event" on:click=press(move || again.run(()))>
                                        "Bring my changes to the new version"
                                    </button>
                                </Alert>
                            }
                                .into_any()
                        })
                })}
                <FormError errors />
                <div class="flex justify-end gap-2 sm:gap-3">
                    <a href="/organize" class="btn btn-quiet mr-auto max-sm:px-2">
                        "Back"
                    </a>
                    {(!published)
                        .then(|| {
                            view! {
                                <button type="button" class="btn btn-plain" data-testid="save-draft" disabled=pending on:click=press(move || send_draft(EventStatus::Draft))>
                                    "Save as draft"
                                </button>
                            }
                        })}
                    <button type="submit" class="btn btn-primary" data-testid="publish" disabled=pending>
                        {spinner(pending)}
                        {if published { "Save changes" } else { "Publish" }}
                    </button>
                </div>
            </div>
        </form>
    }
}
