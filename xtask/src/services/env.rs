//! The environment that each service is started with.

use std::{collections::BTreeMap, env, path::PathBuf};

use super::{Service, ServicePorts};
use crate::{cargo::Profile, demo, mongo, paths};

/// Everything that a platform needs to start; e2e changes what it must.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder of the four binaries.
    pub binaries: PathBuf,
    /// A MongoDB URI; its database is replaced by each service's own.
    pub mongodb_uri: String,
    /// Comes after each database's name, so that tests side by side do not meet.
    pub database_suffix: String,
    /// Where the services listen.
    pub ports: ServicePorts,
    /// The origin of the web app.
    pub frontend_url: String,
    /// The folder of the logs.
    pub logs: PathBuf,
    /// Whether the services' lines go to the terminal too.
    pub echo: bool,
    /// More variables for all services; these win.
    pub env: BTreeMap<String, String>,
    /// More variables for one service; these win over all.
    pub service_env: BTreeMap<Service, BTreeMap<String, String>>,
}

impl Settings {
    /// Binaries of this profile with this MongoDB on these ports, quiet, with the usual environment.
    pub fn new(
        profile: Profile,
        mongodb_uri: impl Into<String>,
        ports: ServicePorts,
        frontend_url: impl Into<String>,
    ) -> Self {
        Self {
            binaries: profile.binaries(),
            mongodb_uri: mongodb_uri.into(),
            database_suffix: String::new(),
            ports,
            frontend_url: frontend_url.into(),
            logs: paths::logs(),
            echo: false,
            env: BTreeMap::new(),
            service_env: BTreeMap::new(),
        }
    }

    /// The environment of one service.
    pub fn env_of(&self, service: Service) -> BTreeMap<String, String> {
        let database = format!("{}{}", service.database(), self.database_suffix);
        let mut env: BTreeMap<String, String> = [
            ("PORT", self.ports.http(service).to_string()),
            ("METRICS_PORT", self.ports.metrics(service).to_string()),
            ("MONGODB_URI", mongo::with_database(&self.mongodb_uri, &database)),
            ("FRONTEND_URL", self.frontend_url.clone()),
            ("APP_ENV", "development".into()),
            ("INTERNAL_TOKEN", "development-internal-token-not-for-production".into()),
            ("RUST_LOG", env::var("RUST_LOG").unwrap_or_else(|_| "info".into())),
            // The lines go to files and under prefixes, where colors are noise.
            ("NO_COLOR", "1".into()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        for upstream in [Service::Auth, Service::Event, Service::Ticket] {
            env.insert(upstream.url_variable(), format!("http://127.0.0.1:{}", self.ports.http(upstream)));
        }
        if service == Service::Auth {
            let secret = "development-session-secret-not-for-production-0123456789-0123456789";
            env.insert("SESSION_SECRET".into(), secret.into());
            env.insert("ADMIN_EMAIL".into(), demo::ADMIN_EMAIL.into());
            env.insert("ADMIN_PASSWORD".into(), demo::PASSWORD.into());
        }
        env.extend(self.env.clone());
        env.extend(self.service_env.get(&service).cloned().unwrap_or_default());
        env
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Ports;

    fn settings() -> Settings {
        let uri = "mongodb://127.0.0.1:1/?replicaSet=rs0";
        Settings::new(Profile::Dev, uri, ServicePorts::usual(Ports::new(0)), "http://localhost:5173")
    }

    #[test]
    fn each_service_has_its_own_database() {
        let mut settings = settings();
        settings.database_suffix = "_7".into();
        let uri = &settings.env_of(Service::Ticket)["MONGODB_URI"];
        assert_eq!(uri, "mongodb://127.0.0.1:1/ticket_db_7?replicaSet=rs0");
    }

    #[test]
    fn only_auth_knows_the_session_secret() {
        let settings = settings();
        assert!(settings.env_of(Service::Auth).contains_key("SESSION_SECRET"));
        assert!(!settings.env_of(Service::Payment).contains_key("SESSION_SECRET"));
    }

    #[test]
    fn a_services_own_variable_wins() {
        let mut settings = settings();
        settings.env.insert("RUST_LOG".into(), "warn".into());
        settings.service_env.insert(Service::Event, [("RUST_LOG".into(), "debug".into())].into());
        assert_eq!(settings.env_of(Service::Auth)["RUST_LOG"], "warn");
        assert_eq!(settings.env_of(Service::Event)["RUST_LOG"], "debug");
    }
}
