//! `.github/`: the workflows by actionlint and zizmor, the scripts by shellcheck (with those of `terraform/`) and their own
//! tests.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use tokio::process::Command;

use super::{report::Report, tools};
use crate::paths;

/// Where scripts of a shell are.
const SCRIPTS: [&str; 2] = [".github/scripts", "terraform/cluster-setup"];

pub async fn check(report: &mut Report) -> Result<()> {
    let names = ["workflows: zizmor", "workflows: shellcheck"];
    match tools::linters().await? {
        Ok(programs) => {
            let mut zizmor = Command::new(programs.join("zizmor"));
            zizmor.args(["--offline", "--no-progress", "--quiet", "--persona", "pedantic", "."]);
            report.run(names[0], zizmor).await?;
            let mut shellcheck = Command::new(programs.join("shellcheck"));
            for folder in SCRIPTS {
                shellcheck.args(shell_scripts(&paths::root().join(folder))?);
            }
            report.run(names[1], shellcheck).await?;
        }
        Err(why) => report.without(&names, &why),
    }
    match tools::actionlint().await? {
        Ok(program) => {
            let mut actionlint = Command::new(program);
            actionlint.arg(".github/workflows/*.yml");
            report.run("workflows: actionlint", actionlint).await?;
        }
        Err(why) => report.without(&["workflows: actionlint"], &why),
    }
    for (script, needs) in [("test-scripts", &["bash", "jq"][..]), ("test-smoke", &["bash", "python3", "curl"])] {
        let name = format!("workflows: {script}");
        let missing = needs.iter().find_map(|program| tools::installed(program, "of every Linux").err());
        match missing {
            None => {
                let program = PathBuf::from(".github/scripts").join(script);
                report.run(&name, Command::new(paths::root().join(program))).await?;
            }
            Some(why) => report.without(&[&name], &why),
        }
    }
    Ok(())
}

/// The files of a folder that a shell runs.
fn shell_scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        if text.lines().next().is_some_and(|line| line.starts_with("#!") && line.ends_with("sh")) {
            scripts.push(path);
        }
    }
    scripts.sort();
    Ok(scripts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_a_shell_are_told_from_others() -> Result<()> {
        for folder in SCRIPTS {
            assert!(!shell_scripts(&paths::root().join(folder))?.is_empty(), "{folder}");
        }
        let scripts = shell_scripts(&paths::root().join(".github/scripts"))?;
        let has = |name: &str| scripts.iter().any(|path| path.ends_with(name));
        assert!(has("roll-back") && !has("test-smoke"));
        Ok(())
    }
}
