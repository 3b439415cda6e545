//! Variables in `docker-compose.yml`: `${NAME}` and `${NAME:-default}`, whose default may hold others.

use std::collections::BTreeSet;

/// The names that a text asks for.
pub fn names(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${") {
        found.insert(after.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect());
        rest = after;
    }
    found
}

/// The text with the variables' values; one that is not set or empty has its default.
pub fn expand(text: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    let Some((before, after)) = text.split_once("${") else { return text.to_owned() };
    let Some(end) = closing(after) else { return text.to_owned() };
    let (inside, rest) = (&after[..end], &after[end + 1..]);
    let (name, default) = inside.split_once(":-").unwrap_or((inside, ""));
    let value_or_default = value(name).filter(|value| !value.is_empty()).unwrap_or_else(|| expand(default, value));
    format!("{before}{value_or_default}{}", expand(rest, value))
}

/// Where the brace ends that was opened before this text.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_may_hold_a_variable() {
        let text = "${URL:-http://localhost:${PORT:-3000}}/x ${EMPTY:-}";
        assert_eq!(expand(text, &|_| None), "http://localhost:3000/x ");
        let port = |name: &str| (name == "PORT").then(|| "4000".to_owned());
        assert_eq!(expand(text, &port), "http://localhost:4000/x ");
        let url = |name: &str| (name == "URL").then(|| "https://here".to_owned());
        assert_eq!(expand(text, &url), "https://here/x ");
    }

    #[test]
    fn every_name_is_found() {
        let found = names("a: ${URL:-http://localhost:${PORT:-3000}}, ${TAG}");
        assert_eq!(found, ["PORT", "TAG", "URL"].map(ToOwned::to_owned).into());
    }
}
