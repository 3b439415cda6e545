//! Builds the web app: WASM, JavaScript, CSS and the page that loads them, under `target/web/`.

mod compress;
mod page;
mod tailwind;
pub mod target;
mod wasm;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;
use web_server::ASSETS;

use crate::{
    cargo::{self, Profile},
    paths, say,
};

pub use compress::Sizes;
use page::Links;

/// Where the web app of this profile is built to.
pub fn folder(profile: Profile) -> PathBuf {
    paths::target().join("web").join(match profile {
        Profile::Dev => "dev",
        Profile::Release => "release",
    })
}

/// Builds the web app and returns the folder to serve.
pub async fn build(profile: Profile) -> Result<PathBuf> {
    let started = Instant::now();
    target::ensure().await?;
    let mut args = vec!["build", "-p", "frontend", "--target", target::TARGET];
    if profile == Profile::Release {
        args.extend(["--profile", "wasm-release"]);
    }
    cargo::run(&args).await?;

    let site = folder(profile);
    let work = paths::target().join("web").join("work");
    fs::create_dir_all(&work)?;
    let bound = say::ticking("binding WASM to JavaScript", wasm::bind(profile, work.join("bindgen"))).await?;
    let css = tailwind::build(profile, &work.join("app.css")).await?;

    let out = site.clone();
    let sizes = spawn_blocking(move || assemble(&out, &bound, &css, profile));
    let sizes = say::ticking("writing and compressing", sizes).await??;
    if let Some(sizes) = sizes {
        say::note(sizes);
    }
    say::done(format_args!("Web app built in {:.1} s: {}", started.elapsed().as_secs_f32(), site.display()));
    Ok(site)
}

/// Puts the site together; the page that names the new files comes last, so a reader never sees half of it.
fn assemble(site: &Path, bound: &wasm::Bound, css: &[u8], profile: Profile) -> Result<Option<Sizes>> {
    let assets = site.join(ASSETS);
    fs::create_dir_all(&assets)?;
    let mut kept = Vec::new();
    let mut put = |stem: &str, extension: &str, bytes: &[u8]| -> Result<String> {
        let name = hashed_name(stem, extension, bytes);
        fs::write(assets.join(&name), bytes)?;
        let link = format!("/{ASSETS}/{name}");
        kept.push(name);
        Ok(link)
    };
    let wasm = put("app", "wasm", &bound.wasm)?;
    let js = put("app", "js", bound.js.as_bytes())?;
    let css = put("app", "css", css)?;
    let boot = put("boot", "js", page::boot_module(&js, &wasm).as_bytes())?;
    for (folder, files) in &bound.snippets {
        for (file, text) in files {
            let path = assets.join(folder).join(file);
            fs::create_dir_all(path.parent().context("a snippet without a folder")?)?;
            fs::write(path, text)?;
        }
        kept.push(folder.clone());
    }

    copy_tree(&paths::frontend().join("static"), site)?;
    let template = paths::frontend().join("index.html");
    let template = fs::read_to_string(&template).with_context(|| format!("{} is missing", template.display()))?;
    let html = page::fill(&template, &Links { css, js, wasm, boot })?;
    fs::write(site.join("index.new"), html)?;
    fs::rename(site.join("index.new"), site.join("index.html"))?;
    remove_others(&assets, &kept)?;
    match profile {
        Profile::Dev => Ok(None),
        Profile::Release => Ok(Some(compress::tree(site)?)),
    }
}

/// The file name that changes with the content.
fn hashed_name(stem: &str, extension: &str, bytes: &[u8]) -> String {
    let hash = hex(&Sha256::digest(bytes));
    format!("{stem}-{}.{extension}", &hash[..16])
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if to.join(&name) == to.join(ASSETS) || name == "index.html" || name == "config.json" {
            bail!("frontend/static/{} would hide what the build makes", name.display());
        }
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &to.join(name))?;
        } else {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

fn remove_others(folder: &Path, kept: &[String]) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if kept.iter().any(|name| entry.file_name() == name.as_str()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_changes_with_the_content_and_only_with_it() {
        let name = hashed_name("app", "css", b"a");
        assert_eq!(name, "app-ca978112ca1bbdca.css");
        assert_eq!(name, hashed_name("app", "css", b"a"));
        assert_ne!(name, hashed_name("app", "css", b"b"));
    }
}
