//! What the pages tell and keep, in a real browser.

use anyhow::Result;
use e2e::{Browser, Person, Stage, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use shared::{Page, event::Event, ticket::Order};
use thirtyfour::prelude::*;
use xtask::services::Service;

use crate::buyer::sign_in;

async fn orders(buyer: &Person) -> Result<Vec<Order>> {
    Ok(buyer.get(Service::Ticket, "/api/tickets/orders").await?.parse::<Page<Order>>()?.items)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_from_paying_is_told_what_they_hold() -> Result<()> {
    let stage = Stage::start().await?;
    let event = stage.register("Olga").await?.publish("Scarce", 3).await?;
    let buyer = stage.register("Bob").await?;
    let browser = sign_in(&stage, &buyer).await?;
    browser.visit(&format!("/events/{}?Floor=2", event.id)).await?;
    browser.see("ticket-picker").await?;
    assert!(browser.all("held-order").await?.is_empty());
    browser.click("book").await?;
    browser.click("hold").await?;
    browser.see("hold-timer").await?;

    browser.driver.back().await?;
    browser.at(&format!("/events/{}", event.id)).await?;
    browser.read("You hold 2 tickets until").await?;
    browser.click("held-pay").await?;
    browser.see("hold-timer").await?;
    browser.at("/orders/").await?;
    browser.driver.back().await?;
    browser.at(&format!("/events/{}", event.id)).await?;
    browser.see("held-order").await?;

    // Also for who would book once more.
    browser.visit(&format!("/events/{}/checkout?Floor=1", event.id)).await?;
    browser.click("held-give-up").await?;
    browser.click("dialog-confirm").await?;
    eventually("seats that are free again", async || {
        Ok((buyer.availability(event.id).await?.remaining == 3).then_some(()))
    })
    .await?;
    eventually("no word of a hold", async || Ok(browser.all("held-order").await?.is_empty().then_some(()))).await?;
    assert_eq!(orders(&buyer).await?.len(), 1);
    browser.close().await?;
    stage.stop().await;
    Ok(())
}

/// What the window shows, once it shows the same twice.
async fn picture(browser: &Browser) -> Result<Vec<u8>> {
    let mut before = Vec::new();
    eventually("a page at rest", async || {
        let now = browser.driver.screenshot_as_png().await?;
        let rests = now == before;
        before.clone_from(&now);
        Ok(rests.then_some(now))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_in_a_list_shows_that_it_has_the_focus() -> Result<()> {
    let stage = Stage::start().await?;
    let event = stage.register("Olga").await?.publish("Seen", 3).await?;
    let buyer = stage.register("Bob").await?;
    buyer.book(event.id, 1).await?.parse::<Order>()?;
    let browser = sign_in(&stage, &buyer).await?;
    for (page, card, before) in [("/", "event-card", "sort"), ("/orders", "order", "menu")] {
        browser.visit(page).await?;
        let link = browser.see(card).await?.find(By::Tag("a")).await?;
        browser.see(before).await?.focus().await?;
        eventually("the link to have the focus", async || {
            browser.driver.active_element().await?.send_keys(Key::Tab).await?;
            Ok((browser.driver.active_element().await? == link).then_some(()))
        })
        .await?;
        let with = picture(&browser).await?;
        browser.driver.execute("document.activeElement.blur()", vec![]).await?;
        assert_ne!(picture(&browser).await?, with, "{page}");
    }
    browser.close().await?;
    stage.stop().await;
    Ok(())
}

async fn cover(browser: &Browser, path: &str) -> Result<String> {
    browser.visit(path).await?;
    let query = browser.driver.query(By::Css("svg[viewBox='0 0 640 360']"));
    Ok(query.first().await?.outer_html().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_has_one_picture_from_the_list_to_the_ticket() -> Result<()> {
    let stage = Stage::start().await?;
    let event = stage.register("Olga").await?.publish("Drawn", 3).await?;
    let buyer = stage.register("Bob").await?;
    let order: Order = buyer.book(event.id, 1).await?.parse()?;
    let browser = sign_in(&stage, &buyer).await?;
    let listed = cover(&browser, "/").await?;
    for path in [
        format!("/events/{}", event.id),
        format!("/events/{}/checkout?Floor=1", event.id),
        format!("/orders/{}/pay", order.id),
        format!("/orders/{}/result", order.id),
        "/orders".to_owned(),
    ] {
        assert_eq!(cover(&browser, &path).await?, listed, "{path}");
    }
    browser.close().await?;
    stage.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_in_one_tab_is_signed_out_in_the_others() -> Result<()> {
    let stage = Stage::start().await?;
    let buyer = stage.register("Bob").await?;
    let browser = sign_in(&stage, &buyer).await?;
    let first = browser.driver.window().await?;
    browser.visit("/orders").await?;
    browser.read("Bob").await?;
    let second = browser.driver.new_tab().await?;
    browser.driver.switch_to_window(second.clone()).await?;
    browser.visit("/account").await?;
    browser.click("account-sign-out").await?;
    browser.see("sign-in-link").await?;

    browser.driver.switch_to_window(first.clone()).await?;
    browser.see("sign-in-link").await?;
    assert!(!browser.text().await?.contains("Bob"), "the next person at this screen reads no name");

    // And in again, as someone else.
    let other = stage.register("Bea").await?;
    browser.visit("/sign-in").await?;
    browser.fill("email", &other.email).await?;
    browser.fill("password", e2e::PASSWORD).await?;
    browser.click("submit").await?;
    browser.see("search").await?;
    browser.driver.switch_to_window(second).await?;
    browser.read("Bea").await?;
    browser.close().await?;
    stage.stop().await;
    Ok(())
}

async fn change(organizer: &Person, event: &Event, changes: &Value) -> Result<()> {
    let mut body = json!({
        "title": event.title,
        "category": "concert",
        "venue": event.venue,
        "startsAt": event.starts_at,
        "endsAt": event.ends_at,
        "timeZone": event.time_zone,
        "ticketTypes": event.ticket_types,
        "status": "published",
    });
    for (name, value) in changes.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let request = organizer.request(Service::Event, Method::PUT, &format!("/api/events/{}", event.id));
    let answer = organizer.send(request.header("if-match", format!("\"{}\"", event.version)).json(&body)).await?;
    answer.parse::<Event>().map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organizer_who_was_overtaken_keeps_what_was_typed() -> Result<()> {
    let stage = Stage::start().await?;
    let organizer = stage.register("Olga").await?;
    let event = organizer.publish("Garden party", 5).await?;
    let browser = sign_in(&stage, &organizer).await?;
    browser.visit(&format!("/organize/{}/edit", event.id)).await?;
    browser.fill("title", "Grand garden party").await?;
    change(&organizer, &event, &json!({ "description": "Bring a hat." })).await?;

    browser.click("publish").await?;
    browser.see("conflict").await?;
    browser.click("reload-event").await?;
    browser.see("restored").await?;
    // Over a reload, too.
    browser.driver.refresh().await?;
    browser.see("restored").await?;
    let value = async |id| anyhow::Ok(browser.see(id).await?.prop("value").await?);
    assert_eq!(value("title").await?.as_deref(), Some("Grand garden party"));
    assert_eq!(value("description").await?.as_deref(), Some("Bring a hat."));
    browser.click("publish").await?;
    browser.at("/organize").await?;
    let saved = eventually("a saved event", async || {
        let path = format!("/api/events/{}", event.id);
        let now: Event = organizer.get(Service::Event, &path).await?.parse()?;
        Ok((now.version > event.version + 1).then_some(now))
    })
    .await?;
    assert_eq!((saved.title.as_str(), saved.description.as_str()), ("Grand garden party", "Bring a hat."));
    browser.close().await?;
    stage.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_left_empty_is_asked_for() -> Result<()> {
    let stage = Stage::start().await?;
    let browser = sign_in(&stage, &stage.register("Bob").await?).await?;
    browser.visit("/account").await?;
    browser.click("change-password").await?;
    browser.read("Enter your current password.").await?;
    browser.read("Enter your new password.").await?;
    browser.click("save-profile").await?;
    browser.read("That is your name already.").await?;
    browser.close().await?;
    stage.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_small_screen_there_is_one_way_to_book() -> Result<()> {
    let stage = Stage::start().await?;
    let event = stage.register("Olga").await?.publish("Pocket", 3).await?;
    let browser = Browser::open(&stage).await?;
    browser.driver.set_window_rect(0, 0, 600, 900).await?;
    browser.visit(&format!("/events/{}?Floor=1", event.id)).await?;
    browser.see("book-bar").await?;
    for button in browser.all("book").await? {
        assert!(!button.is_displayed().await?);
    }
    browser.close().await?;
    stage.stop().await;
    Ok(())
}
