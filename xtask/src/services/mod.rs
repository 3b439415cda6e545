//! The four services: their names, their ports, their environment, and the platform that runs them.

mod env;
mod platform;

use anyhow::Result;

use crate::{
    cargo::{self, Profile},
    ports::{self, Ports},
};

pub use env::Settings;
pub use platform::Platform;
pub use web_server::Urls;

/// One of the four services.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Service {
    /// Users and sessions.
    Auth,
    /// The catalogue.
    Event,
    /// Inventory, orders and tickets.
    Ticket,
    /// Payments and refunds.
    Payment,
}

impl Service {
    /// All four, each after those that it calls.
    pub const ALL: [Self; 4] = [Self::Auth, Self::Event, Self::Ticket, Self::Payment];

    /// The name of its package, its folder and its binary.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Event => "event",
            Self::Ticket => "ticket",
            Self::Payment => "payment",
        }
    }

    /// The name of its database.
    pub fn database(self) -> String {
        format!("{}_db", self.name())
    }

    /// The variable by which the others find it.
    pub fn url_variable(self) -> String {
        format!("{}_SERVICE_URL", self.name().to_uppercase())
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// Where the services listen: a port for requests and a port for metrics each.
#[derive(Clone, Copy, Debug)]
pub struct ServicePorts {
    http: [u16; 4],
    metrics: [u16; 4],
}

impl ServicePorts {
    /// 3001–3004 and 9101–9104, moved by the offset.
    pub fn usual(ports: Ports) -> Self {
        let moved = |first: u16| [0, 1, 2, 3].map(|index| first + index + ports.offset());
        Self { http: moved(3001), metrics: moved(9101) }
    }

    /// Ports that nobody listens on now.
    pub fn free() -> Result<Self> {
        let mut all = [0; 8];
        for port in &mut all {
            *port = ports::free()?;
        }
        let [a, b, c, d, metrics @ ..] = all;
        Ok(Self { http: [a, b, c, d], metrics })
    }

    /// The port for requests.
    pub fn http(&self, service: Service) -> u16 {
        self.http[service.index()]
    }

    /// The port for metrics.
    pub fn metrics(&self, service: Service) -> u16 {
        self.metrics[service.index()]
    }

    /// The addresses that the browser uses.
    pub fn urls(&self) -> Urls {
        let url = |service| format!("http://localhost:{}", self.http(service));
        Urls {
            auth_url: url(Service::Auth),
            event_url: url(Service::Event),
            ticket_url: url(Service::Ticket),
            payment_url: url(Service::Payment),
        }
    }

    /// Every port with the name of its owner.
    pub fn named(&self) -> Vec<(String, u16)> {
        let http = Service::ALL.map(|service| (service.name().to_owned(), self.http(service)));
        let metrics = Service::ALL.map(|service| (format!("{} metrics", service.name()), self.metrics(service)));
        http.into_iter().chain(metrics).collect()
    }
}

/// Builds the four binaries, cargo's progress on the terminal.
pub async fn build(profile: Profile) -> Result<()> {
    build_some(&Service::ALL, profile).await
}

/// Builds some of the binaries.
pub async fn build_some(services: &[Service], profile: Profile) -> Result<()> {
    let mut args = vec!["build"];
    for service in services {
        args.extend(["-p", service.name()]);
    }
    if profile == Profile::Release {
        args.push("--release");
    }
    cargo::run(&args).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_ports_move_together() {
        let ports = ServicePorts::usual(Ports::new(100));
        assert_eq!(ports.http(Service::Auth), 3101);
        assert_eq!(ports.metrics(Service::Payment), 9204);
        assert_eq!(ports.urls().ticket_url, "http://localhost:3103");
    }
}
