//! The organizer's own events.

use std::collections::HashMap;

use leptos::prelude::*;
use shared::{
    EventId,
    event::{Event, EventStatus},
    ticket::Availability,
};

use crate::{
    api,
    components::{
        Confirm, Cover, Empty, EventBadge, Glyph, Heading, Icon, ListSkeleton, PagedList, SignedIn, maybe, press, rows,
        use_toasts,
    },
    format,
    paging::Paged,
    work::{Work, aside, effect, memo},
};

/// The organizer's own events.
#[component]
pub fn Organize() -> impl IntoView {
    view! {
        <SignedIn>
            <List />
        </SignedIn>
    }
}

/// What is about to be withdrawn.
#[derive(Clone)]
struct Doomed {
    id: EventId,
    title: String,
    draft: bool,
}

/// The question whether to withdraw it.
#[derive(Clone, Copy)]
struct Doom {
    event: RwSignal<Option<Doomed>>,
    asking: RwSignal<bool>,
}

#[component]
fn List() -> impl IntoView {
    let list = Paged::new(memo(|| ()), |(), page| async move { api::event::mine(&page).await });
    let left = RwSignal::new(HashMap::<EventId, Availability>::new());
    effect(move || {
        let ids: Vec<_> = list.items().iter().filter(|e| e.status != EventStatus::Draft).map(|e| e.id).collect();
        aside(async move {
            for some in ids.chunks(100) {
                // Without an answer the events stand without counts.
                if let Ok(answer) = api::ticket::availabilities(some).await {
                    left.update(|all| all.extend(answer.into_iter().map(|a| (a.event_id, a))));
                }
            }
        });
    });
    let doomed = Doom { event: RwSignal::new(None), asking: RwSignal::new(false) };
    let empty = || {
        view! {
            <Empty title="No events yet" text="Publish your first event: it takes a title, a place, a date and a price." glyph=Glyph::Calendar>
                <a href="/organize/new" class="btn btn-primary">
                    "Create an event"
                </a>
            </Empty>
        }
    };
    view! {
        <div class="wrap max-w-5xl py-8 lg:py-10">
            <div class="flex flex-wrap items-center justify-between gap-4">
                <Heading text="My events" />
                <a href="/organize/new" class="btn btn-primary" data-testid="new-event">
                    <Icon glyph=Glyph::Plus />
                    "Create an event"
                </a>
            </div>
            <div class="mt-6">
                <PagedList list skeleton=|| view! { <ListSkeleton /> } empty>
                    <ul class="space-y-4" data-testid="my-events">
                        {rows(
                            move || list.items(),
                            |e: &Event| format!("{}{}", e.id, e.version),
                            move |event| {
                                let id = event.id;
                                let left = Signal::derive(move || left.with(|all| all.get(&id).cloned()));
                                view! { <Row event left doomed /> }.into_any()
                            },
                        )}
                    </ul>
                </PagedList>
            </div>
        </div>
        <Withdraw doomed list />
    }
}

