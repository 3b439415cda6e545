//! What is wrong with a body that is JSON and yet not what was asked for.

use std::collections::VecDeque;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::FieldError;

/// How often a body is read at the most: of more faults than this only the first are told.
const READINGS: usize = 16;

/// What fields are made of, as JSON; an unknown word makes the reader tell those that it knows.
const FILLERS: [&str; 9] = [
    "null",
    "\"\"",
    "0",
    "false",
    "[]",
    "{}",
    "\"00000000-0000-7000-8000-000000000000\"",
    "\"2000-01-01T00:00:00Z\"",
    "\"USD\"",
];

/// Every field that is missing, unknown or of the wrong type. The reader stops at the first: what is wrong is then set
/// right with whatever fits, and read again.
pub fn faults<T: DeserializeOwned>(mut body: Value) -> Vec<FieldError> {
    let mut faults: Vec<FieldError> = Vec::new();
    for _ in 0..READINGS {
        let Some(fault) = first_fault::<T>(&body) else { break };
        let is_mended = mend::<T>(&mut body, &fault);
        // What is missing in something that was put there is nobody's fault.
        let is_ours = |known: &FieldError| fault.pointer.starts_with(&format!("{}/", known.pointer));
        if !faults.iter().any(is_ours) {
            faults.push(fault);
        }
        if !is_mended {
            break;
        }
    }
    faults.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    faults
}

fn first_fault<T: DeserializeOwned>(body: &Value) -> Option<FieldError> {
    let error = serde_path_to_error::deserialize::<_, T>(body.clone()).err()?;
    Some(fault(error.path(), &error.inner().to_string()))
}

/// Where the reader stopped, and why.
pub fn fault(path: &Path, why: &str) -> FieldError {
    let mut pointer = pointer(path);
    if let Some(field) = missing(why) {
        pointer = format!("{pointer}/{field}");
        return FieldError { pointer, detail: "is missing".to_owned() };
    }
    FieldError { pointer, detail: plain(why) }
}

/// The name of the field that is missing, as serde tells it.
fn missing(why: &str) -> Option<&str> {
    why.strip_prefix("missing field `")?.split('`').next()
}

fn pointer(path: &Path) -> String {
    path.iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { .. } | Segment::Unknown => pointer,
    })
}

/// The reader's words without the place in the text and without Rust's names of types.
fn plain(why: &str) -> String {
    let why = why.rfind(" at line ").map_or(why, |at| &why[..at]);
    let Some((found, expected)) = why.split_once(", expected ") else { return why.to_owned() };
    let expected = match expected.split(' ').next().unwrap_or_default() {
        "struct" | "map" => "an object",
        "enum" => "one of the known words",
        "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        _ => expected,
    };
    format!("{found}, expected {expected}")
}

/// Takes away what is at the pointer, or puts something there that is read without a fault.
fn mend<T: DeserializeOwned>(body: &mut Value, fault: &FieldError) -> bool {
    let Some((parent, key)) = fault.pointer.rsplit_once('/') else { return false };
    let key = key.replace("~1", "/").replace("~0", "~");
    let mut fillers: VecDeque<Option<Value>> = if fault.detail.starts_with("unknown field") {
        VecDeque::from([None])
    } else {
        FILLERS.iter().map(|filler| serde_json::from_str(filler).ok()).collect()
    };
    while let Some(filler) = fillers.pop_front() {
        match (body.pointer_mut(parent), filler) {
            (Some(Value::Object(fields)), None) => drop(fields.remove(&key)),
            (Some(Value::Object(fields)), Some(filler)) => drop(fields.insert(key.clone(), filler)),
            // An item of a list cannot be taken away without moving the others.
            (Some(Value::Array(items)), Some(filler)) => {
                let Some(item) = key.parse().ok().and_then(|index: usize| items.get_mut(index)) else { return false };
                *item = filler;
            }
            _ => continue,
        }
        match first_fault::<T>(body).filter(|again| again.pointer == fault.pointer) {
            None => return true,
            Some(again) => fillers.extend(known_word(&again.detail).map(|word| Some(word.into()))),
        }
    }
    false
}

/// One of the words that would do, where the reader says which.
fn known_word(why: &str) -> Option<&str> {
    why.strip_prefix("unknown variant ``, expected ")?.split('`').nth(1)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Order {
        name: String,
        seats: Vec<u32>,
        kind: Kind,
        buyer: Buyer,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Concert,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Buyer {
        age: u8,
    }

    fn pointers(body: Value) -> Vec<String> {
        faults::<Order>(body).into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn every_missing_field_is_named() {
        assert_eq!(pointers(json!({})), ["/buyer", "/kind", "/name", "/seats"]);
        let whole = json!({ "name": "", "seats": [], "kind": "concert", "buyer": {} });
        assert_eq!(pointers(whole), ["/buyer/age"]);
    }

    #[test]
    fn every_field_of_a_wrong_type_and_every_unknown_one_is_named() {
        let body = json!({
            "name": 1, "seats": [1, "2", 3.5], "kind": null, "buyer": { "age": -1, "a/b": 0 }, "more": true,
        });
        assert_eq!(pointers(body), ["/buyer/age", "/buyer/a~1b", "/kind", "/more", "/name", "/seats/1", "/seats/2"]);
    }

    #[test]
    fn rust_has_no_words_in_answers() {
        assert_eq!(plain("invalid type: null, expected struct Register"), "invalid type: null, expected an object");
        assert_eq!(
            plain("invalid value: integer `-1`, expected u32"),
            "invalid value: integer `-1`, expected a whole number"
        );
        assert_eq!(plain("expected value at line 1 column 4"), "expected value");
    }

    #[test]
    fn what_is_no_object_is_one_fault() {
        assert_eq!(pointers(json!(null)), [""]);
        assert_eq!(pointers(json!("word")), [""]);
    }
}
