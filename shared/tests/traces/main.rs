//! Traces as a collector gets them, from two small services on a real MongoDB.
//!
//! A process traces once, so the tests here share a runtime, a collector and the lines that are logged.

mod log;
mod services;

use std::{
    future::Future,
    sync::{LazyLock, OnceLock},
};

use reqwest::Method;
use services::{Stage, THING};
use shared::{
    server::{
        Env,
        trace::{TraceConfig, Traces},
    },
    testing::{Collector, ReceivedSpan},
};
use tokio::{runtime::Runtime, sync::OnceCell};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
static TRACED: OnceCell<(Collector, Traces)> = OnceCell::const_new();
static LOG: OnceLock<log::Lines> = OnceLock::new();

/// Runs a test where traces go to a collector.
fn traced<F: Future<Output = ()>>(test: impl FnOnce(&'static Collector, &'static Traces) -> F) {
    LOG.get_or_init(log::Lines::catch);
    RUNTIME.block_on(async {
        let start = async || {
            let collector = Collector::start().await;
            let env = Env::of(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url)]);
            let traces = Traces::start(&TraceConfig::from_env(&env, "shop")).expect("traces");
            (collector, traces)
        };
        let (collector, traces) = TRACED.get_or_init(start).await;
        test(collector, traces).await;
    });
}

/// A trace of its own for a test, as a browser would name it: its id and the header.
fn from_browser(sampled: bool) -> (String, String) {
    let id = uuid::Uuid::now_v7().simple().to_string();
    let header = format!("00-{id}-00f067aa0ba902b7-0{}", u8::from(sampled));
    (id, header)
}

fn of<'a>(spans: &'a [ReceivedSpan], trace: &str) -> Vec<&'a ReceivedSpan> {
    spans.iter().filter(|span| span.trace == trace).collect()
}

fn named<'a>(spans: &[&'a ReceivedSpan], kind: &str, name: &str) -> &'a ReceivedSpan {
    let found = spans.iter().find(|span| span.kind == kind && span.name == name);
    found.unwrap_or_else(|| panic!("no {kind} {name} in {spans:#?}"))
}

