//! The real binaries, refused.

use anyhow::Result;
use xtask::services::Service;

use crate::{papers::example, read::overlay, rolling::command};

#[tokio::test]
async fn a_start_with_a_default_secret_ends_with_one_line_that_names_it() -> Result<()> {
    let secrets = [
        (Service::Auth, "SESSION_SECRET"),
        (Service::Auth, "INTERNAL_TOKEN"),
        (Service::Event, "INTERNAL_TOKEN"),
        (Service::Ticket, "INTERNAL_TOKEN"),
        (Service::Ticket, "TICKET_SIGNING_KEY"),
        (Service::Payment, "INTERNAL_TOKEN"),
    ];
    for (service, secret) in secrets {
        let mut env = overlay("production", service)?.with_secrets(service.name(), true);
        env.insert(secret.to_owned(), example(service)?[secret].clone());
        let ended = command(service, &env).output().await?;
        let said = format!("{}{}", String::from_utf8(ended.stderr)?, String::from_utf8(ended.stdout)?);
        assert_eq!(ended.status.code(), Some(1), "{}: {said}", service.name());
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.starts_with(&format!("{secret}: ")), "{said}");
    }
    Ok(())
}
