//! Images in the place of those that no registry can be asked for: the C library of this machine in the place of the
//! bare base, a `mongod` with the shell that the health check calls in the place of MongoDB's image, this machine's
//! Prometheus and Alertmanager, and programs of a page in the place of the mail catcher and the store of traces. They are kept
//! under names of their own and go when the test ends.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use super::{docker, folder};
use crate::{mongo, paths, process, say};

/// In the place of the base of our images.
pub const BASE: &str = "ticketer-stand-in-base:compose-test";
/// In the place of MongoDB's image.
pub const MONGO: &str = "ticketer-stand-in-mongo:compose-test";

/// Who a program runs as that needs no right.
const NOBODY: &str = "65534:65534";
const NODE: &str = "usr/local/bin/node";

const MONGOSH: &str = "mongosh@2.5.10";
const BUILD: Duration = Duration::from_mins(5);

/// Makes the base: what these programs load, and no shell.
pub async fn base(programs: &[PathBuf]) -> Result<()> {
    say::note("a stand-in for the base: this machine's C library");
    let root = Root::new("base")?;
    for program in programs {
        root.add_libraries_of(program).await?;
    }
    root.build(BASE, "").await
}

/// Makes MongoDB's image: `mongod` and `mongosh`.
pub async fn mongo() -> Result<()> {
    say::note("a stand-in for MongoDB's image: the mongod of `cargo xtask db`, and mongosh out of npm");
    let root = Root::new("mongo")?;
    root.add_program(&mongo::binary().await?, "usr/bin/mongod").await?;
    root.add_program(&node()?, NODE).await?;
    let shell = mongosh().await?;
    let mut copy = Command::new("cp");
    copy.arg("-R").arg(&shell).arg(root.place("opt/mongosh")?);
    process::run_well(copy).await?;
    let start = root.place("usr/local/bin/mongosh")?;
    fs::write(&start, "#!/usr/local/bin/node\nrequire(\"/opt/mongosh/node_modules/mongosh/bin/mongosh.js\");\n")?;
    fs::set_permissions(start, fs::Permissions::from_mode(0o755))?;
    for folder in ["data/db", "data/configdb"] {
        fs::create_dir_all(root.0.join(folder))?;
    }
    // Owned by the user of MongoDB's own image, so that a new volume is, too.
    root.build(MONGO, "COPY --chown=999:999 data/ /data/\n").await
}

/// Makes an image in the place of one that a profile starts, and returns its name; fails with the reason why there is none.
pub async fn of_profile(service: &str) -> Result<String> {
    let image = format!("ticketer-stand-in-{service}:compose-test");
    match service {
        "prometheus" => installed(&image, service, &["prometheus"], None).await?,
        // As upstream calls it, and as Debian does, whose build reads its templates from a folder.
        "alertmanager" => {
            let names = ["alertmanager", "prometheus-alertmanager"];
            installed(&image, service, &names, Some("/usr/share/prometheus/alertmanager")).await?;
        }
        "mailpit" => script(&image, include_str!("stand_in/mail.js")).await?,
        "tempo" => script(&image, include_str!("stand_in/traces.js")).await?,
        _ => bail!("nothing stands in for it"),
    }
    Ok(image)
}

/// The program of this machine that has the first of these names that is there, with the files that it reads if they are, with a
/// folder of its service's name that it may write to, and with what its health check calls.
async fn installed(image: &str, service: &str, names: &[&str], files: Option<&str>) -> Result<()> {
    let program = names.iter().find_map(|name| paths::find_program(name));
    let program = program.with_context(|| format!("{} is not installed (of Debian's packages)", names.join(" or ")))?;
    let wget = paths::find_program("wget").context("wget is not installed")?;
    let root = Root::new(service)?;
    root.add_program(&program, "bin/program").await?;
    root.add_program(&wget, "usr/bin/wget").await?;
    if let Some(files) = files.map(Path::new).filter(|files| files.is_dir()) {
        let mut copy = Command::new("cp");
        copy.arg("-R").arg(files).arg(root.place(&files.display().to_string()[1..])?);
        process::run_well(copy).await?;
    }
    fs::create_dir_all(root.0.join(service))?;
    let start = format!("COPY --chown={NOBODY} {service}/ /{service}/\nUSER {NOBODY}\nENTRYPOINT [\"/bin/program\"]\n");
    root.build(image, &start).await
}

