//! The journey of an organizer and a buyer, in a real browser.

use anyhow::Result;
use e2e::{Browser, PASSWORD, Stage};

async fn register(browser: &Browser, first_name: &str, email: &str) -> Result<()> {
    browser.visit("/register").await?;
    browser.fill("first-name", first_name).await?;
    browser.fill("last-name", "Tester").await?;
    browser.fill("email", email).await?;
    browser.fill("password", PASSWORD).await?;
    browser.click("submit").await?;
    browser.read(first_name).await
}

async fn publish(browser: &Browser) -> Result<()> {
    browser.visit("/organize/new").await?;
    browser.fill("title", "Midnight Ferry Concert").await?;
    browser.fill("description", "Two hours on the water with a string quartet.").await?;
    browser.set("category", "concert").await?;
    browser.set("starts-at", "2035-06-01T20:00").await?;
    browser.set("ends-at", "2035-06-01T22:00").await?;
    browser.fill("venue-name", "Pier 4").await?;
    browser.fill("venue-city", "Hamburg").await?;
    browser.fill("venue-address", "Am Hafen 4").await?;
    browser.fill("type-name", "Upper deck").await?;
    browser.fill("type-price", "25").await?;
    browser.fill("type-quantity", "40").await?;
    browser.click("publish").await?;
    browser.at("/events/").await.map(drop)
}

async fn pay(browser: &Browser, card: &str) -> Result<()> {
    browser.fill("card-number", card).await?;
    browser.fill("card-expiry", "1240").await?;
    browser.fill("card-cvc", "123").await?;
    browser.click("pay").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organizer_publishes_and_a_buyer_finds_books_and_pays() -> Result<()> {
    let stage = Stage::start().await?;
    let organizer = Browser::open(&stage).await?;
    register(&organizer, "Olga", "olga@example.com").await?;
    publish(&organizer).await?;
    organizer.read("Midnight Ferry Concert").await?;
    organizer.close().await?;

    // Someone who looks around needs no account, and is asked for one when it comes to booking.
    let buyer = Browser::open(&stage).await?;
    buyer.visit("/").await?;
    buyer.fill("search", "ferry hamb").await?;
    buyer.click("event-card").await?;
    buyer.at("/events/").await?;
    buyer.click("more").await?;
    buyer.click("more").await?;
    buyer.read("$50.00").await?;
    buyer.click("book").await?;
    buyer.at("/sign-in").await?;
    buyer.click("to-register").await?;
    buyer.fill("first-name", "Bea").await?;
    buyer.fill("last-name", "Buyer").await?;
    buyer.fill("email", "bea@example.com").await?;
    buyer.fill("password", PASSWORD).await?;
    buyer.click("submit").await?;

    // Back where they were, with what they had chosen.
    let checkout = buyer.at("/events/").await?;
    assert!(checkout.contains("/checkout"), "{checkout}");
    assert_eq!(buyer.see("email").await?.prop("value").await?.as_deref(), Some("bea@example.com"));
    buyer.click("hold").await?;
    buyer.see("hold-timer").await?;

    // Nothing is lost on reload, and a declined card leaves the seats held.
    buyer.driver.refresh().await?;
    buyer.see("hold-timer").await?;
    pay(&buyer, "4000000000000002").await?;
    buyer.see("declined").await?;
    pay(&buyer, "4242424242424242").await?;
    buyer.see("confirmed").await?;

    buyer.click("see-tickets").await?;
    buyer.see("tickets").await?;
    let tickets = buyer.all("ticket-code").await?;
    assert_eq!(tickets.len(), 2, "one ticket for each seat");
    let order = buyer.at("/orders/").await?;
    buyer.visit("/payments").await?;
    buyer.see("payment").await?;
    buyer.read("$50.00").await?;
    buyer.visit("/orders").await?;
    buyer.read("Midnight Ferry Concert").await?;

    buyer.click("menu").await?;
    buyer.click("sign-out").await?;
    buyer.see("sign-in-link").await?;
    buyer.visit(&order).await?;
    let sign_in = buyer.at("/sign-in").await?;
    assert!(sign_in.contains("next="), "{sign_in}");
    buyer.close().await?;
    stage.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_names_every_bad_field_before_anything_is_sent() -> Result<()> {
    let stage = Stage::start().await?;
    let browser = Browser::open(&stage).await?;
    browser.visit("/register").await?;
    browser.fill("email", "not an address").await?;
    browser.fill("password", "short").await?;
    browser.click("submit").await?;
    browser.read("must be an e-mail address").await?;
    browser.read("must be 8 to 128 characters").await?;
    browser.at("/register").await?;

    browser.fill("first-name", "Bea").await?;
    browser.fill("last-name", "Buyer").await?;
    browser.fill("email", "bea@example.com").await?;
    browser.fill("password", "password1").await?;
    browser.click("submit").await?;
    // Only the server knows the common passwords; its word stands beside the field too.
    browser.read("easy to guess").await?;
    browser.close().await?;
    stage.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_is_away_is_told_and_can_be_tried_again() -> Result<()> {
    let stage = Stage::start().await?;
    let browser = Browser::open(&stage).await?;
    browser.visit("/").await?;
    browser.see("empty").await?;
    stage.platform.kill(xtask::services::Service::Event).await;
    browser.driver.refresh().await?;
    browser.see("error").await?;
    stage.platform.start_one(xtask::services::Service::Event).await?;
    browser.click("retry").await?;
    browser.see("empty").await?;
    browser.close().await?;
    stage.stop().await;
    Ok(())
}
