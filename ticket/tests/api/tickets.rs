//! Real tickets: signed, to print, and for a calendar.

use reqwest::Method;
use shared::{
    OrderId, Page,
    testing::TestClient,
    ticket::{Order, TicketKeys},
};
use ticket::pass::{Forged, Key, verify};

use crate::{World, held, one, order_path, problem};

async fn keys(client: &TestClient) -> Vec<Key> {
    let keys: TicketKeys = client.get("/api/tickets/keys").await.parse();
    assert!(keys.keys.iter().all(|key| key.algorithm == "Ed25519" && key.id.len() == 8));
    keys.keys.iter().map(|key| Key::parse(&key.public_key).expect("a key")).collect()
}

async fn file(client: &TestClient, path: &str) -> (u16, String, Vec<u8>) {
    let answer = client.request(Method::GET, path).send().await.expect("an answer");
    let kind = answer.headers()["content-type"].to_str().expect("text").to_owned();
    (answer.status().as_u16(), kind, answer.bytes().await.expect("a body").to_vec())
}

#[tokio::test]
async fn a_ticket_is_checked_with_the_public_key_alone() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Stehplatz – Bühne", 0, 5)]);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Stehplatz – Bühne", 2)], 0).await;
    let keys = keys(&service.client()).await;
    for ticket in &order.issued {
        let pass = verify(&ticket.qr, &keys).expect("a ticket");
        assert_eq!((pass.ticket, pass.event), (ticket.id, event));
        assert_eq!((&pass.booking_reference, &pass.ticket_type), (&order.booking_reference, &ticket.ticket_type_name));
        assert!(ticket.qr.len() < 220, "{}", ticket.qr.len());
    }
    assert_eq!(ada.get(&order_path(order.id)).await.parse::<Order>().issued, order.issued, "the same each time");
    let listed: Page<Order> = ada.get("/api/tickets/orders").await.parse();
    assert!(listed.items[0].issued.iter().all(|ticket| ticket.qr.is_empty()));
}

#[tokio::test]
async fn a_ticket_with_one_byte_changed_is_refused() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 0, 5)]);
    let qr = held(&world.buyer(&service), event, &[("Seat", 1)], 0).await.issued.remove(0).qr;
    let keys = keys(&service.client()).await;
    for at in 0..qr.len() {
        for other in [b'A', b'B', b'_', b'=', b' '] {
            let mut bytes = qr.clone().into_bytes();
            if bytes[at] == other {
                continue;
            }
            bytes[at] = other;
            let forged = String::from_utf8(bytes).expect("ASCII");
            assert_eq!(verify(&forged, &keys), Err(Forged), "{at}");
        }
        assert_eq!(verify(&qr[..at], &keys), Err(Forged));
    }
    assert_eq!(verify(&format!("{qr}A"), &keys), Err(Forged));
    assert!(verify(&qr, &keys).is_ok());
}

#[tokio::test]
async fn a_new_signing_key_leaves_old_tickets_good() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 0, 5)]);
    let before = world.replica().await;
    let old = held(&world.buyer(&before), event, &[("Seat", 1)], 0).await.issued.remove(0).qr;
    let key: TicketKeys = before.client().get("/api/tickets/keys").await.parse();
    let seed = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
    let kept = world.with(&[("TICKET_SIGNING_KEY", seed), ("TICKET_SIGNING_KEYS_OLD", &key.keys[0].public_key)]).await;
    let forgotten = world.with(&[("TICKET_SIGNING_KEY", seed)]).await;
    let new = held(&world.buyer(&kept), event, &[("Seat", 1)], 0).await.issued.remove(0).qr;
    let both = keys(&kept.client()).await;
    assert!(verify(&old, &both).is_ok() && verify(&new, &both).is_ok());
    let one = keys(&forgotten.client()).await;
    assert!(verify(&old, &one).is_err() && verify(&new, &one).is_ok());
}

