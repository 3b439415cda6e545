//! A real browser, driven by what a person sees and does.

use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;
use thirtyfour::{ChromiumLikeCapabilities, prelude::*};
use tokio::process::Command;
use xtask::{
    browser, ports,
    process::{Child, Signal, Spawn},
};

use crate::{Stage, eventually};

/// One window of Chromium with an empty profile.
pub struct Browser {
    /// The session, for what has no method here.
    pub driver: WebDriver,
    web_url: String,
    _profile: TempDir,
    _chromedriver: Child,
}

impl Browser {
    /// Opens it, on no page yet.
    pub async fn open(stage: &Stage) -> Result<Self> {
        let found = browser::find()?;
        let (profile, port) = (TempDir::new()?, ports::free()?);
        let mut command = Command::new(&found.driver);
        command.arg(format!("--port={port}"));
        let log = stage.platform.settings().logs.join("chromedriver.log");
        let how = Spawn { name: "chromedriver".into(), log, echo: false, on_drop: Signal::SIGTERM };
        let chromedriver = Child::spawn(command, how).await?;

        let mut capabilities = DesiredCapabilities::chrome();
        capabilities.set_binary(&found.browser.to_string_lossy())?;
        let folder = format!("--user-data-dir={}", profile.path().display());
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,1000",
            folder.as_str(),
        ] {
            capabilities.add_arg(argument)?;
        }
        let server = format!("http://127.0.0.1:{port}");
        let driver =
            eventually("a browser session", async || Ok(WebDriver::new(&server, capabilities.clone()).await.ok()))
                .await?;
        Ok(Self { driver, web_url: stage.web_url.clone(), _profile: profile, _chromedriver: chromedriver })
    }

    /// Goes to a page of the web app, such as `/orders`.
    pub async fn visit(&self, path: &str) -> Result<()> {
        Ok(self.driver.goto(format!("{}{path}", self.web_url)).await?)
    }

    /// The element with this `data-testid`, once it can be seen.
    pub async fn see(&self, id: &str) -> Result<WebElement> {
        let query = self.driver.query(By::Css(format!("[data-testid='{id}']")));
        let found = query.wait(Duration::from_secs(30), Duration::from_millis(50)).and_displayed().first().await;
        let page = async || self.text().await.unwrap_or_default();
        match found {
            Ok(element) => Ok(element),
            Err(error) => {
                let at = self.driver.current_url().await?;
                Err(error).with_context(|| format!("no {id} on {at}")).context(page().await)
            }
        }
    }

    /// All elements with this `data-testid` that are on the page now.
    pub async fn all(&self, id: &str) -> Result<Vec<WebElement>> {
        Ok(self.driver.find_all(By::Css(format!("[data-testid='{id}']"))).await?)
    }

    /// Clicks on what has this `data-testid`, once it can be clicked.
    pub async fn click(&self, id: &str) -> Result<()> {
        eventually(&format!("{id} to click"), async || {
            let element = self.see(id).await?;
            Ok((element.is_enabled().await? && element.click().await.is_ok()).then_some(()))
        })
        .await
    }

    /// Replaces what stands in the field with this `data-testid`.
    pub async fn fill(&self, id: &str, text: &str) -> Result<()> {
        let field = self.see(id).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// Sets a field whose keys depend on the browser's language, such as a date.
    pub async fn set(&self, id: &str, value: &str) -> Result<()> {
        let field = self.see(id).await?.to_json()?;
        let script = "const [field, value] = arguments; field.value = value; \
                      for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, { bubbles: true }));";
        self.driver.execute(script, vec![field, value.into()]).await?;
        Ok(())
    }

    /// Waits until the page's text contains this.
    pub async fn read(&self, text: &str) -> Result<()> {
        let found = eventually(text, async || Ok(self.text().await?.contains(text).then_some(()))).await;
        match found {
            Ok(()) => Ok(()),
            Err(error) => Err(error.context(self.text().await?)),
        }
    }

    /// Waits until the address's path begins so, and returns all of it with the query.
    pub async fn at(&self, path: &str) -> Result<String> {
        eventually(&format!("the page {path}"), async || {
            let url = self.driver.current_url().await?;
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            Ok(url.path().starts_with(path).then(|| format!("{}{query}", url.path())))
        })
        .await
    }

    /// What the page says.
    pub async fn text(&self) -> Result<String> {
        Ok(self.driver.find(By::Tag("body")).await?.text().await?)
    }

    /// Closes the window.
    pub async fn close(self) -> Result<()> {
        Ok(self.driver.quit().await?)
    }
}
