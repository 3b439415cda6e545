//! What a booking refuses: each time with the field's name, and nothing is stored.

use reqwest::Method;
use serde_json::{Value, json};
use shared::EventId;

use crate::{book, one, problem, request};

/// The request changed in one place, and the field that is then bad.
fn bad_requests(event: EventId) -> Vec<(&'static str, Value)> {
    let good = request(event, &[("Seat", 1), ("Box", 1)], 13_500);
    let with = |field: &'static str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(field).expect("a field") = value;
        (field, body)
    };
    let without = |field: &str| {
        let mut body = good.clone();
        body.as_object_mut().expect("an object").remove(field);
        body
    };
    let mut unknown = good.clone();
    unknown["status"] = "confirmed".into();
    let mut unknown_inside = good.clone();
    unknown_inside["tickets"][0]["price"] = 1.into();
    let mut twice = good.clone();
    twice["tickets"][1]["ticketTypeName"] = "Seat".into();
    vec![
        with("/tickets", json!([])),
        with("/tickets/0/quantity", 0.into()),
        with("/tickets/0/quantity", json!(-1)),
        with("/tickets/0/quantity", json!(1.5)),
        with("/tickets/0/quantity", json!(1e9)),
        with("/tickets/0/quantity", json!(1_000_000_000)),
        with("/tickets/0/quantity", json!(u64::MAX)),
        with("/tickets/1/quantity", "2".into()),
        with("/tickets/1/ticketTypeName", "Balcony".into()),
        with("/tickets/0/ticketTypeName", "Se\0at".into()),
        with("/tickets/0/ticketTypeName", "".into()),
        with("/tickets/0/quantity", 10.into()),
        with("/eventId", "nonsense".into()),
        with("/customerInfo/email", "nobody".into()),
        with("/customerInfo/email", format!("{}@example.com", "a".repeat(300)).into()),
        with("/customerInfo/firstName", "A\0da".into()),
        with("/customerInfo/lastName", " ".into()),
        with("/customerInfo/firstName", "a".repeat(51).into()),
        with("/totalAmount/amount", json!(45.5)),
        with("/totalAmount/currency", "Euro".into()),
        ("/status", unknown),
        ("/tickets/0/price", unknown_inside),
        ("/tickets", twice),
        ("/customerInfo", without("customerInfo")),
        ("/totalAmount", without("totalAmount")),
    ]
}

#[tokio::test]
async fn a_bad_field_is_named_and_nothing_is_stored() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 20), ("Box", 9000, 20)]);
    let ada = world.buyer(&service);
    for (field, body) in bad_requests(event) {
        let answer = ada.post("/api/tickets/book", &body).await;
        assert_eq!(problem(&answer), (422, "/problems/invalid-input"), "{field} {body}");
        // More than the event allows is a fault of the cart, not of a line.
        let field = if body["tickets"][0]["quantity"] == 10 { "/tickets" } else { field };
        assert_eq!(answer.bad_fields(), [field], "{body}");
    }
    assert_eq!(world.audit().await.orders, 0);
}

#[tokio::test]
async fn every_bad_field_is_named() {
    let (world, service) = one().await;
    let mut body = request(EventId::new(), &[("Seat", 0), ("", 101)], 0);
    body["customerInfo"]["email"] = "nobody".into();
    let answer = world.buyer(&service).post("/api/tickets/book", &body).await;
    let fields = ["/customerInfo/email", "/tickets/0/quantity", "/tickets/1/quantity", "/tickets/1/ticketTypeName"];
    assert_eq!(answer.bad_fields(), fields);
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    let (world, service) = one().await;
    let ada = world.buyer(&service);
    let send = async |kind: &str, body: Vec<u8>| {
        let request = ada.request(Method::POST, "/api/tickets/book").header("content-type", kind).body(body);
        ada.send(request).await
    };
    for body in [&b"{"[..], b"", b"{\"eventId\": \xff}", b"{} {}", b"null x"] {
        let status = send("application/json", body.to_vec()).await.status;
        assert!([400, 422].contains(&status), "{status} {body:?}");
    }
    assert_eq!(send("application/json", vec![b'['; 60_000]).await.status, 422, "deep nesting is no object");
    assert_eq!(problem(&send("text/plain", b"{}".to_vec()).await), (415, "/problems/unsupported-media-type"));
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_too_large() {
    let (world, service) = one().await;
    let mut body = request(EventId::new(), &[("Seat", 1)], 4500);
    body["customerInfo"]["firstName"] = "a".repeat(10_000_000).into();
    let answer = world.buyer(&service).post("/api/tickets/book", &body).await;
    assert_eq!(problem(&answer), (413, "/problems/too-large"));
}

#[tokio::test]
async fn names_are_written_in_any_script() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Đứng – стоя 🎫", 4500, 5)]);
    let mut body = request(event, &[("Đứng – стоя 🎫", 1)], 4500);
    body["customerInfo"]["firstName"] = "  Zażółć 美咲 ".into();
    let answer = world.buyer(&service).post("/api/tickets/book", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.body["customerInfo"]["firstName"], "Zażółć 美咲");
}

#[tokio::test]
async fn an_idempotency_key_is_plain_and_short() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let ada = world.buyer(&service).with("idempotency-key", &"k".repeat(256));
    let answer = book(&ada, event, &[("Seat", 1)], 4500).await;
    assert_eq!((answer.status, answer.bad_fields()), (422, vec!["Idempotency-Key"]));
    assert_eq!(world.audit().await.orders, 0);
}
