//! As much of Prometheus's language as it takes to find the metrics in it.

use std::collections::BTreeSet;

const WORDS: [&str; 9] = ["and", "or", "unless", "by", "without", "on", "ignoring", "bool", "offset"];
/// What is followed by labels in parentheses.
const BEFORE_LABELS: [&str; 4] = ["by", "without", "on", "ignoring"];

/// The names of the metrics in an expression.
pub fn metrics(expression: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = expression;
    while let Some(letter) = rest.chars().next() {
        rest = match letter {
            '"' => after(&rest[1..], '"'),
            '{' => after(rest, '}'),
            '[' => after(rest, ']'),
            letter if letter.is_ascii_digit() || letter == '$' => rest[1..].trim_start_matches(is_part),
            letter if is_part(letter) => {
                let (word, behind) = rest.split_at(rest.find(|letter| !is_part(letter)).unwrap_or(rest.len()));
                let next = behind.trim_start();
                if BEFORE_LABELS.contains(&word) {
                    after(next, ')')
                } else {
                    let is_function = ["(", "by ", "without "].iter().any(|sign| next.starts_with(sign));
                    if !is_function && !WORDS.contains(&word) {
                        found.insert(word.to_owned());
                    }
                    behind
                }
            }
            other => &rest[other.len_utf8()..],
        };
    }
    found
}

fn is_part(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == ':'
}

fn after(text: &str, end: char) -> &str {
    text.split_once(end).map_or("", |(_, behind)| behind)
}

#[test]
fn metrics_are_told_from_functions_labels_and_words() {
    let found = |expression| metrics(expression).into_iter().collect::<Vec<_>>();
    let ratio = r#"sum by (service, le) (rate(a_total{status=~"5..|x", b="c"}[5m])) / on () vector(1) > 14.4 * 0.001"#;
    assert_eq!(found(ratio), ["a_total"]);
    assert_eq!(found("a:b:rate5m > 1 and absent(c{d=\"e\"}) or time() - max by (f) (g)"), ["a:b:rate5m", "c", "g"]);
    assert_eq!(found("rate(h[$__rate_interval]) * 60"), ["h"]);
}
