//! What these overlays use of kustomize: enough to know what a Deployment is started with. Names get no hashes, lists are
//! replaced and not merged, and labels, images and the namespace are left as they are. Anything unknown is an error.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};
use xtask::deploy::yaml;

const KNOWN: [&str; 11] = [
    "apiVersion",
    "kind",
    "namespace",
    "labels",
    "images",
    "resources",
    "components",
    "configMapGenerator",
    "secretGenerator",
    "patches",
    "replacements",
];

/// The objects of an overlay, without those that are not applied.
pub fn build(folder: &Path) -> Result<Vec<Value>> {
    let mut objects = kustomization(folder, Vec::new())?;
    objects.retain(|object| object["metadata"]["annotations"]["config.kubernetes.io/local-config"] != "true");
    Ok(objects)
}

/// Adds a folder to what is there; a component changes that as well.
fn kustomization(folder: &Path, mut objects: Vec<Value>) -> Result<Vec<Value>> {
    let file = folder.join("kustomization.yaml");
    let here = || file.display().to_string();
    let text = fs::read_to_string(&file).with_context(here)?;
    let what = yaml::document(&text).with_context(here)?;
    let unknown = what.as_object().with_context(here)?.keys().find(|key| !KNOWN.contains(&key.as_str()));
    ensure!(unknown.is_none(), "{}: this reader does not know {unknown:?}", here());

    for path in words(&what["resources"]) {
        let path = folder.join(path);
        if path.is_dir() {
            objects.extend(kustomization(&path, Vec::new())?);
        } else {
            objects.extend(yaml::documents(&fs::read_to_string(&path)?).with_context(|| path.display().to_string())?);
        }
    }
    for (kind, generators) in [("ConfigMap", "configMapGenerator"), ("Secret", "secretGenerator")] {
        for generator in items(&what[generators]) {
            generate(kind, generator, folder, &mut objects).with_context(here)?;
        }
    }
    for path in words(&what["components"]) {
        objects = kustomization(&folder.join(path), objects)?;
    }
    for patch in items(&what["patches"]) {
        apply_patch(patch, folder, &mut objects).with_context(here)?;
    }
    for replacement in items(&what["replacements"]) {
        replace(replacement, &mut objects).with_context(here)?;
    }
    Ok(objects)
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn words(value: &Value) -> impl Iterator<Item = &str> {
    items(value).filter_map(Value::as_str)
}

fn generate(kind: &str, generator: &Value, folder: &Path, objects: &mut Vec<Value>) -> Result<()> {
    let mut data = Map::new();
    let mut take = |line: &str| -> Result<()> {
        let (name, value) = line.split_once('=').with_context(|| format!("no `=` in {line}"))?;
        data.insert(name.to_owned(), value.into());
        Ok(())
    };
    words(&generator["literals"]).try_for_each(&mut take)?;
    for path in words(&generator["envs"]) {
        fs::read_to_string(folder.join(path))?.lines().filter(|line| line.contains('=')).try_for_each(&mut take)?;
    }
    let name = &generator["name"];
    let found = objects.iter_mut().find(|object| object["kind"] == kind && object["metadata"]["name"] == *name);
    match (generator["behavior"].as_str(), found) {
        (None | Some("create"), None) => {
            objects.push(json!({ "kind": kind, "metadata": { "name": name }, "data": data }));
        }
        (Some("merge"), Some(object)) => merge(&mut object["data"], &Value::Object(data)),
        (behavior, _) => bail!("{name}: {behavior:?} cannot be done"),
    }
    Ok(())
}

fn apply_patch(patch: &Value, folder: &Path, objects: &mut [Value]) -> Result<()> {
    let text = match (patch["path"].as_str(), patch["patch"].as_str()) {
        (Some(file), None) => fs::read_to_string(folder.join(file))?,
        (None, Some(text)) => text.to_owned(),
        _ => bail!("a patch is a file or a text"),
    };
    for document in yaml::documents(&text)? {
        let target = match &patch["target"] {
            Value::Null => json!({ "kind": document["kind"], "name": document["metadata"]["name"] }),
            target => target.clone(),
        };
        let mut patched = 0;
        for object in objects.iter_mut().filter(|object| is_selected(object, &target)) {
            patched += 1;
            change(object, &document)?;
        }
        ensure!(patched > 0, "nothing to patch: {target}");
    }
    Ok(())
}

/// By a list of operations, or by what stands in the same place.
fn change(object: &mut Value, patch: &Value) -> Result<()> {
    if let Some(operations) = patch.as_array() {
        return operations.iter().try_for_each(|operation| operate(object, operation));
    }
    let name = object["metadata"]["name"].clone();
    merge(object, patch);
    object["metadata"]["name"] = name;
    Ok(())
}

fn is_selected(object: &Value, target: &Value) -> bool {
    let is = |wanted: &Value, there: &Value| wanted.is_null() || wanted == there;
    let labels = target["labelSelector"].as_str().and_then(|selector| selector.split_once('='));
    is(&target["kind"], &object["kind"])
        && is(&target["name"], &object["metadata"]["name"])
        && labels.is_none_or(|(name, value)| object["metadata"]["labels"][name] == value)
}

/// One operation of a JSON patch.
fn operate(object: &mut Value, operation: &Value) -> Result<()> {
    let path = operation["path"].as_str().context("an operation without a path")?;
    let (parent, key) = path.rsplit_once('/').context("a path without a slash")?;
    let parent = object.pointer_mut(parent).with_context(|| format!("there is no {path}"))?;
    let key = key.replace("~1", "/").replace("~0", "~");
    let value = operation["value"].clone();
    match (operation["op"].as_str(), parent) {
        (Some("add" | "replace"), Value::Object(members)) => drop(members.insert(key, value)),
        (Some("remove"), Value::Object(members)) => drop(members.remove(&key)),
        (Some("replace"), Value::Array(items)) => {
            *items.get_mut(key.parse::<usize>()?).with_context(|| format!("there is no {path}"))? = value;
        }
        (Some("add"), Value::Array(items)) if key == "-" => items.push(value),
        _ => bail!("this reader does not know {operation}"),
    }
    Ok(())
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            from.iter().for_each(|(key, value)| merge(into.entry(key.clone()).or_insert(Value::Null), value));
        }
        (into, from) => *into = from.clone(),
    }
}

