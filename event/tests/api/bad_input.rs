//! What bad input gets: a 4xx problem that names the field, and nothing stored.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Person, TestApp, form, problem, ticket_type, titles};

/// The form with one value set, by JSON pointer.
fn with(pointer: &str, value: Value) -> Value {
    let mut whole = form(json!({ "organizer": { "name": "Club", "email": "club@example.com" } }));
    match whole.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => whole[pointer.trim_start_matches('/')] = value,
    }
    whole
}

async fn nothing_stored(person: &Person) {
    assert_eq!(titles(&person.client.get("/api/events/my/events").await.body), Vec::<&str>::new());
}

#[tokio::test]
async fn a_field_that_breaks_its_rule_is_named() {
    let app = TestApp::start().await;
    let ada = app.user();
    let seat = |field: &str, value: Value| {
        let mut seat = ticket_type("Seat", 4500, 100);
        seat[field] = value;
        json!([ticket_type("VIP", 9000, 1), seat])
    };
    let long_address = format!("{}@example.com", "a".repeat(300));
    let euro =
        json!([ticket_type("A", 1, 1), { "name": "B", "price": { "amount": 1, "currency": "EUR" }, "quantity": 1 }]);
    let cases = [
        ("/title", json!(""), "/title"),
        ("/title", json!("  "), "/title"),
        ("/title", json!("x".repeat(201)), "/title"),
        ("/title", json!("Jazz\0Night"), "/title"),
        ("/title", json!(7), "/title"),
        ("/title", json!(null), "/title"),
        ("/description", json!("x".repeat(2001)), "/description"),
        ("/description", json!("a\0b"), "/description"),
        ("/category", json!("party"), "/category"),
        ("/venue", json!("Town Hall"), "/venue"),
        ("/venue/city", json!("\0"), "/venue/city"),
        ("/venue/name", json!(""), "/venue/name"),
        ("/startsAt", json!("2026-12-31T23:59:59Z"), "/startsAt"),
        ("/startsAt", json!("2027-01-01T00:00:00Z"), "/startsAt"),
        ("/startsAt", json!("tomorrow"), "/startsAt"),
        ("/startsAt", json!("2027-06-01T18:00:00"), "/startsAt"),
        ("/startsAt", json!(1_800_000_000), "/startsAt"),
        ("/endsAt", json!("2027-06-01T18:00:00Z"), "/endsAt"),
        ("/endsAt", json!("2027-05-01T18:00:00Z"), "/endsAt"),
        ("/endsAt", json!("99999-01-01T00:00:00Z"), "/endsAt"),
        ("/salesEnd", json!("2027-06-02T00:00:00Z"), "/salesEnd"),
        ("/salesEnd", json!("2026-06-02T00:00:00Z"), "/salesEnd"),
        ("/timeZone", json!("Mars/Olympus"), "/timeZone"),
        ("/timeZone", json!("../../etc/passwd"), "/timeZone"),
        ("/timeZone", json!("+02:00"), "/timeZone"),
        ("/ticketTypes", json!([]), "/ticketTypes"),
        ("/ticketTypes", json!({}), "/ticketTypes"),
        ("/ticketTypes", json!([ticket_type("A", 1, 1), ticket_type("A", 2, 1)]), "/ticketTypes"),
        ("/ticketTypes", json!([ticket_type("A", 1, 1), ticket_type(" A ", 2, 1)]), "/ticketTypes"),
        ("/ticketTypes", euro, "/ticketTypes"),
        ("/ticketTypes", json!([ticket_type("A", 1, 0)]), "/ticketTypes"),
        (
            "/ticketTypes",
            json!((0..21).map(|number| ticket_type(&format!("Row {number}"), 1, 1)).collect::<Vec<_>>()),
            "/ticketTypes",
        ),
        ("/ticketTypes", seat("quantity", json!(1_000_000_000)), "/ticketTypes/1/quantity"),
        ("/ticketTypes", seat("quantity", json!(10_000_000_000_u64)), "/ticketTypes/1/quantity"),
        ("/ticketTypes", seat("quantity", json!(-1)), "/ticketTypes/1/quantity"),
        ("/ticketTypes", seat("quantity", json!(1.5)), "/ticketTypes/1/quantity"),
        ("/ticketTypes", seat("quantity", json!("5")), "/ticketTypes/1/quantity"),
        ("/ticketTypes", seat("name", json!("")), "/ticketTypes/1/name"),
        ("/ticketTypes", seat("name", json!("a\nb")), "/ticketTypes/1/name"),
        ("/ticketTypes", seat("price", json!({ "amount": -1, "currency": "USD" })), "/ticketTypes/1/price"),
        ("/ticketTypes", seat("price", json!({ "amount": 1.5, "currency": "USD" })), "/ticketTypes/1/price/amount"),
        ("/ticketTypes", seat("price", json!({ "amount": 1, "currency": "XYZ" })), "/ticketTypes/1/price/currency"),
        ("/ticketTypes", seat("price", json!(45.5)), "/ticketTypes/1/price"),
        ("/ticketTypes", seat("sold", json!(1)), "/ticketTypes/1/sold"),
        ("/tags", json!(vec!["x"; 11]), "/tags"),
        ("/tags", json!([""]), "/tags"),
        ("/tags", json!(["a\0"]), "/tags"),
        ("/image", json!("javascript:alert(1)"), "/image"),
        ("/image", json!("http://example.com/a.png"), "/image"),
        ("/organizer/email", json!(long_address), "/organizer/email"),
        ("/organizer/email", json!("club"), "/organizer/email"),
        ("/organizer", json!({ "name": "A", "email": "a@example.com", "phone": "call me" }), "/organizer/phone"),
        ("/maxPerOrder", json!(0), "/maxPerOrder"),
        ("/maxPerOrder", json!(101), "/maxPerOrder"),
        ("/maxPerBuyer", json!(0), "/maxPerBuyer"),
        ("/refundHours", json!(8761), "/refundHours"),
        ("/refundHours", json!(-1), "/refundHours"),
        ("/status", json!("cancelled"), "/status"),
        ("/status", json!("completed"), "/status"),
        ("/status", json!("sold"), "/status"),
        ("/createdBy", json!("0190b2a4-0000-7000-8000-000000000000"), "/createdBy"),
        ("/id", json!("0190b2a4-0000-7000-8000-000000000000"), "/id"),
    ];
    for (at, value, pointer) in cases {
        let answer = ada.client.post("/api/events", &with(at, value.clone())).await;
        assert_eq!((problem(&answer).0, answer.bad_fields()), (422, vec![pointer]), "{at} = {value}: {}", answer.body);
    }
    nothing_stored(&ada).await;
}

