//! Whether there are traces, and where they go.

use crate::server::Env;

/// Where traces go. How many there are and how they are sent is said by OpenTelemetry's own variables, such as
/// `OTEL_TRACES_SAMPLER` and `OTEL_BSP_SCHEDULE_DELAY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceConfig {
    /// The service's name in traces.
    pub service: String,
    /// The URL that OTLP is posted to; without it there are no traces.
    pub endpoint: Option<String>,
}

impl TraceConfig {
    /// Reads `OTEL_SERVICE_NAME` (the service's own name), `OTEL_EXPORTER_OTLP_ENDPOINT` and, for another one of traces
    /// alone, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`.
    pub fn from_env(env: &Env, service: &str) -> Self {
        let common = env.get("OTEL_EXPORTER_OTLP_ENDPOINT");
        let common = common.map(|base| format!("{}/v1/traces", base.trim().trim_end_matches('/')));
        Self {
            service: env.get("OTEL_SERVICE_NAME").unwrap_or_else(|| service.to_owned()),
            endpoint: env.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").or(common),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (String, Option<String>) {
        let config = TraceConfig::from_env(&Env::of(variables), "ticket");
        (config.service, config.endpoint)
    }

    #[test]
    fn there_are_no_traces_unless_told_where_to() {
        assert_eq!(read(&[]), ("ticket".to_owned(), None));
        assert_eq!(read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]).1, None);
    }

    #[test]
    fn the_endpoint_of_all_signals_is_a_base_and_that_of_traces_a_whole_url() {
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://tempo:4318/");
        assert_eq!(read(&[base]).1.as_deref(), Some("http://tempo:4318/v1/traces"));
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://other:4318/traces");
        assert_eq!(read(&[base, own]).1.as_deref(), Some("http://other:4318/traces"));
    }

    #[test]
    fn a_service_may_be_given_another_name() {
        assert_eq!(read(&[("OTEL_SERVICE_NAME", "ticket-blue")]).0, "ticket-blue");
    }
}
