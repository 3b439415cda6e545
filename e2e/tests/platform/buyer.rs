//! What a buyer meets after "Pay": the bank's question, waiting, tickets, and the way back; in a real browser.

use anyhow::Result;
use e2e::{Browser, PASSWORD, Person, Stage, eventually};
use serde_json::json;
use shared::{
    event::Event,
    ticket::{Order, OrderStatus},
};
use xtask::services::Service;

const ASKS: &str = "4000002500003155";
const SLOW: &str = "4000000000000259";

pub async fn sign_in(stage: &Stage, person: &Person) -> Result<Browser> {
    let browser = Browser::open(stage).await?;
    browser.visit("/sign-in").await?;
    browser.fill("email", &person.email).await?;
    browser.fill("password", PASSWORD).await?;
    browser.click("submit").await?;
    // What only the page after it has.
    browser.see("search").await?;
    Ok(browser)
}

/// A person with a held order, on the page where it is paid.
async fn about_to_pay(stage: &Stage) -> Result<(Person, Order, Browser)> {
    let event = stage.register("Olga").await?.publish("Night train", 5).await?;
    let buyer = stage.register("Bob").await?;
    let order: Order = buyer.book(event.id, 2).await?.parse()?;
    let browser = sign_in(stage, &buyer).await?;
    browser.visit(&format!("/orders/{}/pay", order.id)).await?;
    Ok((buyer, order, browser))
}

async fn pay(browser: &Browser, card: &str) -> Result<()> {
    browser.fill("card-number", card).await?;
    browser.fill("card-expiry", "1240").await?;
    browser.fill("card-cvc", "123").await?;
    browser.click("pay").await
}

/// An event whose buyers may have their money back until the day before.
async fn publish_refundable(organizer: &Person) -> Result<Event> {
    let event = json!({
        "title": "Sunrise yoga",
        "category": "workshop",
        "venue": { "name": "Town Hall", "address": "1 Main Street", "city": "Springfield" },
        "startsAt": "2035-06-01T18:00:00Z",
        "endsAt": "2035-06-01T21:00:00Z",
        "timeZone": "America/Chicago",
        "ticketTypes": [{ "name": "Floor", "price": { "amount": 2500, "currency": "USD" }, "quantity": 5 }],
        "refundHours": 24,
        "status": "published",
    });
    organizer.post(Service::Event, "/api/events", &event).await?.parse()
}

async fn paid_order(buyer: &Person, event: &Event, quantity: u32) -> Result<Order> {
    let order: Order = buyer.book(event.id, quantity).await?.parse()?;
    buyer.pay_well(order.id).await?;
    Ok(order)
}

