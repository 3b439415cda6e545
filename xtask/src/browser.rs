//! The browser that the end-to-end tests drive.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::paths;

/// A browser and the driver that speaks for it.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Chromium or Chrome.
    pub browser: PathBuf,
    /// Its chromedriver.
    pub driver: PathBuf,
}

/// Finds both on the `PATH`.
pub fn find() -> Result<Browser> {
    let browser = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let browser = browser.into_iter().find_map(paths::find_program);
    let driver = ["chromedriver", "chromium.chromedriver"].into_iter().find_map(paths::find_program);
    match (browser, driver) {
        (Some(browser), Some(driver)) => Ok(Browser { browser, driver }),
        (browser, _) => {
            let missing = if browser.is_none() { "Chromium" } else { "chromedriver" };
            bail!(
                "the browser tests need {missing} on the PATH\n  \
                 Debian: apt-get install chromium chromium-driver\n  \
                 macOS: brew install --cask chromium chromedriver"
            )
        }
    }
}