#[tokio::test]
async fn every_bad_field_is_named_and_missing_ones_too() {
    let app = TestApp::start().await;
    let ada = app.user();
    let bad = form(json!({ "title": "", "maxPerOrder": 0, "timeZone": "" }));
    assert_eq!(ada.client.post("/api/events", &bad).await.bad_fields(), ["/maxPerOrder", "/timeZone", "/title"]);
    let bad = form(json!({ "timeZone": "Nowhere", "status": "cancelled" }));
    assert_eq!(ada.client.post("/api/events", &bad).await.bad_fields(), ["/timeZone", "/status"]);
    let nothing = ada.client.post("/api/events", &json!({})).await;
    let all = ["/category", "/endsAt", "/startsAt", "/ticketTypes", "/timeZone", "/title", "/venue"];
    assert_eq!((nothing.status, nothing.bad_fields()), (422, all.to_vec()), "{}", nothing.body);
    for field in ["title", "category", "venue", "startsAt", "endsAt", "timeZone", "ticketTypes"] {
        let mut partial = form(json!({}));
        partial.as_object_mut().expect("an object").remove(field);
        let answer = ada.client.post("/api/events", &partial).await;
        assert_eq!((answer.status, answer.bad_fields()), (422, vec![&*format!("/{field}")]), "{}", answer.body);
    }
    nothing_stored(&ada).await;
}

