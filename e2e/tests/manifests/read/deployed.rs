//! One Deployment and its Service.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::secret;

/// Where a probe asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Such as `/ready`.
    pub path: String,
    /// The name of a port.
    pub port: String,
}

/// What a service is started with, and how it is reached.
#[derive(Debug, PartialEq)]
pub struct Deployed {
    /// The variables whose values are in the manifests.
    pub env: BTreeMap<String, String>,
    /// The variables that secrets must have.
    pub required: BTreeSet<String>,
    /// The variables that secrets may have.
    pub optional: BTreeSet<String>,
    /// The container's ports by name.
    pub ports: BTreeMap<String, u64>,
    /// The Service's ports: number and where they lead.
    pub service_ports: BTreeMap<u64, String>,
    /// Startup, readiness and liveness.
    pub probes: BTreeMap<&'static str, Probe>,
    /// How long a pod that is to go still gets requests.
    pub pause: u64,
}

impl Deployed {
    /// Reads the service out of an overlay's objects.
    pub fn read(objects: &[Value], service: &str) -> Result<Self> {
        let deployment = find(objects, "Deployment", service)?;
        let container = deployment.pointer("/spec/template/spec/containers/0").context("no container")?;
        let mut deployed = Self {
            env: BTreeMap::new(),
            required: BTreeSet::new(),
            optional: BTreeSet::new(),
            ports: BTreeMap::new(),
            service_ports: BTreeMap::new(),
            probes: BTreeMap::new(),
            pause: container.pointer("/lifecycle/preStop/sleep/seconds").and_then(Value::as_u64).unwrap_or(0),
        };
        for from in items(&container["envFrom"]) {
            deployed.take_all(objects, from)?;
        }
        for variable in items(&container["env"]) {
            deployed.env.insert(text(&variable["name"])?, text(&variable["value"])?);
        }
        for port in items(&container["ports"]) {
            deployed.ports.insert(text(&port["name"])?, port["containerPort"].as_u64().context("no number")?);
        }
        for port in items(&find(objects, "Service", service)?["spec"]["ports"]) {
            deployed.service_ports.insert(port["port"].as_u64().context("no number")?, text(&port["targetPort"])?);
        }
        for (name, key) in [("startup", "startupProbe"), ("readiness", "readinessProbe"), ("liveness", "livenessProbe")]
        {
            let ask = &container[key]["httpGet"];
            let probe = Probe { path: text(&ask["path"])?, port: text(&ask["port"])? };
            deployed.probes.insert(name, probe);
        }
        Ok(deployed)
    }

    /// The whole environment with secrets that were never used before; the optional ones where `all`.
    pub fn with_secrets(&self, service: &str, all: bool) -> BTreeMap<String, String> {
        let secrets = self.required.iter().chain(self.optional.iter().filter(|_| all));
        let secrets = secrets.map(|name| (name.clone(), secret::value(name, service)));
        secrets.chain(self.env.clone()).collect()
    }

    fn take_all(&mut self, objects: &[Value], from: &Value) -> Result<()> {
        if let Some(name) = from["configMapRef"]["name"].as_str() {
            let data = find(objects, "ConfigMap", name)?["data"].as_object().context("no data")?;
            for (key, value) in data {
                self.env.insert(key.clone(), text(value)?);
            }
            return Ok(());
        }
        let Some(name) = from["secretRef"]["name"].as_str() else { bail!("this reader does not know {from}") };
        if let Ok(secret) = find(objects, "Secret", name) {
            for (key, value) in secret["data"].as_object().context("no data")? {
                self.env.insert(key.clone(), text(value)?);
            }
            return Ok(());
        }
        let source = find(objects, "ExternalSecret", name)?;
        let entry = text(source.pointer("/spec/dataFrom/0/extract/key").context("no entry")?)?;
        let keys = secret::keys(entry.rsplit('/').next().unwrap_or_default())?;
        self.required.extend(keys.required);
        self.optional.extend(keys.optional);
        Ok(())
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(ToOwned::to_owned).with_context(|| format!("{value} is no text"))
}

fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> Result<&'a Value> {
    let mut found = objects.iter().filter(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    found.next().with_context(|| format!("there is no {kind} {name}"))
}
