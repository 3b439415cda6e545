//! From cargo's WASM to the pair of WASM and JavaScript that a browser loads.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use tokio::{process::Command, task::spawn_blocking};
use wasm_bindgen_cli_support::Bindgen;

use super::target;
use crate::{cargo::Profile, paths, process, say};

/// The bound app.
pub struct Bound {
    /// The WASM.
    pub wasm: Vec<u8>,
    /// Its JavaScript.
    pub js: String,
    /// JavaScript that crates bring along: folder → path → text.
    pub snippets: BTreeMap<String, BTreeMap<PathBuf, String>>,
}

/// Binds the WASM that cargo has built.
pub async fn bind(profile: Profile, work: PathBuf) -> Result<Bound> {
    let input = paths::target()
        .join(target::TARGET)
        .join(match profile {
            Profile::Dev => "debug",
            Profile::Release => "wasm-release",
        })
        .join("frontend.wasm");
    let out = work.clone();
    spawn_blocking(move || generate(&input, &out)).await??;
    let wasm_file = work.join("app_bg.wasm");
    if profile == Profile::Release {
        optimize(&wasm_file).await?;
    }
    let js = fs::read_to_string(work.join("app.js"))?;
    collect(&work, js, fs::read(wasm_file)?)
}

fn generate(input: &Path, out: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(out);
    fs::create_dir_all(out)?;
    Bindgen::new()
        .input_path(input)
        .out_name("app")
        .web(true)?
        .typescript(false)
        .keep_debug(false)
        // The names of functions are a fifth of what a browser would load.
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .generate(out)
        .with_context(|| format!("{} cannot be bound", input.display()))
}

/// Makes the WASM smaller where `wasm-opt` happens to be there.
async fn optimize(wasm: &Path) -> Result<()> {
    let local = paths::frontend().join("node_modules/.bin/wasm-opt");
    let Some(tool) = Some(local).filter(|tool| tool.is_file()).or_else(|| paths::find_program("wasm-opt")) else {
        return Ok(());
    };
    let smaller = wasm.with_extension("opt");
    let mut command = Command::new(tool);
    command.arg("-Oz").arg(wasm).arg("-o").arg(&smaller);
    match say::ticking("optimizing the WASM", process::run_well(command)).await {
        Ok(()) => fs::rename(smaller, wasm)?,
        Err(error) => say::warn(format_args!("{error:#}: the WASM stays as it is")),
    }
    Ok(())
}

fn collect(work: &Path, js: String, wasm: Vec<u8>) -> Result<Bound> {
    let mut files = BTreeMap::new();
    let folder = work.join("snippets");
    if folder.is_dir() {
        read_tree(&folder, &folder, &mut files)?;
    }
    if files.is_empty() {
        return Ok(Bound { wasm, js, snippets: BTreeMap::new() });
    }
    let mut hasher = Sha256::new();
    for (path, text) in &files {
        hasher.update(path.to_string_lossy().as_bytes());
        hasher.update(text.as_bytes());
    }
    let name = format!("snippets-{}", &super::hex(&hasher.finalize())[..16]);
    let js = js.replace("./snippets/", &format!("./{name}/"));
    Ok(Bound { wasm, js, snippets: [(name, files)].into() })
}

fn read_tree(root: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_tree(root, &path, files)?;
        } else {
            files.insert(path.strip_prefix(root)?.to_owned(), fs::read_to_string(&path)?);
        }
    }
    Ok(())
}
