//! What the images are made from, and how big they are.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Map, Value, json};
use tokio::{io::AsyncReadExt, process::Command, time::timeout};

use super::{Options, docker, folder, stack::Stack, stand_in};
use crate::{
    cargo::{self, Profile},
    paths, process, say,
    services::{self, Service},
    web,
};

const WEB_SERVER: &str = "web-server";
pub const FRONTEND: &str = "frontend";
const PULL: Duration = Duration::from_mins(5);
/// Everything from the sources on a small machine.
const BUILD: Duration = Duration::from_mins(90);
/// What a node fetches for each service.
const LIMIT: u64 = 30_000_000;

/// What a Dockerfile begins from.
#[derive(Debug, PartialEq, Eq)]
struct Bases {
    /// The stages before the last.
    stages: Vec<String>,
    /// The images that these begin from.
    builders: Vec<String>,
    /// The image that the last stage begins from.
    runtime: String,
}

/// Builds the five images and returns their names, and what is in the place of what.
pub async fn build(stack: &Stack, options: Options) -> Result<(Vec<String>, Replaced)> {
    let plan = stack.plan(&[]).await?;
    let services = Bases::of(&paths::root().join("Dockerfile"))?;
    let frontend = Bases::of(&paths::frontend().join("Dockerfile"))?;
    ensure!(services.runtime == frontend.runtime, "the images do not share their base");
    let mongo = plan.images.get("mongodb").context("docker-compose.yml has no mongodb")?;

    let inside = !options.host_binaries && all_there(services.builders.iter().chain(&frontend.builders)).await;
    let mut replaced = Replaced::default();
    if !inside {
        let staged = stage().await?;
        // The stages before `build`, too: an older engine would look for their images without a need.
        for stage in &services.stages {
            replaced.context(&Service::ALL.map(Service::name), stage, &staged.services);
        }
        for stage in &frontend.stages {
            replaced.context(&[FRONTEND], stage, &staged.web);
        }
        if !is_there(&services.runtime).await {
            stand_in::base(&staged.programs).await?;
            let all = [&Service::ALL.map(Service::name)[..], &[FRONTEND]].concat();
            replaced.context(&all, &services.runtime, &format!("docker-image://{}", stand_in::BASE));
        }
    }
    if !is_there(mongo).await {
        stand_in::mongo().await?;
        replaced.image("mongodb", stand_in::MONGO);
    }
    stack.replace(&replaced.yaml())?;
    stack.build(BUILD).await?;
    let plan = stack.plan(&[]).await?;
    let ours = Service::ALL.map(Service::name).into_iter().chain([FRONTEND]);
    let built = ours.map(|name| plan.images.get(name).cloned().with_context(|| format!("no image for {name}")));
    Ok((built.collect::<Result<_>>()?, replaced))
}

/// Finds an image of a profile, or one in its place; fails with the reason why there is none.
pub async fn find(service: &str, image: &str, replaced: &mut Replaced) -> Result<()> {
    if !is_there(image).await {
        let other = stand_in::of_profile(service).await?;
        say::note(format_args!("{other} stands in for {image}"));
        replaced.image(service, &other);
    }
    Ok(())
}

impl Bases {
    fn of(dockerfile: &Path) -> Result<Self> {
        let text = fs::read_to_string(dockerfile).with_context(|| dockerfile.display().to_string())?;
        Self::parse(&text).with_context(|| format!("{} has no stages", dockerfile.display()))
    }

    fn parse(text: &str) -> Option<Self> {
        let (mut stages, mut bases) = (Vec::new(), Vec::new());
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let ["FROM", base, "AS", stage] = words[..] {
                if !stages.iter().any(|stage| stage == base) {
                    bases.push(base.to_owned());
                }
                stages.push(stage.to_owned());
            }
        }
        stages.pop();
        let runtime = bases.pop()?;
        Some(Self { stages, builders: bases, runtime })
    }
}

/// What is put in the place of what cannot be fetched or need not be built again.
#[derive(Default)]
pub struct Replaced {
    services: Map<String, Value>,
}

impl Replaced {
    /// Builds these services with another source for the stage or image of this name.
    fn context(&mut self, services: &[&str], name: &str, source: &str) {
        for service in services {
            self.services.entry(*service).or_insert_with(|| json!({}))["build"]["additional_contexts"][name] =
                source.into();
        }
    }

    fn image(&mut self, service: &str, image: &str) {
        self.services.entry(service).or_insert_with(|| json!({}))["image"] = image.into();
    }

    /// JSON is YAML, too.
    pub fn yaml(&self) -> String {
        json!({ "services": self.services }).to_string()
    }
}

async fn all_there(images: impl Iterator<Item = &String>) -> bool {
    for image in images {
        if !is_there(image).await {
            return false;
        }
    }
    true
}

/// Whether the engine has an image or can fetch it.
async fn is_there(image: &str) -> bool {
    if docker::ask(&["image", "inspect", "--format", "{{.Id}}", image]).await.is_ok() {
        return true;
    }
    match docker::run(&["pull", "--quiet", image], PULL).await {
        Ok(()) => true,
        Err(error) => {
            say::note(format_args!("{image} cannot be fetched: {error:#}"));
            false
        }
    }
}

/// What the stages named `build` would have made, made on this machine.
struct Staged {
    services: String,
    web: String,
    programs: Vec<PathBuf>,
}

