//! Form fields with their labels, hints and errors.

use leptos::prelude::*;

use super::{dynamic::words, errors::Errors};
use crate::work::memo;

/// Label, hint and error around a control.
#[component]
fn Labelled(
    id: Signal<String>,
    label: &'static str,
    hint: Option<&'static str>,
    optional: bool,
    error: Memo<Option<String>>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="min-w-0">
            <label for=id class="mb-1.5 block text-[0.9375rem] font-medium">
                {label} {optional.then(|| view! { <span class="font-normal text-ink-faint">" (optional)"</span> })}
            </label>
            {children()}
            <p id=move || format!("{}-hint", id.get()) class="mt-1.5 text-sm text-ink-faint empty:hidden">
                {hint}
            </p>
            <p id=move || format!("{}-error", id.get()) class="mt-1.5 text-sm font-medium text-danger-ink empty:hidden" aria-live="polite">
                {words(move || error.get().unwrap_or_default())}
            </p>
        </div>
    }
}

/// "must not be empty" under "City" reads "City must not be empty".
fn sentence(label: &str, detail: &str) -> String {
    if detail.starts_with(|c: char| c.is_lowercase()) { format!("{label} {detail}.") } else { detail.to_owned() }
}

/// What to say of a field that was left empty: rules about its value would tell nothing.
fn missing(label: &str, autocomplete: &str) -> String {
    // Most of what a browser may fill in is about the person in front of it.
    let of_things = ["off", "cc-", "address", "street"];
    let whose = if of_things.iter().any(|start| autocomplete.starts_with(start)) { "the" } else { "your" };
    format!("Enter {whose} {}.", label.to_lowercase())
}

fn id_of(pointer: Signal<String>) -> Signal<String> {
    Signal::derive(move || format!("field{}", pointer.get().replace('/', "-")))
}

fn described(id: Signal<String>) -> impl Fn() -> String + Clone + Send + Sync + 'static {
    move || format!("{0}-hint {0}-error", id.get())
}

/// One line of text.
#[component]
pub fn Field(
    /// What it is called.
    label: &'static str,
    /// Where its value stands in the request: errors are matched by it.
    #[prop(into)]
    pointer: Signal<String>,
    /// What is typed.
    value: RwSignal<String>,
    /// The form's errors.
    errors: Errors,
    /// The input's type.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Which keyboard a telephone shows.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// What helps to fill it in.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// An example.
    #[prop(optional)]
    placeholder: Option<&'static str>,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// Whether it can't be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Makes of what is typed what is shown.
    #[prop(optional, into)]
    tidy: Option<Callback<(String,), String>>,
    /// For the browser test.
    testid: &'static str,
) -> impl IntoView {
    let id = id_of(pointer);
    let error = memo(move || {
        let detail = errors.of(&pointer.get())?;
        let empty = !optional && value.with_untracked(|typed| typed.trim().is_empty());
        Some(if empty { missing(label, autocomplete) } else { sentence(label, &detail) })
    });
    view! {
        <Labelled id label hint optional error>
            <input
                id=id
                type=kind
                class="input"
                data-testid=testid
                data-pointer=pointer
                autocomplete=autocomplete
                inputmode=inputmode
                placeholder=placeholder
                disabled=disabled
                aria-required=(!optional).then_some("true")
                aria-invalid=move || error.get().is_some().then_some("true")
                aria-describedby=described(id)
                prop:value=value
                on:input:target=move |ev| {
                    let typed = ev.target().value();
                    let text = tidy.map_or_else(|| typed.clone(), |tidy| tidy.run((typed.clone(),)));
                    if text != typed {
                        ev.target().set_value(&text);
                    }
                    value.set(text);
                    errors.edited(&pointer.get_untracked());
                }
            />
        </Labelled>
    }
}

/// Several lines of text.
#[component]
pub fn TextField(
    /// What it is called.
    label: &'static str,
    /// Where its value stands in the request.
    #[prop(into)]
    pointer: Signal<String>,
    /// What is typed.
    value: RwSignal<String>,
    /// The form's errors.
    errors: Errors,
    /// What helps to fill it in.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// How many lines are seen.
    #[prop(default = 5)]
    rows: u32,
    /// For the browser test.
    testid: &'static str,
) -> impl IntoView {
    let id = id_of(pointer);
    let error = memo(move || errors.of(&pointer.get()).map(|detail| sentence(label, &detail)));
    view! {
        <Labelled id label hint optional error>
            <textarea
                id=id
                class="input"
                rows=rows
                data-testid=testid
                data-pointer=pointer
                aria-invalid=move || error.get().is_some().then_some("true")
                aria-describedby=described(id)
                prop:value=value
                on:input:target=move |ev| {
                    value.set(ev.target().value());
                    errors.edited(&pointer.get_untracked());
                }
            ></textarea>
        </Labelled>
    }
}

/// One of several.
#[component]
pub fn Options(
    /// What it is called.
    label: &'static str,
    /// Where its value stands in the request.
    #[prop(into)]
    pointer: Signal<String>,
    /// The value chosen.
    value: RwSignal<String>,
    /// The form's errors.
    errors: Errors,
    /// Values and the words for them.
    choices: Vec<(String, String)>,
    /// What helps to choose.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Whether it can't be changed now.
    #[prop(optional)]
    disabled: bool,
    /// For the browser test.
    testid: &'static str,
) -> impl IntoView {
    let id = id_of(pointer);
    let error = memo(move || errors.of(&pointer.get()).map(|detail| sentence(label, &detail)));
    let choices = choices
        .into_iter()
        .map(|(choice, words)| {
            let own = choice.clone();
            view! {
                <option value=choice selected=move || value.with(|v| *v == own)>
                    {words}
                </option>
            }
        })
        .collect_view();
    view! {
        <Labelled id label hint optional=false error>
            <select
                id=id
                class="input"
                data-testid=testid
                data-pointer=pointer
                disabled=disabled
                aria-invalid=move || error.get().is_some().then_some("true")
                aria-describedby=described(id)
                prop:value=value
                on:change:target=move |ev| {
                    value.set(ev.target().value());
                    errors.edited(&pointer.get_untracked());
                }
            >
                {choices}
            </select>
        </Labelled>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reads_as_a_sentence() {
        assert_eq!(sentence("City", "must not be empty"), "City must not be empty.");
        assert_eq!(sentence("Password", "Too common."), "Too common.");
    }

    #[test]
    fn an_empty_field_is_asked_for() {
        assert_eq!(missing("New password", "new-password"), "Enter your new password.");
        assert_eq!(missing("Card number", "cc-number"), "Enter the card number.");
        assert_eq!(missing("Title", "off"), "Enter the title.");
    }
}