/// A script that Node runs.
async fn script(image: &str, source: &str) -> Result<()> {
    let root = Root::new("script")?;
    root.add_program(&node()?, NODE).await?;
    fs::write(root.place("script.js")?, source)?;
    root.build(image, &format!("USER {NOBODY}\nENTRYPOINT [\"/{NODE}\", \"/script.js\"]\n")).await
}

fn node() -> Result<PathBuf> {
    paths::find_program("node").context("node is missing: install Node 20 or newer")
}

/// MongoDB's shell, fetched by npm if it is not there.
async fn mongosh() -> Result<PathBuf> {
    let home = paths::tools().join("mongosh");
    let stamp = home.join("version");
    if fs::read_to_string(&stamp).is_ok_and(|version| version == MONGOSH) {
        return Ok(home);
    }
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(&home)?;
    let mut npm = Command::new("npm");
    npm.current_dir(&home).args(["install", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error", MONGOSH]);
    say::ticking("npm install mongosh", process::run_well(npm)).await?;
    fs::write(stamp, MONGOSH)?;
    Ok(home)
}

/// The root of an image that is put together, beside its Dockerfile.
struct Root(PathBuf);

impl Root {
    fn new(name: &str) -> Result<Self> {
        if !cfg!(target_os = "linux") {
            bail!("images cannot be stood in for on this system: the engine must reach the registries");
        }
        let root = folder().join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("root/tmp"))?;
        // What is mounted there has the same mode.
        fs::set_permissions(root.join("root/tmp"), fs::Permissions::from_mode(0o1777))?;
        fs::create_dir_all(root.join("root/etc"))?;
        fs::write(root.join("root/etc/nsswitch.conf"), "hosts: files dns\n")?;
        fs::write(root.join("root/etc/passwd"), "nonroot:x:65532:65532::/:/none\nmongodb:x:999:999::/tmp:/none\n")?;
        Ok(Self(root))
    }

    /// Where a file of the image is put, its folder made.
    fn place(&self, path: &str) -> Result<PathBuf> {
        let place = self.0.join("root").join(path);
        fs::create_dir_all(place.parent().context("a file without a folder")?)?;
        Ok(place)
    }

    fn add(&self, file: &Path, path: &str) -> Result<()> {
        fs::copy(file, self.place(path)?).with_context(|| file.display().to_string())?;
        Ok(())
    }

    async fn add_program(&self, program: &Path, path: &str) -> Result<()> {
        self.add_libraries_of(program).await?;
        self.add(program, path)
    }

    async fn add_libraries_of(&self, program: &Path) -> Result<()> {
        let output = Command::new("ldd").arg(program).output().await.context("ldd does not start")?;
        for library in libraries(&String::from_utf8_lossy(&output.stdout)) {
            self.add(Path::new(&library), library.trim_start_matches('/'))?;
        }
        Ok(())
    }

    async fn build(&self, image: &str, more: &str) -> Result<()> {
        fs::write(self.0.join("Dockerfile"), format!("FROM scratch\nCOPY root/ /\n{more}"))?;
        let context = self.0.display().to_string();
        docker::run(&["build", "--quiet", "--tag", image, &context], BUILD).await
    }
}

/// The files that `ldd` names.
fn libraries(text: &str) -> Vec<String> {
    let path = |line: &str| {
        let path = line.split_once("=> ").map_or(line, |(_, path)| path).trim();
        path.split(' ').next().filter(|path| path.starts_with('/')).map(ToOwned::to_owned)
    };
    text.lines().filter_map(path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_read_from_what_ldd_prints() {
        let text = "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f5b)\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x00007f5d)\n";
        assert_eq!(libraries(text), ["/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2"]);
        assert!(libraries("\tstatically linked\n").is_empty());
    }
}
