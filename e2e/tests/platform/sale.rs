//! Selling, over HTTP through all four services.

use anyhow::Result;
use e2e::{Stage, eventually};
use shared::{
    Page,
    payment::{Payment, PaymentStatus},
    ticket::{Order, OrderStatus},
};
use xtask::services::Service;

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_buyers_twenty_get_the_twenty_seats() -> Result<()> {
    let stage = Stage::start().await?;
    let organizer = stage.register("Olga").await?;
    let event = organizer.publish("Twenty seats", 20).await?;
    let mut buyers = Vec::new();
    for _ in 0..10 {
        buyers.push(stage.register("Bob").await?);
    }
    let attempts: Vec<_> = (0..200)
        .map(|i| {
            let buyer = buyers[i % buyers.len()].clone();
            tokio::spawn(async move { buyer.book_patiently(event.id, 1).await.map(|answer| answer.status) })
        })
        .collect();
    let (mut held, mut sold_out) = (0, 0);
    for attempt in attempts {
        match attempt.await?? {
            201 => held += 1,
            409 => sold_out += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!((held, sold_out), (20, 180));
    assert_eq!(organizer.availability(event.id).await?.remaining, 0);
    stage.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_order_has_a_ticket_for_each_seat() -> Result<()> {
    let stage = Stage::start().await?;
    let event = stage.register("Olga").await?.publish("Three seats", 3).await?;
    let buyer = stage.register("Bob").await?;
    let order: Order = buyer.book(event.id, 3).await?.parse()?;
    assert_eq!(order.status, OrderStatus::Held);

    let declined = buyer.pay(order.id, "4000 0000 0000 0002").await?;
    assert_eq!((declined.status, declined.body["type"].as_str()), (402, Some("/problems/payment-declined")));
    assert_eq!(buyer.order(order.id).await?.status, OrderStatus::Held, "another card may be tried");

    let paid = buyer.pay_well(order.id).await?;
    assert!(paid.success);
    let order = buyer.order(order.id).await?;
    assert_eq!(
        (order.status, order.issued.len(), order.payment_id),
        (OrderStatus::Confirmed, 3, Some(paid.payment_id))
    );
    assert_eq!(buyer.pay(order.id, "4242 4242 4242 4242").await?.status, 409, "nobody pays twice");

    let stranger = stage.register("Eve").await?;
    assert_eq!(stranger.get(Service::Ticket, &format!("/api/tickets/orders/{}", order.id)).await?.status, 404);
    assert_eq!(stranger.get(Service::Payment, &format!("/api/payment/status/{}", order.id)).await?.status, 404);
    stage.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_survives_the_death_of_the_payment_service() -> Result<()> {
    let stage = Stage::start().await?;
    let event = stage.register("Olga").await?.publish("Crash", 50).await?;
    let buyer = stage.register("Bob").await?;
    let mut orders = Vec::new();
    for _ in 0..40 {
        orders.push(buyer.book(event.id, 1).await?.parse::<Order>()?);
    }
    let payments: Vec<_> = orders
        .iter()
        .map(|order| {
            let (buyer, id) = (buyer.clone(), order.id);
            // The answer is lost with the service; what counts is what becomes of the order.
            tokio::spawn(async move { drop(buyer.pay_well(id).await) })
        })
        .collect();
    eventually("a first confirmed order", async || {
        let page: Page<Order> = buyer.get(Service::Ticket, "/api/tickets/orders?limit=100").await?.parse()?;
        Ok(page.items.iter().any(|order| order.status == OrderStatus::Confirmed).then_some(()))
    })
    .await?;
    stage.platform.kill(Service::Payment).await;
    for payment in payments {
        payment.await?;
    }
    stage.platform.start_one(Service::Payment).await?;

    let mut confirmed = 0;
    for order in &orders {
        let (status, paid) = eventually("a settled order and payment", async || {
            let payment = buyer.get(Service::Payment, &format!("/api/payment/status/{}", order.id)).await?;
            let payment = if payment.status == 404 { None } else { Some(payment.parse::<Payment>()?.status) };
            let status = buyer.order(order.id).await?.status;
            let open = matches!(payment, Some(PaymentStatus::Pending | PaymentStatus::Processing));
            // Of an attempt that died with the service payment tells nothing before it has asked ticket again.
            let untold = payment.is_none() && status == OrderStatus::Confirmed;
            let settled = !open && !untold && status != OrderStatus::Paying;
            Ok(settled.then_some((status, payment == Some(PaymentStatus::Completed))))
        })
        .await?;
        assert_eq!(status == OrderStatus::Confirmed, paid, "money and tickets go together");
        confirmed += u64::from(paid);
    }
    assert!(confirmed >= 1);
    stage.stop().await;
    Ok(())
}
