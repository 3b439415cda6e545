//! What happens when a part is away.

use anyhow::Result;
use e2e::{Stage, eventually};
use shared::ticket::{Order, OrderStatus};
use xtask::services::Service;

#[tokio::test(flavor = "multi_thread")]
async fn while_auth_is_down_nobody_is_let_in_and_nobody_is_thrown_out() -> Result<()> {
    let stage = Stage::start().await?;
    let organizer = stage.register("Olga").await?;
    let event = organizer.publish("Outage", 5).await?;
    stage.platform.kill(Service::Auth).await;

    assert_eq!(organizer.get(Service::Event, "/api/events/my/events").await?.status, 503);
    assert_eq!(organizer.get(Service::Ticket, "/api/tickets/orders").await?.status, 503);
    assert_eq!(organizer.get(Service::Payment, "/api/payment/history").await?.status, 503);
    assert_eq!(organizer.book(event.id, 1).await?.status, 503);
    assert_eq!(organizer.get(Service::Event, "/api/events").await?.status, 200, "browsing goes on");
    assert_eq!(organizer.availability(event.id).await?.remaining, 5);

    stage.platform.start_one(Service::Auth).await?;
    assert_eq!(organizer.book(event.id, 1).await?.status, 201, "the session is still good");
    stage.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_go_on_while_event_is_down() -> Result<()> {
    let stage = Stage::start().await?;
    let event = stage.register("Olga").await?.publish("Known already", 5).await?;
    let buyer = stage.register("Bob").await?;
    assert_eq!(buyer.availability(event.id).await?.remaining, 5);
    stage.platform.kill(Service::Event).await;
    let order: Order = buyer.book(event.id, 2).await?.parse()?;
    assert!(buyer.pay_well(order.id).await?.success);
    assert_eq!(buyer.order(order.id).await?.status, OrderStatus::Confirmed);
    stage.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_event_sells_no_more() -> Result<()> {
    let stage = Stage::start().await?;
    let organizer = stage.register("Olga").await?;
    let event = organizer.publish("Rained off", 5).await?;
    let buyer = stage.register("Bob").await?;
    assert_eq!(buyer.book(event.id, 1).await?.status, 201);
    let path = format!("/api/events/{}", event.id);
    let cancel = organizer.request(Service::Event, reqwest::Method::DELETE, &path).header("x-requested-with", "test");
    assert_eq!(organizer.send(cancel).await?.status, 200);
    eventually("the end of sales", async || {
        let answer = buyer.book(event.id, 1).await?;
        Ok((answer.status == 409 && answer.body["type"] == "/problems/not-on-sale").then_some(()))
    })
    .await?;
    stage.stop().await;
    Ok(())
}