#[tokio::test]
async fn what_is_given_back_lets_nobody_in() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    world.events.change(event, |e| e.refund_hours = Some(1));
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 1)], 4500).await;
    crate::paying::paid(&service, order.id).await;
    let path = order_path(order.id);
    assert!(!ada.get(&path).await.parse::<Order>().issued[0].qr.is_empty());
    assert_eq!(ada.post_empty(&format!("{path}/refund")).await.status, 200);
    assert!(ada.get(&path).await.parse::<Order>().issued[0].qr.is_empty());
    for name in ["tickets.pdf", "event.ics"] {
        let answer = ada.get(&format!("{path}/{name}")).await;
        assert_eq!(problem(&answer), (409, "/problems/wrong-state"), "{name}");
    }
}

#[tokio::test]
async fn tickets_are_printed_a_page_each_in_any_script() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Đứng 🎫", 0, 5), ("Balcony", 0, 5)]);
    world.events.change(event, |e| e.title = format!("東京 Żółw 🐢 {}", "very long ".repeat(18)));
    let ada = world.buyer(&service);
    let mut body = crate::request(event, &[("Đứng 🎫", 2), ("Balcony", 1)], 0);
    body["customerInfo"]["firstName"] = "Zażółć 美咲 🎈".into();
    let order: Order = ada.post("/api/tickets/book", &body).await.parse();
    let (status, kind, pdf) = file(&ada, &format!("{}/tickets.pdf", order_path(order.id))).await;
    assert_eq!((status, kind.as_str()), (200, "application/pdf"));
    assert!(pdf.starts_with(b"%PDF-") && pdf.trim_ascii_end().ends_with(b"%%EOF"));
    let text = String::from_utf8_lossy(&pdf);
    assert_eq!(text.matches("/MediaBox").count(), 3);
    for word in [&order.booking_reference, &order.issued[2].code, "Balcony", "CE"] {
        assert!(text.contains(word), "{word}");
    }
}

#[tokio::test]
async fn the_calendar_file_says_when_and_where() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 0, 5)]);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 1)], 0).await;
    let path = format!("{}/event.ics", order_path(order.id));
    let (status, kind, ics) = file(&ada, &path).await;
    assert_eq!((status, kind.as_str()), (200, "text/calendar; charset=utf-8"));
    let ics = String::from_utf8(ics).expect("UTF-8");
    let begin = order.event.starts_at.strftime("%Y%m%dT%H%M%SZ").to_string();
    for line in ["SUMMARY:Żółta Łódź 🎷", "LOCATION:Town Hall\\, Main Street 1\\, Łódź", &format!("DTSTART:{begin}")]
    {
        assert!(ics.split("\r\n").any(|l| l == line), "{line} in {ics}");
    }
    // A calendar that takes it over again finds the new time under the same name.
    let (other, later) = (ics, order.event.starts_at + jiff::SignedDuration::from_hours(1));
    world.events.change(event, |e| e.starts_at = later);
    let moved = later.strftime("DTSTART:%Y%m%dT%H%M%SZ").to_string();
    crate::eventually("the event has moved", async || {
        String::from_utf8_lossy(&file(&ada, &path).await.2).contains(&moved)
    })
    .await;
    let uid = format!("UID:{}@ticketer", order.id);
    assert!(other.contains(&uid));
}

#[tokio::test]
async fn anothers_tickets_are_not_found() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 0, 5)]);
    let order = held(&world.buyer(&service), event, &[("Seat", 1)], 0).await;
    let eve = world.buyer(&service);
    for id in [order.id, OrderId::new()] {
        for name in ["tickets.pdf", "event.ics"] {
            let path = format!("{}/{name}", order_path(id));
            assert_eq!(problem(&eve.get(&path).await), (404, "/problems/not-found"));
            assert_eq!(problem(&service.client().get(&path).await), (401, "/problems/not-signed-in"));
        }
    }
}
