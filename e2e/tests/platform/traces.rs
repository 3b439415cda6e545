//! One trace from the browser to the last service's database.

use anyhow::{Context, Result};
use e2e::{PASSWORD, Person, Stage};
use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    testing::{Collector, ReceivedSpan},
    ticket::Order,
};
use uuid::Uuid;
use xtask::services::Service;

/// The browser's own span.
const BROWSER: &str = "00f067aa0ba902b7";

/// Sends it as a page that traces does; the trace's id.
async fn traced(person: &Person, service: Service, path: &str, body: &Value) -> Result<(String, Value)> {
    let trace = Uuid::new_v4().simple().to_string();
    let request = person.request(service, Method::POST, path).header("traceparent", format!("00-{trace}-{BROWSER}-01"));
    let answer = person.send(request.header("idempotency-key", Uuid::new_v4().to_string()).json(body)).await?;
    Ok((trace, answer.parse()?))
}

/// The trace's spans, all of which hang together.
fn whole<'a>(spans: &'a [ReceivedSpan], trace: &str) -> Vec<&'a ReceivedSpan> {
    let spans: Vec<_> = spans.iter().filter(|span| span.trace == trace).collect();
    for span in &spans {
        let parent = span.parent == BROWSER || spans.iter().any(|other| other.id == span.parent);
        assert!(parent, "{span:?} hangs in the air among {spans:#?}");
    }
    spans
}

/// The way down to a span, by services and names.
fn way(spans: &[&ReceivedSpan], service: &str, name: &str) -> Vec<String> {
    let found = spans.iter().find(|span| span.service == service && span.name == name);
    let mut span = *found.unwrap_or_else(|| panic!("no {name} of {service} in {spans:#?}"));
    let mut way = vec![format!("{service}: {name}")];
    while let Some(parent) = spans.iter().find(|other| other.id == span.parent) {
        span = parent;
        way.push(format!("{}: {}", span.service, span.name));
    }
    way.reverse();
    way
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_shows_a_payment_from_the_browser_to_the_database_of_ticket() -> Result<()> {
    let collector = Collector::start().await;
    // Spans are not sent before the services stop: what comes is what they flush.
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "3600000")];
    let stage = Stage::with(&variables).await?;
    let event = stage.register("Olga").await?.publish("Traced", 5).await?;
    let buyer = stage.register("Bob").await?;
    let booking = json!({
        "eventId": event.id,
        "tickets": [{ "ticketTypeName": "Floor", "quantity": 1 }],
        "customerInfo": { "firstName": "Bob", "lastName": "Buyer", "email": buyer.email },
        "totalAmount": { "amount": 2500, "currency": "USD" },
    });
    let (booked, order) = traced(&buyer, Service::Ticket, "/api/tickets/book", &booking).await?;
    let order: Order = serde_json::from_value(order)?;
    let payment = json!({
        "orderId": order.id,
        "paymentMethod": "credit_card",
        "card": { "number": "4242 4242 4242 4242", "expiryMonth": 12, "expiryYear": 2040, "cvc": "123" },
    });
    let (paid, _) = traced(&buyer, Service::Payment, "/api/payment/process", &payment).await?;
    let database = stage.platform.settings().database_suffix.clone();
    stage.stop().await;

    let spans = collector.spans();
    let payment = whole(&spans, &paid);
    let to_ticket = [
        "payment: POST /api/payment/process",
        "payment: move orders",
        "payment: PUT /api/tickets/orders/{id}/status",
        "ticket: PUT /api/tickets/orders/{id}/status",
    ];
    let written = |span: &&&ReceivedSpan| {
        let operation = span.attributes.get("db.operation.name").map(String::as_str);
        span.service == "ticket" && matches!(operation, Some("update" | "findAndModify"))
    };
    let write = payment.iter().find(written);
    let write = write.with_context(|| format!("no write of ticket in {payment:#?}"))?;
    assert_eq!(write.attributes["db.namespace"], format!("ticket_db{database}"));
    assert_eq!(way(&payment, "ticket", &write.name)[..4], to_ticket);
    let to_auth = way(&payment, "auth", "GET /api/auth/verify");
    let asking = ["payment: POST /api/payment/process", "payment: verify", "payment: GET /api/auth/verify"];
    assert_eq!(to_auth[..3], asking);

    let booking = whole(&spans, &booked);
    let to_orders = ["ticket: POST /api/tickets/book", "ticket: commit batch", "ticket: insert orders"];
    assert_eq!(way(&booking, "ticket", "insert orders"), to_orders);

    for secret in [buyer.email.as_str(), PASSWORD, "4242", "ticketer_session", "Bob", &order.id.to_string()] {
        assert!(!collector.has_heard(secret), "{secret}");
    }
    Ok(())
}