async fn stage() -> Result<Staged> {
    say::step("Building binaries and the web app on this machine, for the stage named `build`");
    services::build(Profile::Release).await?;
    cargo::run(&["build", "--release", "-p", WEB_SERVER]).await?;
    let site = web::build(Profile::Release).await?;

    let (services, web) = (folder().join("services"), folder().join("web"));
    for folder in [&services, &web] {
        let _ = fs::remove_dir_all(folder);
    }
    let mut programs = Vec::new();
    for service in Service::ALL.map(Service::name) {
        let out = services.join("out").join(service);
        fs::create_dir_all(&out)?;
        programs.push(strip(service, &out).await?);
        symlink(service, out.join("service"))?;
    }
    let out = web.join("out");
    fs::create_dir_all(&out)?;
    programs.push(strip(WEB_SERVER, &out).await?);
    let mut copy = Command::new("cp");
    copy.arg("-R").arg(site).arg(out.join("site"));
    process::run_well(copy).await?;
    Ok(Staged { services: services.display().to_string(), web: web.display().to_string(), programs })
}

/// Puts a release binary into a folder, without its symbols.
async fn strip(name: &str, out: &Path) -> Result<PathBuf> {
    let program = out.join(name);
    let mut strip = Command::new("strip");
    strip.arg("-o").arg(&program).arg(Profile::Release.binaries().join(name));
    process::run_well(strip).await?;
    Ok(program)
}

/// Fails where a service's image is bigger than it should be.
pub async fn check_sizes(images: &[String]) -> Result<()> {
    for image in images {
        let size = docker::ask(&["image", "inspect", "--format", "{{.Size}}", image]).await?;
        let size: u64 = size.parse().with_context(|| format!("the size of {image}"))?;
        let packed = packed_size(image).await?;
        let [size_mb, packed_mb] = [size, packed].map(|bytes| bytes.div_ceil(1_000_000));
        say::note(format_args!("{image}: {packed_mb} MB to fetch, {size_mb} MB unpacked"));
        if packed > LIMIT {
            bail!("{image} is bigger than {} MB to fetch", LIMIT / 1_000_000);
        }
    }
    Ok(())
}

/// How much of an image a registry would send, compressed as registries have it.
async fn packed_size(image: &str) -> Result<u64> {
    let mut save = docker::command(&["save", image]);
    let mut child = save.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut layers = child.stdout.take().context("no pipe")?;
    let packing = async {
        let mut gzip = GzEncoder::new(Counter::default(), Compression::default());
        let mut chunk = vec![0; 256 * 1024];
        loop {
            let read = layers.read(&mut chunk).await?;
            if read == 0 {
                break;
            }
            gzip.write_all(&chunk[..read])?;
        }
        let Counter(bytes) = gzip.finish()?;
        anyhow::Ok(bytes)
    };
    let bytes = timeout(PULL, packing).await.with_context(|| format!("saving {image} does not end"))??;
    ensure!(child.wait().await?.success(), "{image} cannot be saved");
    Ok(bytes)
}

#[derive(Default)]
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += u64::try_from(bytes.len()).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dockerfiles() -> Result<[String; 2]> {
        let read = |file: PathBuf| fs::read_to_string(file);
        Ok([read(paths::root().join("Dockerfile"))?, read(paths::frontend().join("Dockerfile"))?])
    }

    #[test]
    fn stages_that_build_on_others_are_not_images() {
        let text = "FROM rust:1 AS rust\nRUN true\nFROM rust AS build\nFROM node:2 AS node\nFROM base:3 AS runtime\n";
        let words = |text: &str| text.split(' ').map(ToOwned::to_owned).collect();
        let (stages, builders) = (words("rust build node"), words("rust:1 node:2"));
        assert_eq!(Bases::parse(text), Some(Bases { stages, builders, runtime: "base:3".into() }));
        assert_eq!(Bases::parse("RUN true\n"), None);
    }

    #[test]
    fn what_replaces_a_stage_is_named_for_each_service() {
        let mut replaced = Replaced::default();
        replaced.context(&["auth", "event"], "build", "/made/here");
        replaced.context(&["auth"], "base:3", "docker-image://other");
        replaced.image("mongodb", "other");
        let yaml: Value = serde_json::from_str(&replaced.yaml()).expect("JSON");
        let contexts = json!({ "build": "/made/here", "base:3": "docker-image://other" });
        assert_eq!(yaml["services"]["auth"]["build"]["additional_contexts"], contexts);
        assert_eq!(yaml["services"]["event"]["build"]["additional_contexts"], json!({ "build": "/made/here" }));
        assert_eq!(yaml["services"]["mongodb"], json!({ "image": "other" }));
    }

    #[test]
    fn images_are_built_with_the_toolchain_of_the_repository() -> Result<()> {
        let toolchain = fs::read_to_string(paths::root().join("rust-toolchain.toml"))?;
        let line = toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).context("no channel")?;
        let image = format!("rust:{}-", line.trim_matches('"'));
        for text in dockerfiles()? {
            let bases = Bases::parse(&text).context("no stages")?;
            assert!(bases.builders.iter().any(|base| base.starts_with(&image)), "{image} is not in {bases:?}");
        }
        Ok(())
    }

    #[test]
    fn both_dockerfiles_keep_the_dependencies_in_a_layer_of_their_own() -> Result<()> {
        let manifests = |text: &str| {
            let (_, stage) = text.split_once("FROM rust AS manifests\n")?;
            stage.split_once("\n\n").map(|(stage, _)| stage.to_owned())
        };
        let [services, frontend] = dockerfiles()?;
        assert_eq!(manifests(&services).context("no such stage")?, manifests(&frontend).context("no such stage")?);
        for text in [services, frontend] {
            let (before, after) = text.split_once("COPY --from=manifests /src .\n").context("no manifests")?;
            assert!(before.contains("FROM rust AS build\n"));
            assert!(after.starts_with("RUN cargo build --release --locked -p "), "{after}");
        }
        Ok(())
    }
}