fn replace(replacement: &Value, objects: &mut [Value]) -> Result<()> {
    let source = &replacement["source"];
    let from = objects.iter().find(|object| is_selected(object, source)).context("a replacement without a source")?;
    let value = from.pointer(&pointer(from, &source["fieldPath"])?).context("a source without its field")?.clone();
    for target in items(&replacement["targets"]) {
        for object in objects.iter_mut().filter(|object| is_selected(object, &target["select"])) {
            for path in items(&target["fieldPaths"]) {
                let pointer = pointer(object, path)?;
                put(object, &pointer, &target["options"], &value)?;
            }
        }
    }
    Ok(())
}

/// Where a path such as `spec.containers.[name=upload].image` leads in this object.
fn pointer(object: &Value, path: &Value) -> Result<String> {
    let path = path.as_str().context("a path is a text")?;
    let mut is_in_brackets = false;
    let steps = path.split(|letter| {
        is_in_brackets = letter == '[' || is_in_brackets && letter != ']';
        letter == '.' && !is_in_brackets
    });
    steps.into_iter().try_fold(String::new(), |so_far, step| {
        let Some(selector) = step.strip_prefix('[') else { return Ok(format!("{so_far}/{step}")) };
        let wanted = selector.strip_suffix(']').and_then(|selector| selector.split_once('='));
        let (key, value) = wanted.with_context(|| format!("this reader does not know {step} in {path}"))?;
        let list = object.pointer(&so_far).and_then(Value::as_array).with_context(|| format!("{so_far} is no list"))?;
        let fitting = list.iter().enumerate().filter(|(_, item)| item[key] == value).map(|(index, _)| index);
        match fitting.collect::<Vec<_>>()[..] {
            [index] => Ok(format!("{so_far}/{index}")),
            ref several => bail!("{} items fit {step} in {path}", several.len()),
        }
    })
}

fn put(object: &mut Value, path: &str, options: &Value, value: &Value) -> Result<()> {
    if options["create"] == true {
        return operate(object, &json!({ "op": "add", "path": path, "value": value }));
    }
    let there = object.pointer_mut(path).with_context(|| format!("there is no {path}"))?;
    let Some(delimiter) = options["delimiter"].as_str() else {
        *there = value.clone();
        return Ok(());
    };
    let text = there.as_str().context("no text")?;
    let mut parts: Vec<&str> = text.split(delimiter).collect();
    let index = usize::try_from(options["index"].as_u64().context("no index")?)?;
    *parts.get_mut(index).context("no such part")? = value.as_str().context("no text")?;
    *there = parts.join(delimiter).into();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_of_a_list_is_found_by_what_it_holds() -> Result<()> {
        let object = json!({ "pods": [{ "name": "a" }, { "name": "b.c", "env": [{ "name": "X" }, { "name": "Y" }] }] });
        let to = |path: &str| pointer(&object, &path.into());
        assert_eq!(to("pods.[name=b.c].env.[name=Y].value")?, "/pods/1/env/1/value");
        assert_eq!(to("pods.0.name")?, "/pods/0/name");
        Ok(())
    }

    #[test]
    fn what_chooses_no_item_or_several_is_refused() {
        let object = json!({ "pods": [{ "name": "a" }, { "name": "a" }] });
        for path in ["pods.[name=b]", "pods.[name=a]", "pods.[name]", "nodes.[name=a]"] {
            assert!(pointer(&object, &path.into()).is_err(), "{path}");
        }
    }
}
