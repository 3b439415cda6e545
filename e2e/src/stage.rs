//! The platform of one test.

use std::{env, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};
use tokio::{net::TcpListener, sync::oneshot, time::Instant};
use uuid::Uuid;
use xtask::{
    cargo::Profile,
    serve,
    services::{Platform, Service, ServicePorts, Settings},
    web,
};

use crate::Person;

/// The four services with databases of their own, and the web app.
pub struct Stage {
    /// The services' processes.
    pub platform: Platform,
    /// Where the web app is: `http://localhost:…`.
    pub web_url: String,
    _web: oneshot::Sender<()>,
}

impl Stage {
    /// Starts everything; limits on requests are out of the way, since all come from one address.
    pub async fn start() -> Result<Self> {
        Self::with(&[]).await
    }

    /// With these variables for every service.
    pub async fn with(variables: &[(&str, &str)]) -> Result<Self> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self::tuned(&mongodb_uri()?, async |settings| {
            settings.env.extend(variables);
            Ok(())
        })
        .await
    }

    /// On this MongoDB, with the settings changed before anything starts.
    pub async fn tuned(mongodb_uri: &str, tune: impl AsyncFnOnce(&mut Settings) -> Result<()>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        // By name, not by number: only then the services on other ports are the same site.
        let web_url = format!("http://localhost:{}", listener.local_addr()?.port());
        let ports = ServicePorts::free()?;
        let urls = ports.urls();

        let mut settings = Settings::new(Profile::Dev, mongodb_uri, ports, web_url.clone());
        let run = Uuid::new_v4().simple().to_string();
        settings.database_suffix = format!("_{run}");
        settings.logs = logs(&run);
        let generous = ["RATE_LIMIT_PER_USER", "RATE_LIMIT_PER_ADDRESS", "RATE_LIMIT_CREDENTIALS"];
        settings.env.extend(generous.map(|name| (name.to_owned(), "1000000".to_owned())));
        tune(&mut settings).await?;
        let platform = Platform::start(settings).await?;

        let (stop, stopped) = oneshot::channel();
        let folder = web::folder(Profile::Dev);
        tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            serve::serve(listener, folder, urls, stopped).await
        });
        Ok(Self { platform, web_url, _web: stop })
    }

    /// Someone new with an account, who calls the services as the web app does.
    pub async fn register(&self, first_name: &str) -> Result<Person> {
        Person::register(self, first_name).await
    }

    /// The base URL of a service.
    pub fn url(&self, service: Service) -> String {
        self.platform.url(service)
    }

    /// One more replica of a service, on a port of its own, with the same database and neighbours.
    pub async fn replica(&self, service: Service) -> Result<Platform> {
        let mut settings = self.platform.settings().clone();
        for upstream in Service::ALL {
            let url = format!("http://127.0.0.1:{}", settings.ports.http(upstream));
            settings.env.insert(upstream.url_variable(), url);
        }
        settings.ports = ServicePorts::free()?;
        settings.logs = settings.logs.join(format!("replica-{}", settings.ports.http(service)));
        let replica = Platform::empty(settings)?;
        replica.start_one(service).await?;
        Ok(replica)
    }

    /// Stops the services with SIGTERM.
    pub async fn stop(self) {
        self.platform.stop().await;
    }
}

/// The MongoDB that is there for tests.
pub fn mongodb_uri() -> Result<String> {
    env::var("TEST_MONGODB_URI").context("run `cargo xtask test e2e`")
}

fn logs(run: &str) -> PathBuf {
    xtask::paths::logs().join("e2e").join(run)
}

/// Waits until `look` finds something; an error after a minute, which only a broken platform takes.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() > deadline {
            bail!("never came: {what}");
        }
        // Another process is watched: there is no event to await.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
