//! YAML as JSON values: merge keys are applied, tags and all but the data are left out.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value};
use yaml_serde::Deserializer;

/// The documents of a text, without the empty ones.
pub fn documents(text: &str) -> Result<Vec<Value>> {
    let read = Deserializer::from_str(text).map(|document| {
        let document = yaml_serde::Value::deserialize(document)?;
        Ok(json(document))
    });
    let read: Result<Vec<Value>, yaml_serde::Error> = read.collect();
    Ok(read?.into_iter().filter(|document| !document.is_null()).collect())
}

/// The only document of a text.
pub fn document(text: &str) -> Result<Value> {
    documents(text)?.into_iter().next().context("no YAML document")
}

fn json(value: yaml_serde::Value) -> Value {
    match value {
        yaml_serde::Value::Null => Value::Null,
        yaml_serde::Value::Bool(word) => word.into(),
        yaml_serde::Value::Number(number) => serde_json::to_value(number).unwrap_or_default(),
        yaml_serde::Value::String(text) => text.into(),
        yaml_serde::Value::Sequence(items) => items.into_iter().map(json).collect(),
        yaml_serde::Value::Mapping(members) => object(members),
        yaml_serde::Value::Tagged(tagged) => json(tagged.value),
    }
}

fn object(members: yaml_serde::Mapping) -> Value {
    let (mut own, mut merged) = (Map::new(), Vec::new());
    for (key, value) in members {
        let key = match json(key) {
            Value::String(key) => key,
            other => other.to_string(),
        };
        match (key.as_str(), json(value)) {
            // Of several the first wins; what is merged in was merged itself before.
            ("<<", Value::Array(several)) => merged.extend(several),
            ("<<", one) => merged.push(one),
            (_, value) => drop(own.insert(key, value)),
        }
    }
    for (key, value) in merged.into_iter().filter_map(|value| value.as_object().cloned()).flatten() {
        own.entry(key).or_insert(value);
    }
    Value::Object(own)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn merged_mappings_may_merge_themselves_and_never_win() -> Result<()> {
        let text = "a: &a { x: 1, y: 1 }\nb: &b { <<: *a, y: 2 }\nc: { <<: *b, z: 3 }\nd: { z: 4, <<: [*a, *b] }\n";
        let read = document(text)?;
        assert_eq!(read["c"], json!({ "x": 1, "y": 2, "z": 3 }));
        assert_eq!(read["d"], json!({ "x": 1, "y": 1, "z": 4 }));
        Ok(())
    }

    #[test]
    fn a_file_may_hold_several_documents() -> Result<()> {
        assert_eq!(documents("---\nkind: A\n---\n---\nkind: B\n")?.len(), 2);
        assert!(documents("kind: [").is_err());
        Ok(())
    }
}
