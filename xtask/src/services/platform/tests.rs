use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use super::*;
use crate::{cargo::Profile, services::ServicePorts};

/// Answers 200 on `$PORT`, whatever is asked; ends with 0 on SIGTERM.
const LISTENS: &str = r#"#!/usr/bin/env python3
import http.server, os, signal, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("up with", os.environ["MONGODB_URI"], flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Ready).serve_forever()
"#;

const FAILS: &str = "#!/bin/sh\necho 'SESSION_SECRET is missing' >&2\nexit 2\n";

/// Settings whose four services are this script.
fn settings(name: &str, script: &str) -> Result<Settings> {
    let folder = std::env::temp_dir().join(format!("xtask-platform-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    for service in Service::ALL {
        let file: PathBuf = folder.join(service.name());
        fs::write(&file, script)?;
        fs::set_permissions(file, fs::Permissions::from_mode(0o755))?;
    }
    let mut settings =
        Settings::new(Profile::Dev, "mongodb://127.0.0.1:1", ServicePorts::free()?, "http://localhost:1");
    settings.logs = folder.join("logs");
    settings.binaries = folder;
    Ok(settings)
}

#[tokio::test]
async fn a_service_that_ends_at_its_start_is_named_with_its_last_words() -> Result<()> {
    let settings = settings("fails", FAILS)?;
    let folder = settings.binaries.clone();
    let error = Platform::start(settings).await.err().context("it has started")?.to_string();
    assert!(error.starts_with("auth ended while it started"), "{error}");
    assert!(error.contains("SESSION_SECRET is missing"), "{error}");
    fs::remove_dir_all(folder)?;
    Ok(())
}

#[tokio::test]
async fn a_service_that_ends_by_itself_is_noticed_and_one_that_was_killed_on_purpose_is_not() -> Result<()> {
    let platform = Platform::start(settings("listens", LISTENS)?).await?;
    assert!(platform.tail(Service::Event).contains("mongodb://127.0.0.1:1/event_db"));
    let pid = platform.pid(Service::Ticket).context("ticket does not run")?;

    let mut exited = Box::pin(platform.exited());
    let meddle = async {
        platform.kill(Service::Ticket).await;
        assert_eq!(platform.pid(Service::Ticket), None);
        platform.start_one(Service::Ticket).await?;
        platform.restart(Service::Auth).await?;
        anyhow::ensure!(platform.stop_one(Service::Event).await, "SIGTERM did not end it with 0");
        platform.start_one(Service::Event).await
    };
    tokio::select! {
        why = &mut exited => bail!("noticed what was asked for: {why}"),
        done = meddle => done?,
    }
    let again = platform.pid(Service::Ticket).context("ticket does not run")?;
    assert_ne!(pid, again);

    // Behind the platform's back.
    crate::process::signal_pid(again, Signal::SIGKILL)?;
    let why = exited.await;
    assert!(why.starts_with("ticket has ended by itself"), "{why}");
    platform.stop().await;
    assert!(Service::ALL.into_iter().all(|service| platform.pid(service).is_none()));
    fs::remove_dir_all(&platform.settings().binaries)?;
    Ok(())
}