#[test]
fn a_request_is_one_trace_from_the_caller_through_two_services_to_mongodb() {
    traced(async |collector, traces| {
        let stage = Stage::start().await;
        let (trace, header) = from_browser(true);
        let answer = stage.client().with("traceparent", &header).get(&format!("/api/shop/{THING}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        traces.flush().await;
        let spans = collector.spans();
        let spans = of(&spans, &trace);

        let front = named(&spans, "SERVER", "GET /api/shop/{id}");
        let call = named(&spans, "CLIENT", "GET /api/stock/{id}");
        let back = named(&spans, "SERVER", "GET /api/stock/{id}");
        let find = named(&spans, "CLIENT", "find things");
        assert_eq!(front.parent, "00f067aa0ba902b7", "the browser's");
        assert_eq!([&call.parent, &back.parent, &find.parent], [&front.id, &call.id, &back.id]);
        assert_eq!(spans.len(), 4, "{spans:#?}");
        assert!(spans.iter().all(|span| span.service == "shop" && !span.failed));
    });
}

#[test]
fn spans_say_what_the_conventions_for_http_and_databases_ask_for() {
    traced(async |collector, traces| {
        let stage = Stage::start().await;
        let (trace, header) = from_browser(true);
        stage.client().with("traceparent", &header).get(&format!("/api/shop/{THING}")).await;
        traces.flush().await;
        let spans = collector.spans();
        let spans = of(&spans, &trace);
        let says = |span: &ReceivedSpan, expected: &[(&str, &str)]| {
            for (name, value) in expected {
                assert_eq!(span.attributes.get(*name).map(String::as_str), Some(*value), "{name} of {}", span.name);
            }
        };
        let http = [("http.request.method", "GET"), ("http.response.status_code", "200"), ("url.scheme", "http")];
        let front = named(&spans, "SERVER", "GET /api/shop/{id}");
        says(front, &http);
        says(front, &[("http.route", "/api/shop/{id}"), ("server.address", "127.0.0.1")]);
        let call = named(&spans, "CLIENT", "GET /api/stock/{id}");
        says(call, &http);
        says(
            call,
            &[("url.template", "/api/stock/{id}"), ("server.port", stage.back.url.rsplit(':').next().expect("a port"))],
        );
        let find = named(&spans, "CLIENT", "find things");
        says(find, &[("db.system.name", "mongodb"), ("db.operation.name", "find"), ("db.collection.name", "things")]);
        assert!(find.attributes["db.namespace"].starts_with("test_"));
        assert!(find.attributes.contains_key("server.address"));
    });
}

#[test]
fn what_fails_says_so_in_its_span_and_nothing_of_a_person_is_in_any() {
    traced(async |collector, traces| {
        let stage = Stage::start().await;
        let (trace, header) = from_browser(true);
        let ada = stage.client().with("traceparent", &header).cookie("session=opensesame");
        let query = "?email=ada@example.com";
        let twice = async || ada.post(&format!("/api/shop/people{query}"), &"ada@example.com").await.status;
        assert_eq!([twice().await, twice().await], [204, 500], "the index refuses her the second time");
        traces.flush().await;
        let spans = collector.spans();
        let failed: Vec<_> = of(&spans, &trace).into_iter().filter(|span| span.failed).collect();
        let insert = named(&failed, "CLIENT", "insert people");
        assert_eq!(insert.attributes["error.type"], "InsertMany", "the kind, without its words");
        let answer = named(&failed, "SERVER", "POST /api/shop/people");
        assert_eq!(answer.attributes["error.type"], "500");
        assert!(collector.has_heard("insert people"));
        for secret in ["ada@", "example.com", "opensesame", THING, "email"] {
            assert!(!collector.has_heard(secret), "{secret}");
        }
    });
}

#[test]
fn the_trace_id_is_in_every_log_line_of_a_request_and_of_the_tasks_it_begins() {
    traced(async |_, _| {
        let stage = Stage::start().await;
        let (trace, header) = from_browser(true);
        assert_eq!(stage.client().with("traceparent", &header).get("/api/shop/task").await.status, 204);
        let lines = LOG.get().expect("lines").of(&trace);
        for said in ["a handler speaks", "a task speaks", "request"] {
            assert!(lines.iter().any(|line| line["message"] == said), "{said} in {lines:#?}");
        }
    });
}

#[test]
fn a_task_goes_on_with_the_trace_of_its_request() {
    traced(async |collector, traces| {
        let stage = Stage::start().await;
        let (trace, header) = from_browser(true);
        stage.client().with("traceparent", &header).get("/api/shop/task").await;
        traces.flush().await;
        let spans = collector.spans();
        let spans = of(&spans, &trace);
        let request = named(&spans, "SERVER", "GET /api/shop/task");
        assert_eq!(named(&spans, "CLIENT", "find things").parent, request.id);
    });
}

#[test]
fn a_trace_that_the_caller_does_not_sample_is_named_to_the_next_service_and_not_sent() {
    traced(async |collector, traces| {
        let stage = Stage::start().await;
        let (trace, header) = from_browser(false);
        assert_eq!(stage.client().with("traceparent", &header).get(&format!("/api/shop/{THING}")).await.status, 200);
        traces.flush().await;
        assert!(of(&collector.spans(), &trace).is_empty());
        let routes: Vec<_> = LOG.get().expect("lines").of(&trace).iter().map(|line| line["route"].clone()).collect();
        assert!(routes.contains(&"/api/stock/{id}".into()), "{routes:?}");
    });
}

#[test]
fn a_batch_is_in_the_trace_of_one_of_its_requests_and_linked_with_the_others() {
    traced(async |collector, traces| {
        let stage = Stage::start().await;
        let callers = [from_browser(true), from_browser(true), from_browser(false)];
        let asked = callers.iter().map(|(_, header)| {
            let client = stage.client().with("traceparent", header);
            async move { client.send(client.request(Method::GET, "/api/shop/batch")).await.status }
        });
        assert_eq!(futures::future::join_all(asked).await, [204; 3]);
        traces.flush().await;
        let spans = collector.spans();
        let batches: Vec<_> = spans.iter().filter(|span| span.name == "commit batch").collect();
        let [batch] = batches[..] else { panic!("{batches:#?}") };
        assert_eq!(batch.attributes["ticketer.batch.callers"], "2", "the third is not sampled");
        let requests: Vec<_> = callers[..2].iter().flat_map(|(trace, _)| of(&spans, trace)).collect();
        let requests: Vec<_> = requests.into_iter().filter(|span| span.kind == "SERVER").collect();
        let (parent, other) = match requests[..] {
            [a, b] if a.id == batch.parent => (a, b),
            [b, a] if a.id == batch.parent => (a, b),
            _ => panic!("{requests:#?}"),
        };
        assert_eq!(batch.trace, parent.trace);
        assert_eq!(batch.links, std::slice::from_ref(&other.id));
        assert_eq!(other.links, std::slice::from_ref(&batch.id));
        let find = spans.iter().find(|span| span.parent == batch.id).expect("what the batch did");
        assert_eq!(find.name, "find things");
    });
}