#[component]
fn Row(event: Event, left: Signal<Option<Availability>>, doomed: Doom) -> impl IntoView {
    let draft = event.status == EventStatus::Draft;
    let open = matches!(event.status, EventStatus::Draft | EventStatus::Published);
    let doom = Doomed { id: event.id, title: event.title.clone(), draft };
    let counts = move || {
        left.get().map(|left| {
            let capacity: u64 = left.ticket_types.iter().map(|t| u64::from(t.capacity)).sum();
            let sold = capacity.saturating_sub(left.remaining);
            let share = (sold * 100).checked_div(capacity).unwrap_or(0);
            view! {
                <div class="mt-3 max-w-sm" data-testid="counts">
                    <p class="flex justify-between text-sm text-ink-soft tabular-nums">
                        <span>{format!("{} of {} taken", format::count(sold), format::count(capacity))}</span>
                        <span>{format!("{share}%")}</span>
                    </p>
                    <div class="mt-1.5 h-1.5 overflow-hidden rounded-full bg-sunken" aria-hidden="true">
                        <div class="h-full rounded-full bg-brand" style:width=format!("{share}%")></div>
                    </div>
                </div>
            }
            .into_any()
        })
    };
    view! {
        <li class="card flex flex-col gap-4 p-4 sm:flex-row sm:gap-5" data-testid="my-event">
            <Cover image=event.image.clone() category=event.category title=event.title.clone() class="h-28 w-full shrink-0 rounded-control sm:h-24 sm:w-40" />
            <div class="min-w-0 flex-1">
                <div class="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
                    <h2 class="text-heading font-semibold">
                        <a class="rounded-sm hover:underline" href=format!("/events/{}", event.id)>
                            {event.title.clone()}
                        </a>
                    </h2>
                    <EventBadge status=event.status />
                </div>
                <p class="mt-1 text-[0.9375rem] text-ink-soft">
                    {format!("{} · {}, {}", format::full_date_time(event.starts_at, &event.time_zone), event.venue.name, event.venue.city)}
                </p>
                {maybe(counts)}
                <div class="mt-3 flex flex-wrap gap-2">
                    {(!draft)
                        .then(|| {
                            view! {
                                <a href=format!("/organize/{}/orders", event.id) class="btn btn-plain min-h-10 text-sm" data-testid="event-orders">
                                    <Icon glyph=Glyph::Ticket class="size-4" />
                                    "Orders"
                                </a>
                            }
                        })}
                    {open
                        .then(|| {
                            view! {
                                <a href=format!("/organize/{}/edit", event.id) class="btn btn-plain min-h-10 text-sm" data-testid="edit-event">
                                    <Icon glyph=Glyph::Pencil class="size-4" />
                                    "Edit"
                                </a>
                                <button
                                    type="button"
                                    class="btn btn-quiet min-h-10 text-sm"
                                    data-testid="withdraw-event"
                                    on:click=press(move || {
                                        doomed.event.set(Some(doom.clone()));
                                        doomed.asking.set(true);
                                    })
                                >
                                    <Icon glyph=Glyph::Trash class="size-4" />
                                    {if draft { "Delete" } else { "Cancel event" }}
                                </button>
                            }
                        })}
                </div>
            </div>
        </li>
    }
}

/// Deleting a draft, or calling off a published event.
#[component]
fn Withdraw(doomed: Doom, list: Paged<Event>) -> impl IntoView {
    let toasts = use_toasts();
    let draft = move || doomed.event.with(|d| d.as_ref().is_some_and(|d| d.draft));
    let withdraw = Work::new();
    let send = move |doom: Doomed| async move {
        match api::event::withdraw(doom.id).await {
            Ok(()) if doom.draft => toasts.good("The draft is deleted."),
            Ok(()) => toasts.good("The event is cancelled. Buyers get their money back."),
            Err(error) => toasts.bad(error),
        }
        doomed.asking.set(false);
        list.look().await;
    };
    let title = move || {
        let title = doomed.event.with(|d| d.as_ref().map(|d| d.title.clone())).unwrap_or_default();
        if draft() { format!("Delete “{title}”?") } else { format!("Cancel “{title}”?") }
    };
    let text = move || {
        if draft() {
            "A deleted draft can't be brought back.".to_owned()
        } else {
            "Sales stop at once and every buyer is refunded. This can't be undone.".to_owned()
        }
    };
    let action = move || if draft() { "Delete draft".to_owned() } else { "Cancel event".to_owned() };
    view! {
        <Confirm
            open=doomed.asking
            title=Signal::derive(title)
            text=Signal::derive(text)
            action=Signal::derive(action)
            pending=withdraw.pending()
            confirm=move |()| {
                if let Some(doom) = doomed.event.get_untracked() {
                    withdraw.start(send(doom));
                }
            }
        />
    }
}