pub async fn until(buyer: &Person, order: &Order, status: OrderStatus) -> Result<Order> {
    eventually(&format!("{status:?}"), async || {
        let order = buyer.order(order.id).await?;
        Ok((order.status == status).then_some(order))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_its_buyer_approves_is_paid() -> Result<()> {
    let stage = Stage::start().await?;
    let (buyer, order, browser) = about_to_pay(&stage).await?;
    pay(&browser, ASKS).await?;
    let challenge = format!("/orders/{}/challenge", order.id);
    browser.at(&challenge).await?;
    browser.see("challenge").await?;
    browser.read("3155").await?;

    // Nothing is lost on reload, and every other page about the order leads back here.
    browser.driver.refresh().await?;
    browser.see("challenge").await?;
    browser.visit(&format!("/orders/{}/pay", order.id)).await?;
    browser.at(&challenge).await?;
    browser.visit(&format!("/orders/{}", order.id)).await?;
    browser.click("go-challenge").await?;
    assert_eq!(buyer.order(order.id).await?.status, OrderStatus::Paying);
    browser.click("approve").await?;
    browser.see("confirmed").await?;
    assert_eq!(buyer.order(order.id).await?.status, OrderStatus::Confirmed);

    // What is decided is not asked again.
    browser.visit(&challenge).await?;
    browser.see("confirmed").await?;
    browser.close().await?;
    stage.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_its_buyer_refuses_leaves_the_seats_held() -> Result<()> {
    let stage = Stage::start().await?;
    let (buyer, order, browser) = about_to_pay(&stage).await?;
    pay(&browser, ASKS).await?;
    browser.click("refuse").await?;
    browser.see("declined").await?;
    browser.at(&format!("/orders/{}/pay", order.id)).await?;
    browser.driver.refresh().await?;
    browser.see("declined").await?;
    assert_eq!(buyer.order(order.id).await?.status, OrderStatus::Held);

    // A card that takes its time: the page waits, and moves on by itself.
    pay(&browser, SLOW).await?;
    browser.see("processing").await?;
    browser.see("confirmed").await?;
    browser.visit("/payments").await?;
    browser.read("not to approve").await?;
    browser.close().await?;
    stage.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_has_a_code_for_each_seat_and_may_give_them_back() -> Result<()> {
    let stage = Stage::start().await?;
    let event = publish_refundable(&stage.register("Olga").await?).await?;
    let buyer = stage.register("Bob").await?;
    let order = paid_order(&buyer, &event, 2).await?;
    let browser = sign_in(&stage, &buyer).await?;
    browser.visit(&format!("/orders/{}", order.id)).await?;
    browser.see("ticket-qr").await?;
    assert_eq!(browser.all("ticket-qr").await?.len(), 2, "one code for each seat");

    for (link, file) in [("tickets-pdf", "tickets.pdf"), ("event-ics", "event.ics")] {
        let path = format!("/api/tickets/orders/{}/{file}", order.id);
        let href = browser.see(link).await?.attr("href").await?;
        assert_eq!(href, Some(format!("{}{path}", stage.url(Service::Ticket))));
        assert_eq!(buyer.get(Service::Ticket, &path).await?.status, 200);
    }

    // Asked first; whoever thinks better of it keeps the tickets.
    browser.click("refund-order").await?;
    browser.click("dialog-keep").await?;
    assert_eq!(buyer.order(order.id).await?.status, OrderStatus::Confirmed);
    browser.click("refund-order").await?;
    browser.click("dialog-confirm").await?;
    until(&buyer, &order, OrderStatus::Refunded).await?;
    browser.read("went back the way it was paid").await?;
    assert_eq!(browser.all("ticket-qr").await?.len(), 0, "what lets no one in is not shown");
    assert_eq!(browser.all("refund-order").await?.len(), 0);
    assert_eq!(buyer.availability(event.id).await?.remaining, 5, "the seats are on sale again");
    browser.close().await?;
    stage.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organizer_sees_the_orders_of_an_event_and_refunds_one() -> Result<()> {
    let stage = Stage::start().await?;
    let organizer = stage.register("Olga").await?;
    let event = organizer.publish("No refunds by policy", 5).await?;
    let buyer = stage.register("Bob").await?;
    let order = paid_order(&buyer, &event, 1).await?;
    let browser = sign_in(&stage, &buyer).await?;
    browser.visit(&format!("/orders/{}", order.id)).await?;
    browser.see("ticket-qr").await?;
    assert_eq!(browser.all("refund-order").await?.len(), 0, "the policy gives the buyer nothing back");
    browser.visit(&format!("/organize/{}/orders", event.id)).await?;
    browser.see("error").await?;
    browser.close().await?;

    let browser = sign_in(&stage, &organizer).await?;
    browser.visit("/organize").await?;
    browser.click("event-orders").await?;
    browser.at(&format!("/organize/{}/orders", event.id)).await?;
    browser.read(&order.booking_reference).await?;
    browser.click("refund-order").await?;
    browser.click("dialog-confirm").await?;
    until(&buyer, &order, OrderStatus::Refunded).await?;
    browser.read("Refunded").await?;
    browser.close().await?;
    stage.stop().await;
    Ok(())
}
