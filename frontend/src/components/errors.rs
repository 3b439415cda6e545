//! What is wrong with a form.

use leptos::prelude::*;
use shared::{FieldError, ProblemType, rules};
use validator::Validate;

use super::{
    alert::{Alert, Tone},
    dynamic::maybe,
};
use crate::{api::ApiError, browser};

/// What is wrong with a form: by field, and in general.
#[derive(Clone, Copy)]
pub struct Errors {
    fields: RwSignal<Vec<FieldError>>,
    general: RwSignal<Option<String>>,
}

impl Errors {
    /// Nothing is wrong yet.
    pub fn new() -> Self {
        Self { fields: RwSignal::new(Vec::new()), general: RwSignal::new(None) }
    }

    /// Starts anew.
    pub fn clear(self) {
        self.fields.set(Vec::new());
        self.general.set(None);
    }

    /// Whether the request keeps the rules that the server will check; if not, the fields say so.
    pub fn accept(self, request: &impl Validate) -> bool {
        self.clear();
        match request.validate() {
            Ok(()) => true,
            Err(broken) => {
                self.set(rules::field_errors(&broken));
                false
            }
        }
    }

    /// Shows what is wrong beside the fields and moves the focus to the first of them. What belongs to no field
    /// on the page is said above the button.
    pub fn set(self, errors: Vec<FieldError>) {
        let (here, elsewhere): (Vec<_>, Vec<_>) = errors.into_iter().partition(|e| {
            !e.pointer.contains(['"', '\\']) && browser::exists(&format!("[data-pointer=\"{}\"]", e.pointer))
        });
        let elsewhere: Vec<String> =
            elsewhere.iter().map(|e| format!("{} {}", words(&e.pointer), e.detail).trim().to_owned()).collect();
        self.general.set((!elsewhere.is_empty()).then(|| elsewhere.join(". ")));
        let any = !here.is_empty();
        self.fields.set(here);
        if any {
            request_animation_frame(|| browser::focus("[aria-invalid=true]"));
        }
    }

    /// Shows what a service refused.
    pub fn refuse(self, error: &ApiError) {
        if error.is(ProblemType::InvalidInput) && !error.fields().is_empty() {
            self.set(error.fields().to_vec());
        } else {
            self.fields.set(Vec::new());
            self.general.set(Some(error.to_string()));
        }
    }

    /// Says something that belongs to no field.
    pub fn say(self, text: impl Into<String>) {
        self.general.set(Some(text.into()));
    }

    /// What is wrong with the field at `pointer`.
    pub fn of(self, pointer: &str) -> Option<String> {
        self.fields.with(|all| all.iter().find(|e| e.pointer == pointer).map(|e| e.detail.clone()))
    }

    /// The field at `pointer` is being corrected.
    pub fn edited(self, pointer: &str) {
        if self.fields.with_untracked(|all| all.iter().any(|e| e.pointer == pointer)) {
            self.fields.update(|all| all.retain(|e| e.pointer != pointer));
        }
    }
}

/// `/customerInfo/firstName` as "First name".
fn words(pointer: &str) -> String {
    let last = pointer.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
    let mut text = String::new();
    for (place, c) in last.chars().enumerate() {
        if place == 0 {
            text.extend(c.to_uppercase());
        } else if c.is_uppercase() {
            text.push(' ');
            text.extend(c.to_lowercase());
        } else {
            text.push(c);
        }
    }
    text
}

/// What is wrong with the form as a whole.
#[component]
pub fn FormError(
    /// The form's errors.
    errors: Errors,
) -> impl IntoView {
    let alert = |text: String| view! { <Alert tone=Tone::Bad testid="form-error">{text}</Alert> }.into_any();
    maybe(move || errors.general.get().map(alert))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_read_as_words() {
        assert_eq!(words("/customerInfo/firstName"), "First name");
        assert_eq!(words("/ticketTypes/0"), "Ticket types");
        assert_eq!(words(""), "");
    }
}