#[tokio::test]
async fn a_change_is_checked_like_a_new_event() {
    let app = TestApp::start().await;
    let ada = app.user();
    let event = ada.create(&form(json!({}))).await;
    for (at, value, pointer) in [
        ("/title", json!("a\0"), "/title"),
        ("/timeZone", json!("Nowhere"), "/timeZone"),
        ("/status", json!("cancelled"), "/status"),
        ("/endsAt", json!("2027-01-01T00:00:00Z"), "/endsAt"),
    ] {
        let answer = ada.change(crate::id_of(&event), 1, &with(at, value)).await;
        assert_eq!((answer.status, answer.bad_fields()), (422, vec![pointer]), "{}", answer.body);
    }
    assert_eq!(app.client().get(&crate::path(crate::id_of(&event))).await.body, event);
}

#[tokio::test]
async fn names_may_be_written_in_any_script() {
    let app = TestApp::start().await;
    let ada = app.user();
    let written = form(json!({
        "title": "Zażółć 🎫 الموسيقى 音楽", "tags": ["żółć", "音楽"],
        "venue": { "name": "Зал", "address": "ул. 1", "city": "서울" },
        "ticketTypes": [ticket_type("Miejsce siedzące 🪑", 4500, 10)],
    }));
    let event = ada.create(&written).await;
    for field in ["title", "tags", "venue"] {
        assert_eq!(event[field], written[field]);
    }
}

#[tokio::test]
async fn the_largest_event_fits() {
    let app = TestApp::start().await;
    let ada = app.user();
    let largest = form(json!({
        "title": "漢".repeat(200), "description": "🎫".repeat(2000), "tags": vec!["t".repeat(30); 10],
        "ticketTypes": (0..20).map(|i| ticket_type(&format!("{i:0>100}"), 100_000_000, 1_000_000)).collect::<Vec<_>>(),
    }));
    let event = ada.create(&largest).await;
    assert_eq!(event["totalTickets"], 20_000_000);
    assert_eq!(ada.change(crate::id_of(&event), 1, &largest).await.status, 200);
}

#[tokio::test]
async fn what_is_no_json_is_refused_by_what_is_wrong_with_it() {
    let app = TestApp::start().await;
    let ada = app.user();
    let post = |kind: &'static str, body: Vec<u8>| {
        ada.client.send(ada.client.request(Method::POST, "/api/events").header("content-type", kind).body(body))
    };
    let with_more = format!("{} x", form(json!({})));
    for body in ["", "{", "{\"title\": \"a\"", "{\"title\": }", &with_more] {
        assert_eq!(problem(&post("application/json", body.into()).await), (400, "/problems/malformed"), "{body}");
    }
    for body in ["[]", "null", "7", "\"event\""] {
        assert_eq!(post("application/json", body.into()).await.status, 422, "{body}");
    }
    assert_eq!(post("application/json", vec![b'"', 0xff, b'"']).await.status, 400);
    let text = post("text/plain", form(json!({})).to_string().into()).await;
    assert_eq!(problem(&text), (415, "/problems/unsupported-media-type"));
    let large = form(json!({ "description": "x".repeat(10_000_000) })).to_string();
    assert_eq!(problem(&post("application/json", large.into()).await), (413, "/problems/too-large"));
    nothing_stored(&ada).await;
}

#[tokio::test]
async fn a_bad_query_is_named() {
    let app = TestApp::start().await;
    for (query, pointer) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=-1", "limit"),
        ("category=party", "category"),
        ("sort=best", "sort"),
        ("from=yesterday", "from"),
        ("priceMin=-1", "priceMin"),
        ("priceMax=1.5", "priceMax"),
        ("page=2", "page"),
        ("cursor=%00", "cursor"),
    ] {
        let refused = app.client().get(&format!("/api/events?{query}")).await;
        assert_eq!(problem(&refused), (422, "/problems/invalid-input"), "{query}");
        let fields = refused.bad_fields();
        assert!(fields.len() == 1 && (fields[0].ends_with(pointer) || pointer == "page"), "{query}: {fields:?}");
    }
    for query in ["limit=%FF", "%", "&&&", "search=%F0%9F%8E%AB"] {
        assert!(app.client().get(&format!("/api/events?{query}")).await.status < 500, "{query}");
    }
}
