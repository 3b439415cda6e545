//! A buyer's orders.

use shared::{OrderId, Page, ticket::Order};

use crate::{held, one, order_path, problem};

#[tokio::test]
async fn orders_come_newest_first_in_pages() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 50)]);
    let (ada, eve) = (world.buyer(&service), world.buyer(&service));
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(held(&ada, event, &[("Seat", 1)], 4500).await.id);
        held(&eve, event, &[("Seat", 1)], 4500).await;
    }
    made.reverse();
    let (mut seen, mut path) = (Vec::new(), "/api/tickets/orders?limit=2".to_owned());
    loop {
        let page: Page<Order> = ada.get(&path).await.parse();
        assert!(page.items.iter().all(|order| order.server_time == world.clock.now()));
        seen.extend(page.items.iter().map(|order| order.id));
        match page.next {
            Some(next) => path = format!("/api/tickets/orders?limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, made);
    assert_eq!(ada.get("/api/tickets/orders").await.parse::<Page<Order>>().items.len(), 5);
}

#[tokio::test]
async fn anothers_order_is_not_found() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let (ada, eve) = (world.buyer(&service), world.buyer(&service));
    let order = held(&ada, event, &[("Seat", 1)], 4500).await;
    for path in [order_path(order.id), order_path(OrderId::new()), "/api/tickets/orders/nonsense".into()] {
        assert_eq!(problem(&eve.get(&path).await), (404, "/problems/not-found"), "{path}");
        assert_eq!(problem(&eve.post_empty(&format!("{path}/cancel")).await), (404, "/problems/not-found"), "{path}");
    }
    assert_eq!(ada.get(&order_path(order.id)).await.status, 200);
    world.audit().await.balances_at(1);
}

#[tokio::test]
async fn a_list_is_asked_for_with_good_numbers_only() {
    let (world, service) = one().await;
    let ada = world.buyer(&service);
    for (query, field) in [("limit=0", "limit"), ("limit=101", "limit"), ("cursor=x", "?cursor"), ("page=2", "page")] {
        let answer = ada.get(&format!("/api/tickets/orders?{query}")).await;
        assert_eq!(answer.status, 422, "{query}");
        assert!(answer.bad_fields().iter().any(|bad| bad.contains(field)), "{query} {:?}", answer.bad_fields());
    }
}
