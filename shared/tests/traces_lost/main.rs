//! Traces whose collector is gone: that is nobody's trouble but the operator's.

#[path = "../traces/services.rs"]
mod services;

use services::{Stage, THING};
use shared::{
    server::{
        Env,
        trace::{TraceConfig, Traces},
    },
    testing::{Collector, Proxy},
};

/// More than the spans that are kept until they can be sent, at four spans each.
const REQUESTS: usize = 700;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_answered_and_the_service_stops_while_the_collector_says_nothing_and_while_it_is_gone() {
    let collector = Collector::start().await;
    let link = Proxy::start(collector.url.trim_start_matches("http://")).await;
    let env = Env::of(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{}", link.address))]);
    let traces = Traces::start(&TraceConfig::from_env(&env, "shop")).expect("traces");
    let stage = Stage::start().await;
    let client = stage.client();
    let path = format!("/api/shop/{THING}");
    assert_eq!(client.get(&path).await.status, 200);
    traces.flush().await;
    assert!(!collector.spans().is_empty(), "they come while there is a collector");

    link.silence();
    for _ in 0..REQUESTS {
        assert_eq!(client.get(&path).await.status, 200, "nothing is waited for");
    }
    link.cut();
    for _ in 0..REQUESTS {
        assert_eq!(client.get(&path).await.status, 200, "nothing fails");
    }
    traces.stop().await;
    assert_eq!(client.get(&path).await.status, 200, "nor after the end");
    stage.front.stop().await;
    stage.back.stop().await;
}
