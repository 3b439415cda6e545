//! The images and `docker-compose.yml`: really built, really run, and taken away again.

mod confinement;
mod docker;
mod images;
mod journey;
mod order;
mod page;
mod profiles;
mod stack;
mod stand_in;

use std::{
    fs::{self, File, TryLockError},
    path::PathBuf,
    process::ExitCode,
    time::Instant,
};

use anyhow::{Context, Result, bail};

use crate::{paths, say, wait::Stop};

use stack::Stack;

/// How to build the images, and which must be there.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Put binaries built on this machine into the images instead of building them inside.
    pub host_binaries: bool,
    /// Whether it fails where an image of a profile cannot be had and nothing stands in for it.
    pub strict: bool,
}

/// Where this test keeps what it needs; gone at the end.
fn folder() -> PathBuf {
    paths::target().join("compose-test")
}

/// Runs the whole test; exit code 2 where there is no engine to run it on.
pub async fn run(options: Options) -> Result<ExitCode> {
    let mut stop = Stop::catch()?;
    if let Err(missing) = docker::require().await {
        say::warn(format_args!("{missing:#}"));
        return Ok(ExitCode::from(2));
    }
    let _only_one = lock()?;
    let started = Instant::now();
    let stack = Stack::new()?;
    stack.sweep().await?;

    let outcome = tokio::select! {
        outcome = test(&stack, options) => outcome,
        () = stop.wait() => Err(anyhow::anyhow!("stopped")),
    };
    if outcome.is_err() {
        stack.say_what_happened().await;
    }
    say::step("Taking everything away");
    let swept = stack.sweep().await;
    let _ = fs::remove_dir_all(folder());
    outcome?;
    swept?;
    say::done(format_args!("The images and docker-compose.yml work ({} s)", started.elapsed().as_secs()));
    Ok(ExitCode::SUCCESS)
}

async fn test(stack: &Stack, options: Options) -> Result<()> {
    say::step("Building the images");
    let (built, replaced) = images::build(stack, options).await?;

    say::step("Starting: docker compose up --wait");
    let plan = stack.plan(&[]).await?;
    let up = stack.up().await?;
    say::note(format_args!("healthy after {:.1} s", up.took.as_secs_f32()));
    order::check(&plan, &stack.events_since(up.began).await?)?;
    confinement::check(stack).await?;
    images::check_sizes(&built).await?;

    say::step("The web app's page");
    page::check(stack.urls(), &stack.web_url()).await?;
    say::step("The buying journey, through the published ports");
    let bought = journey::buy(stack.urls()).await?;

    say::step("Stopping: docker compose stop");
    stack.stop().await?;
    say::step("The data outlive the containers: docker compose down, docker compose up");
    stack.down().await?;
    let again = stack.up().await?;
    say::note(format_args!("healthy after {:.1} s", again.took.as_secs_f32()));
    journey::still_there(stack.urls(), &bought).await?;
    profiles::check(stack, replaced, options.strict).await
}

/// Two of these at once would take away each other's containers.
fn lock() -> Result<File> {
    fs::create_dir_all(paths::target())?;
    let file = File::create(paths::target().join("compose-test.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("another compose-test is running"),
        Err(TryLockError::Error(error)) => Err(error).context("the lock of compose-test"),
    }
}
