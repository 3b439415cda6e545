//! How many tickets one buyer may have.

use futures::future::join_all;
use shared::ticket::OrderStatus;

use crate::{World, availability, book, eventually, held, one, order_path, problem, request};

#[tokio::test]
async fn one_buyer_has_no_more_tickets_than_the_event_allows() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 50), ("Box", 4500, 50)]);
    world.events.change(event, |e| e.max_per_buyer = Some(4));
    assert_eq!(availability(&service, event).await.max_per_buyer, Some(4));
    let (ada, eve) = (world.buyer(&service), world.buyer(&service));
    let order = held(&ada, event, &[("Seat", 2)], 9000).await;
    held(&ada, event, &[("Box", 1)], 4500).await;
    let refused = book(&ada, event, &[("Seat", 2)], 9000).await;
    assert_eq!(problem(&refused), (409, "/problems/buyer-limit"));
    assert_eq!((&refused.body["maxPerBuyer"], &refused.body["had"]), (&4.into(), &3.into()));
    held(&eve, event, &[("Seat", 4)], 18_000).await;

    // What is given back counts no more.
    assert_eq!(ada.post_empty(&format!("{}/cancel", order_path(order.id))).await.status, 200);
    held(&ada, event, &[("Seat", 3)], 13_500).await;
    assert_eq!(problem(&book(&ada, event, &[("Seat", 1)], 4500).await), (409, "/problems/buyer-limit"));
    // Nor do tickets to another event.
    held(&ada, world.events.publish(&[("Seat", 4500, 50)]), &[("Seat", 5)], 22_500).await;
    world.audit().await.balances_at(13);
}

#[tokio::test]
async fn a_limit_that_is_set_later_revokes_nothing() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 50)]);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 5)], 22_500).await;
    world.events.change(event, |e| e.max_per_buyer = Some(3));
    eventually("the limit is known", async || availability(&service, event).await.max_per_buyer == Some(3)).await;
    let refused = book(&ada, event, &[("Seat", 1)], 4500).await;
    assert_eq!((problem(&refused).1, &refused.body["had"]), ("/problems/buyer-limit", &5.into()));
    assert_eq!(crate::status_of(&ada, order.id).await, OrderStatus::Held);
}

/// Many carts of one buyer at once, in one batch and on several replicas.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_holds_when_one_buyer_books_everywhere_at_once() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 4500, 500)]);
    world.events.change(event, |e| e.max_per_buyer = Some(7));
    let replicas = [world.replica().await, world.replica().await, world.replica().await];
    availability(&replicas[0], event).await;
    let buyers: Vec<_> = (0..6).map(|_| world.buyer(&replicas[0])).collect();
    let carts = buyers.iter().flat_map(|buyer| {
        (0..24).map(|n| {
            let (buyer, quantity) = (buyer.clone().to(&replicas[n % 3]), 1 + u32::from(n % 2 == 0));
            async move {
                loop {
                    let body = request(event, &[("Seat", quantity)], 4500 * i64::from(quantity));
                    let answer = buyer.post("/api/tickets/book", &body).await;
                    match (answer.status, problem(&answer).1) {
                        (201, _) => return quantity,
                        (409, "/problems/buyer-limit") => return 0,
                        (503, _) => {}
                        other => panic!("{other:?}"),
                    }
                }
            }
        })
    });
    let held: Vec<u32> = join_all(carts).await;
    for of_one in held.chunks(24) {
        // One ticket each was asked for often enough to come to the limit exactly.
        assert_eq!(of_one.iter().sum::<u32>(), 7);
    }
    world.audit().await.balances_at(42);
}
