//! What the binary is told.

use std::{net::SocketAddr, path::PathBuf, str::FromStr};

use anyhow::{Context, Error, Result};
use clap::{Args, Parser, Subcommand};

/// The load generator.
#[derive(Parser)]
#[command(name = "bench", about = "Measures a running platform; `cargo xtask bench` starts both")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// What the binary can do.
#[derive(Subcommand)]
pub enum Task {
    /// Measure a platform.
    Run(Options),
    /// Serve bodies of these sizes at `/0`, `/1`, …: the ceiling for reads. Prints its port, ends with its input.
    Ceiling {
        /// In bytes.
        sizes: Vec<usize>,
    },
}

/// Which platform is measured, and how.
#[derive(Args)]
pub struct Options {
    /// One of the four services: `name=address,metrics address,process id`.
    #[arg(long = "service", required = true)]
    pub services: Vec<Service>,
    /// The server that holds the services' databases; the ceiling for bookings makes a database of its own there.
    #[arg(long)]
    pub mongodb_uri: String,
    /// What the web app's pages send as `Origin`.
    #[arg(long)]
    pub origin: String,
    /// A minute's look instead of the whole measurement.
    #[arg(long)]
    pub quick: bool,
    /// Only the scenarios whose name contains this, such as `book`, or one of several, separated by commas.
    #[arg(long, default_value = "")]
    pub only: String,
    /// Where the figures are written.
    #[arg(long)]
    pub json: PathBuf,
}

impl Options {
    /// The service of this name.
    pub fn service(&self, name: &str) -> Result<&Service> {
        let found = self.services.iter().find(|service| service.name == name);
        found.with_context(|| format!("--service {name}=… is missing"))
    }
}

/// A running service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Such as `ticket`.
    pub name: String,
    /// Where it answers.
    pub address: SocketAddr,
    /// Where its metrics are read.
    pub metrics: SocketAddr,
    /// Its process.
    pub pid: u32,
}

impl FromStr for Service {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = || {
            let (name, rest) = text.split_once('=')?;
            let (address, rest) = rest.split_once(',')?;
            let (metrics, pid) = rest.split_once(',')?;
            Some((name, address, metrics, pid))
        };
        let (name, address, metrics, pid) = parts().context("must be name=address,metrics address,process id")?;
        Ok(Self { name: name.to_owned(), address: address.parse()?, metrics: metrics.parse()?, pid: pid.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_read_from_one_word() -> Result<()> {
        let service: Service = "ticket=127.0.0.1:3003,127.0.0.1:9103,42".parse()?;
        assert_eq!((service.name.as_str(), service.address.port(), service.pid), ("ticket", 3003, 42));
        assert_eq!(service.metrics.port(), 9103);
        assert!("ticket=127.0.0.1:3003".parse::<Service>().is_err());
        Ok(())
    }
}
