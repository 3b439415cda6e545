//! The whole platform on this machine, until Ctrl-C.

use std::{
    convert::Infallible,
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::timeout};

use crate::{
    cargo::Profile,
    db, demo, leftovers,
    mongo::Mongo,
    ports::{self, Ports},
    say, serve,
    services::{self, Platform, Service, ServicePorts, Settings},
    wait::Stop,
    watch::{Part, Watch},
    web,
};

/// How to run it.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// With or without optimisation.
    pub profile: Profile,
    /// Whether demo data are loaded.
    pub demo: bool,
    /// Whether changed sources are built again.
    pub watch: bool,
    /// Where everything listens.
    pub ports: Ports,
}

/// Runs the platform until Ctrl-C, or until a part of it ends by itself.
pub async fn run(options: Options) -> Result<()> {
    let mut stop = Stop::catch()?;
    let mut parts = Parts::default();
    let outcome = tokio::select! {
        outcome = parts.run(options) => outcome,
        () = stop.wait() => Ok(()),
    };
    if !parts.anything_runs() {
        return outcome;
    }
    if let Err(error) = &outcome {
        say::warn(format_args!("{error:#}"));
    }
    tokio::select! {
        () = parts.stop() => leftovers::forget(),
        () = stop.wait() => say::warn("Stopping at once"),
    }
    outcome.map_err(|_| anyhow!("the platform has stopped for the reason above"))
}

/// What runs, kept so that it can be stopped whatever happened before.
#[derive(Default)]
struct Parts {
    mongo: Option<Mongo>,
    platform: Option<Platform>,
    web: Option<(oneshot::Sender<()>, JoinHandle<Result<()>>)>,
}

impl Parts {
    async fn run(&mut self, options: Options) -> Result<()> {
        let Options { profile, ports, .. } = options;
        let started = Instant::now();
        let service_ports = ServicePorts::usual(ports);
        leftovers::sweep().await?;
        let mut wanted = service_ports.named();
        wanted.push(("the web app".into(), ports.web()));
        ports::require_free(&wanted)?;

        let mongo = Mongo::find_or_start(&db::options(ports)).await?;
        let uri = mongo.uri().to_owned();
        self.mongo = Some(mongo);

        say::step("Building the services (the first time takes minutes)");
        services::build(profile).await?;
        say::step("Building the web app");
        let site = web::build(profile).await?;

        say::step("Starting the services");
        let address = format!("http://localhost:{}", ports.web());
        let mut settings = Settings::new(profile, uri, service_ports, &address);
        settings.echo = true;
        let platform = self.platform.insert(Platform::start(settings).await?);

        let urls = service_ports.urls();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, ports.web()))
            .await
            .with_context(|| format!("port {} (the web app) is taken", ports.web()))?;
        let (end, ended) = oneshot::channel();
        let server = serve::serve(listener, site, urls.clone(), async {
            let _ = ended.await;
        });
        self.web = Some((end, tokio::spawn(server)));

        if options.demo {
            load_demo(&urls).await;
        }
        announce(&address, &service_ports, options, started);
        let mongo = self.mongo.as_ref();
        let database = async {
            match mongo {
                Some(mongo) => mongo.exited().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            why = platform.exited() => bail!(why),
            why = database => bail!(why),
            never = rebuild(platform, profile), if options.watch => match never {},
            () = std::future::pending(), if !options.watch => Ok(()),
        }
    }

    fn anything_runs(&self) -> bool {
        self.mongo.is_some() || self.platform.is_some() || self.web.is_some()
    }

    /// Stops what was started, in the reverse order.
    async fn stop(&mut self) {
        if let Some((end, server)) = self.web.take() {
            let _ = end.send(());
            let _ = timeout(Duration::from_secs(2), server).await;
        }
        if let Some(platform) = &self.platform {
            say::step("Stopping the services");
            platform.stop().await;
        }
        self.platform = None;
        if let Some(mongo) = self.mongo.take().filter(Mongo::is_ours) {
            say::step("Stopping MongoDB");
            if let Err(error) = mongo.stop().await {
                say::warn(format_args!("{error:#}"));
            }
        }
        say::done("Stopped");
    }
}

async fn load_demo(urls: &services::Urls) {
    say::step("Loading the demo data");
    match demo::load(urls).await {
        Ok(0) => say::note("already there"),
        Ok(made) => say::note(format_args!("{made} events")),
        // The platform is as good without them.
        Err(error) => say::warn(format_args!("no demo data: {error:#}")),
    }
}

fn announce(address: &str, ports: &ServicePorts, options: Options, started: Instant) {
    say::plain("");
    say::done(format_args!("Ticketer runs (after {} s): {address}", started.elapsed().as_secs()));
    for service in Service::ALL {
        let port = ports.http(service);
        say::note(format_args!("{:<8} http://localhost:{port}  docs at http://localhost:{port}/docs", service.name()));
    }
    if options.demo {
        say::note(format_args!("accounts {}, {}, {}", demo::BUYER_EMAIL, demo::ORGANIZER_EMAIL, demo::ADMIN_EMAIL));
    } else {
        say::note(format_args!("account  {}", demo::ADMIN_EMAIL));
    }
    say::note(format_args!("password {}", demo::PASSWORD));
    if options.watch {
        say::note("Changed sources are built again and restarted.");
    }
    say::note("Ctrl-C stops everything.");
    say::plain("");
}

/// Builds again what has changed; a build that fails leaves running what ran.
async fn rebuild(platform: &Platform, profile: Profile) -> Infallible {
    let mut watch = Watch::start();
    loop {
        let touched = watch.next().await;
        let services: Vec<Service> =
            Service::ALL.into_iter().filter(|service| touched.contains(&Part::Service(*service))).collect();
        if !services.is_empty() {
            let names = services.iter().map(|service| service.name()).collect::<Vec<_>>().join(", ");
            say::step(format_args!("Changed: {names}"));
            if let Err(error) = rebuild_services(platform, &services, profile).await {
                say::warn(format_args!("{error:#}"));
            }
        }
        if touched.contains(&Part::Web) {
            say::step("Changed: the web app");
            if let Err(error) = web::build(profile).await {
                say::warn(format_args!("{error:#}"));
            }
        }
    }
}

async fn rebuild_services(platform: &Platform, services: &[Service], profile: Profile) -> Result<()> {
    services::build_some(services, profile).await?;
    for service in services {
        platform.restart(*service).await?;
        say::done(format_args!("{} restarted", service.name()));
    }
    Ok(())
}
