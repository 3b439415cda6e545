//! Somebody publishes an event, somebody buys tickets, and they still have them later.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};
use shared::{
    event::Event,
    ticket::{Order, OrderStatus},
};
use tokio::time::timeout;

use crate::{demo::client::Visitor, say, services::Urls, wait};

const ORGANIZER: (&str, &str) = ("organizer@compose.example", "olive velvet compass 7");
const BUYER: (&str, &str) = ("buyer@compose.example", "brass otter meadow 4");
const SEATS: usize = 2;

/// What the buyer has got.
pub struct Bought {
    order: Order,
}

/// Registers an organizer and a buyer, publishes an event, books, pays, and waits for the tickets.
pub async fn buy(urls: &Urls) -> Result<Bought> {
    let organizer = Visitor::sign_in_or_register(urls, ORGANIZER.0, ORGANIZER.1, ("Olive", "Marsh")).await?;
    let buyer = Visitor::sign_in_or_register(urls, BUYER.0, BUYER.1, ("Robin", "Reed")).await?;
    let run = Timestamp::now().as_nanosecond();
    let key = |what: &str| format!("compose-{what}-{run}");

    let event: Event = organizer.post(&format!("{}/api/events", urls.event_url), &event(), &key("event")).await?;
    say::note(format_args!("published: event {}", event.id));

    let cart = json!({
        "eventId": event.id,
        "tickets": [{ "ticketTypeName": "Floor", "quantity": SEATS }],
        "customerInfo": { "firstName": "Robin", "lastName": "Reed", "email": BUYER.0 },
        "totalAmount": { "amount": 2500 * SEATS, "currency": "USD" },
    });
    let order: Order = buyer.post(&format!("{}/api/tickets/book", urls.ticket_url), &cart, &key("book")).await?;
    say::note(format_args!("booked: {} holds {SEATS} seats", order.booking_reference));

    let payment = json!({
        "orderId": order.id,
        "paymentMethod": "credit_card",
        "card": { "number": "4242 4242 4242 4242", "expiryMonth": 12, "expiryYear": 2040, "cvc": "123" },
    });
    let _: Value = buyer.post(&format!("{}/api/payment/process", urls.payment_url), &payment, &key("pay")).await?;
    let confirmed = wait::until(async || {
        let order = order_of(&buyer, urls, &order).await.ok()?;
        (order.status == OrderStatus::Confirmed).then_some(order)
    });
    let order = timeout(Duration::from_secs(30), confirmed).await.context("the order was not confirmed")?;
    ensure!(order.issued.len() == SEATS, "paid for {SEATS} seats and got {} tickets", order.issued.len());
    ensure!(order.issued.iter().all(|ticket| !ticket.qr.is_empty()), "tickets without a code to show");
    say::note(format_args!("paid: the order is confirmed and has {SEATS} tickets"));
    Ok(Bought { order })
}

/// Fails unless the account, the order and the very same tickets are there.
pub async fn still_there(urls: &Urls, bought: &Bought) -> Result<()> {
    let buyer = Visitor::sign_in_or_register(urls, BUYER.0, BUYER.1, ("Robin", "Reed")).await?;
    let now = order_of(&buyer, urls, &bought.order).await?;
    let codes = |order: &Order| order.issued.iter().map(|ticket| ticket.code.clone()).collect::<Vec<_>>();
    ensure!(now.status == OrderStatus::Confirmed, "the order has become {:?}", now.status);
    ensure!(codes(&now) == codes(&bought.order), "the tickets are not those that were bought");
    say::note("the account, the order and its tickets are still there");
    Ok(())
}

async fn order_of(buyer: &Visitor, urls: &Urls, order: &Order) -> Result<Order> {
    buyer.get(&format!("{}/api/tickets/orders/{}", urls.ticket_url, order.id)).await
}

fn event() -> Value {
    let day = Duration::from_hours(24);
    let starts_at = Timestamp::now() + 30 * day;
    json!({
        "title": "The night of the containers",
        "category": "concert",
        "venue": { "name": "Town Hall", "address": "1 Main Street", "city": "Springfield" },
        "startsAt": starts_at,
        "endsAt": starts_at + day / 8,
        "timeZone": "America/Chicago",
        "ticketTypes": [{ "name": "Floor", "price": { "amount": 2500, "currency": "USD" }, "quantity": 100 }],
        "status": "published",
    })
}
