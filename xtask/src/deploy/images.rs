//! The Dockerfiles by hadolint.

use anyhow::Result;
use tokio::process::Command;

use super::{report::Report, tools};

const FILES: [&str; 2] = ["Dockerfile", "frontend/Dockerfile"];

pub async fn check(report: &mut Report) -> Result<()> {
    let name = "images: hadolint";
    match tools::linters().await? {
        Ok(programs) => {
            let mut command = Command::new(programs.join("hadolint"));
            command.args(FILES);
            report.run(name, command).await
        }
        Err(why) => {
            report.without(&[name], &why);
            Ok(())
        }
    }
}
