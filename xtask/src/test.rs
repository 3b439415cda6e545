//! `cargo test` with everything around it that the tests need.

use std::{
    env,
    process::{ExitCode, ExitStatus},
};

use anyhow::Result;

use crate::{
    browser,
    cargo::{self, Profile},
    deploy, leftovers,
    mongo::{Mongo, Options, SMALL_CACHE},
    ports, process, say, services,
    wait::Stop,
    web,
};

/// The package of the end-to-end tests.
const E2E: &str = "e2e";
const URI: &str = "TEST_MONGODB_URI";
/// The tests of services that die at named points: built for themselves, since no other build has such points.
const DYING: [&str; 12] = [
    "test",
    "--no-fail-fast",
    "-p",
    "ticket",
    "-p",
    "payment",
    "--features",
    "ticket/fail-points,payment/fail-points",
    "--test",
    "api",
    "--",
    "fail_points",
];

/// What an interrupted run ends with.
const INTERRUPTED: u8 = 130;

/// Tests these packages, or all; `rest` goes to the test binaries. A test of everything ends with the quick checks of the
/// deployment where `deploy` says so.
pub async fn run(names: &[String], rest: &[String], deploy: bool) -> Result<ExitCode> {
    let tested = test(names, rest).await?;
    if tested == ExitCode::from(INTERRUPTED) || !(deploy && is_everything(names, rest)) {
        return Ok(tested);
    }
    let checked = deploy::run(&deploy::Options { quick: true, ..deploy::Options::default() }).await?;
    Ok(if tested == ExitCode::SUCCESS { checked } else { tested })
}

async fn test(names: &[String], rest: &[String]) -> Result<ExitCode> {
    let mut stop = Stop::catch()?;
    leftovers::sweep().await?;
    if with_e2e(names) {
        browser::find()?;
    }
    let mongo = tokio::select! {
        mongo = throwaway() => mongo?,
        () = stop.wait() => return Ok(ExitCode::from(INTERRUPTED)),
    };
    let uri = mongo.as_ref().map_or_else(|| env::var(URI).unwrap_or_default(), |mongo| mongo.uri().to_owned());
    let outcome = tokio::select! {
        outcome = build_and_test(names, rest, &uri) => outcome.map(passed_on),
        () = stop.wait() => Ok(ExitCode::from(INTERRUPTED)),
    };
    if let Some(mongo) = mongo {
        mongo.stop().await?;
    }
    leftovers::forget();
    outcome
}

/// A private MongoDB, unless the caller brings one; `MONGODB_URI` may hold real data and is not looked at.
async fn throwaway() -> Result<Option<Mongo>> {
    if env::var(URI).is_ok_and(|uri| !uri.is_empty()) {
        say::step(format_args!("MongoDB: the one that {URI} names"));
        return Ok(None);
    }
    let name = format!("test-{}", std::process::id());
    let options = Options { name, port: ports::free()?, throwaway: true, cache_gb: SMALL_CACHE };
    Mongo::start_private(&options).await.map(Some)
}

async fn build_and_test(names: &[String], rest: &[String], uri: &str) -> Result<ExitStatus> {
    if with_e2e(names) {
        say::step("Building the services and the tests");
        if names.is_empty() {
            // The same choice of packages as the tests', so that no dependency is built twice.
            cargo::run(&["build", "--workspace", "--exclude", "frontend", "--bins", "--tests"]).await?;
        } else {
            services::build(Profile::Dev).await?;
        }
        say::step("Building the web app");
        web::build(Profile::Dev).await?;
    }
    say::step("Testing");
    let tested = cargo_test(&arguments(names, rest), uri).await?;
    if !is_everything(names, rest) {
        return Ok(tested);
    }
    say::step("Testing that what dies at any point is settled");
    let died = cargo_test(&DYING.map(ToOwned::to_owned), uri).await?;
    Ok(if tested.success() { died } else { tested })
}

async fn cargo_test(args: &[String], uri: &str) -> Result<ExitStatus> {
    let mut command = cargo::command(&args.iter().map(String::as_str).collect::<Vec<_>>());
    command.env(URI, uri);
    process::run(command).await
}

fn with_e2e(names: &[String]) -> bool {
    names.is_empty() || names.iter().any(|name| name == E2E)
}

fn is_everything(names: &[String], rest: &[String]) -> bool {
    names.is_empty() && rest.is_empty()
}

/// What cargo is told. The web app is built for browsers only, so it is left out of "all".
fn arguments(names: &[String], rest: &[String]) -> Vec<String> {
    // One failure shall not hide the others.
    let mut args = ["test", "--no-fail-fast"].map(ToOwned::to_owned).to_vec();
    if names.is_empty() {
        args.extend(["--workspace", "--exclude", "frontend"].map(ToOwned::to_owned));
    }
    for name in names {
        args.extend(["-p".to_owned(), name.clone()]);
    }
    if !rest.is_empty() {
        args.push("--".to_owned());
        args.extend_from_slice(rest);
    }
    args
}

fn passed_on(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn without_names_all_packages_but_the_web_app_are_tested() {
        assert_eq!(arguments(&[], &[]), ["test", "--no-fail-fast", "--workspace", "--exclude", "frontend"]);
        assert!(with_e2e(&[]));
        assert!(is_everything(&[], &[]));
    }

    #[test]
    fn names_choose_packages_and_the_rest_goes_to_the_tests() {
        let args = arguments(&owned(&["ticket"]), &owned(&["race"]));
        assert_eq!(args, ["test", "--no-fail-fast", "-p", "ticket", "--", "race"]);
        assert!(!with_e2e(&owned(&["ticket"])));
        assert!(!is_everything(&owned(&["ticket"]), &[]) && !is_everything(&[], &owned(&["race"])));
    }
}
