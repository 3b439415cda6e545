//! What is deployed, against the code: the settings, ports and probes of `docker-compose.yml` and `k8s/` are those that the
//! services have, and with exactly these settings the real binaries run, and are replaced one by one under load.

mod papers;
mod ports;
mod read;
mod rolling;
mod secrets;
mod settings;
mod start;
mod web_app;
