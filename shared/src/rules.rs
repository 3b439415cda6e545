//! Rules for single values, named in the `validate` attributes of the request types.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::{FieldError, Money};

/// The highest price of one ticket, in minor units.
pub const MAX_PRICE: i64 = 100_000_000;

fn refuse(code: &'static str, message: &'static str) -> Result<(), ValidationError> {
    Err(ValidationError::new(code).with_message(Cow::Borrowed(message)))
}

/// Characters that turn the direction of what follows them, beyond their own line if they are let (Unicode UAX #9).
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that show as nothing.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// One line with something in it: no control characters.
pub fn line(text: &str) -> Result<(), ValidationError> {
    if text.chars().all(is_blank) {
        return refuse("blank", "must not be empty");
    }
    if text.chars().any(|c| c.is_control() || turns(c)) {
        return refuse("control", "must be one line of plain text");
    }
    Ok(())
}

/// What can be typed as a password: no control characters.
pub fn typed(password: &str) -> Result<(), ValidationError> {
    if password.chars().any(char::is_control) { refuse("control", "must be plain text") } else { Ok(()) }
}

/// Any number of lines: no control characters but line breaks and tabs.
pub fn text(text: &str) -> Result<(), ValidationError> {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return refuse("control", "must be plain text");
    }
    Ok(())
}

/// An e-mail address as HTML defines a valid one (WHATWG HTML, § 4.10.5.1.5), of at most 254 bytes (RFC 5321)
/// and with a dot in the domain.
pub fn email(address: &str) -> Result<(), ValidationError> {
    let valid = address.len() <= 254
        && address.split_once('@').is_some_and(|(local, domain)| {
            let atom = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
            let label = |l: &str| {
                !l.is_empty()
                    && l.len() <= 63
                    && !l.starts_with('-')
                    && !l.ends_with('-')
                    && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            };
            !local.is_empty()
                && local.len() <= 64
                && local.chars().all(atom)
                && domain.contains('.')
                && domain.split('.').all(label)
        });
    if valid { Ok(()) } else { refuse("email", "must be an e-mail address") }
}

/// A telephone number: digits with the usual separators, perhaps a leading `+`.
pub fn phone(number: &str) -> Result<(), ValidationError> {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let plain =
        number.chars().enumerate().all(|(i, c)| c.is_ascii_digit() || " -().".contains(c) || (i == 0 && c == '+'));
    if (5..=20).contains(&digits) && plain { Ok(()) } else { refuse("phone", "must be a telephone number") }
}

/// A price: nothing, or more, up to [`MAX_PRICE`].
pub fn price(price: &Money) -> Result<(), ValidationError> {
    if (0..=MAX_PRICE).contains(&price.amount) { Ok(()) } else { refuse("price", "must be between 0 and 1,000,000.00") }
}

/// An image's address: absolute, over https, or a path on the web app's own host.
pub fn image(url: &str) -> Result<(), ValidationError> {
    let plain = !url.chars().any(|c| c.is_control() || c.is_whitespace() || "\"'<>\\".contains(c));
    let host = url.strip_prefix("https://").is_some_and(|rest| rest.split('/').next().is_some_and(|h| h.contains('.')));
    let own = url.starts_with('/') && !url.starts_with("//");
    if plain && (host || own) { Ok(()) } else { refuse("image", "must be an https:// address") }
}

/// Reads a string and drops the white space around it.
pub fn trimmed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|s| s.trim().to_owned())
}

/// Reads an optional string, trimmed; an empty one is none.
pub fn trimmed_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()))
}

/// An error of a rule over several fields, reported at `pointer`.
pub fn at(pointer: &'static str, message: &'static str) -> ValidationError {
    let mut error = ValidationError::new("rule").with_message(Cow::Borrowed(message));
    error.add_param(Cow::Borrowed("pointer"), &pointer);
    error
}

/// Every broken rule with the JSON pointer (RFC 6901) of its field.
pub fn field_errors(errors: &ValidationErrors) -> Vec<FieldError> {
    let mut found = Vec::new();
    collect(errors, "", &mut found);
    found.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    found
}

fn collect(errors: &ValidationErrors, prefix: &str, found: &mut Vec<FieldError>) {
    for (field, kind) in errors.errors() {
        let pointer = format!("{prefix}/{}", camel_case(field));
        match kind {
            ValidationErrorsKind::Struct(inner) => collect(inner, &pointer, found),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect(inner, &format!("{pointer}/{index}"), found);
                }
            }
            ValidationErrorsKind::Field(broken) => {
                found.extend(broken.iter().map(|error| {
                    let own = error.params.get("pointer").and_then(|p| p.as_str());
                    let pointer = own.map_or_else(|| pointer.clone(), |own| format!("{prefix}{own}"));
                    FieldError { pointer, detail: message(error) }
                }));
            }
        }
    }
}

fn message(error: &ValidationError) -> String {
    if let Some(message) = &error.message {
        return message.to_string();
    }
    let bound = |name| error.params.get(name).map(ToString::to_string);
    let unit = if error.code == "length" { " long" } else { "" };
    match (bound("min"), bound("max")) {
        (Some(min), Some(max)) => format!("must be {min} to {max}{unit}"),
        (Some(min), None) => format!("must be at least {min}{unit}"),
        (None, Some(max)) => format!("must be at most {max}{unit}"),
        (None, None) => "is not valid".to_owned(),
    }
}

fn camel_case(field: &str) -> String {
    let mut name = String::with_capacity(field.len());
    let mut upper = false;
    for c in field.chars() {
        if c == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            name.extend(c.to_uppercase());
        } else {
            name.push(c);
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plus_addresses_are_e_mail_addresses() {
        assert!(email("ada+tickets@example.com").is_ok());
    }

    #[test]
    fn what_html_refuses_is_no_e_mail_address() {
        for bad in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "ada@localhost",
            "a b@example.com",
            "a@-x.com",
            "a@x..com",
            "a@b@c.com",
            "ä@example.com",
        ] {
            assert!(email(bad).is_err(), "{bad}");
        }
        assert!(email(&format!("{}@example.com", "a".repeat(300))).is_err());
    }

    #[test]
    fn a_line_has_no_control_characters() {
        assert!(line("Żółta Łódź 🎫").is_ok());
        assert!(line("a\0b").is_err());
        assert!(line("a\nb").is_err());
        assert!(line("  ").is_err());
    }

    #[test]
    fn a_line_can_be_seen_and_turns_no_other() {
        assert!(line("שלום").is_ok());
        assert!(line("\u{200b}\u{feff}").is_err());
        assert!(line("Ada\u{202e}").is_err());
    }

    #[test]
    fn an_image_is_an_https_address_or_an_own_path() {
        assert!(image("https://images.example.com/a.jpg").is_ok());
        assert!(image("/covers/jazz.svg").is_ok());
        for bad in [
            "http://example.com/a.jpg",
            "javascript:alert(1)",
            "//example.com/a.jpg",
            "https://x",
            "https://a.com/\" onload=",
        ] {
            assert!(image(bad).is_err(), "{bad}");
        }
    }
}
