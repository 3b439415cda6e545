//! An order's way through a payment, as payment asks for it.

use std::collections::HashSet;

use futures::future::{join, join_all};
use jiff::SignedDuration;
use serde_json::json;
use shared::{
    OrderId, PaymentId, TicketId, UserId,
    testing::TestService,
    ticket::{ChangedOrder, Moved, MovedOrders, Moves, Order, OrderStatus, Ticket},
};

use crate::{World, advance, held, one, order_path, problem, status_of};

fn codes(issued: &[Ticket]) -> Vec<(TicketId, &str)> {
    issued.iter().map(|ticket| (ticket.id, ticket.code.as_str())).collect()
}

pub async fn paid(service: &TestService, id: OrderId) -> Order {
    assert_eq!(advance(service, id, "paying", 1).await.status, 200);
    let confirmed = advance(service, id, "confirmed", 1).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.body);
    confirmed.parse()
}

#[tokio::test]
async fn confirming_issues_one_ticket_a_seat_however_often_it_is_asked() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Floor", 4500, 10), ("Box", 9000, 10)]);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Floor", 2), ("Box", 1)], 18_000).await;
    let payment = PaymentId::new();
    let ask = async |status: &str| {
        let asked = json!({ "status": status, "attempt": 1, "paymentId": payment, "userId": order.user_id });
        service.client().as_service().put(&format!("{}/status", order_path(order.id)), &asked).await
    };
    let paying: Order = ask("paying").await.parse();
    assert_eq!((paying.status, paying.attempt, paying.payment_id), (OrderStatus::Paying, 1, Some(payment)));
    assert!(paying.issued.is_empty());

    let answers = join_all((0..10).map(|_| ask("confirmed"))).await;
    let issued: Vec<_> = answers
        .iter()
        .map(|answer| {
            assert_eq!(answer.status, 200, "{}", answer.body);
            answer.parse::<Order>().issued
        })
        .collect();
    assert!(issued.windows(2).all(|pair| pair[0] == pair[1]));
    let types: Vec<&str> = issued[0].iter().map(|ticket| ticket.ticket_type_name.as_str()).collect();
    assert_eq!(types, ["Floor", "Floor", "Box"]);
    assert_eq!(issued[0].iter().map(|ticket| &ticket.code).collect::<HashSet<_>>().len(), 3);
    let shown: Order = ada.get(&order_path(order.id)).await.parse();
    assert_eq!((shown.status, shown.payment_id), (OrderStatus::Confirmed, Some(payment)));
    assert_eq!(codes(&shown.issued), codes(&issued[0]));
    world.audit().await.balances_at(3);
}

#[tokio::test]
async fn several_orders_go_their_arrows_at_once_and_each_for_itself() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 10)]);
    let ada = world.buyer(&service);
    let mut orders = Vec::new();
    for _ in 0..4 {
        orders.push(held(&ada, event, &[("Seat", 1)], 4500).await);
    }
    paid(&service, orders[1].id).await;
    let go = |order: OrderId, status: &str, user: Option<UserId>| json!({ "orderId": order, "transition": { "status": status, "attempt": 1, "userId": user } });
    let asked = [
        go(orders[0].id, "paying", Some(orders[0].user_id)),
        go(orders[1].id, "paying", None),
        go(OrderId::new(), "paying", None),
        go(orders[2].id, "paying", Some(UserId::new())),
        go(orders[3].id, "cancelled", None),
        // Said twice it is done once.
        go(orders[0].id, "paying", None),
        go(orders[1].id, "confirmed", None),
    ];
    let services = service.client().as_service();
    let answer = services.put("/api/tickets/orders/status", &json!({ "orders": asked })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let moved = answer.parse::<MovedOrders>().orders;
    let problem = |place: usize| match &moved[place] {
        Moved::Problem(problem) => (problem.status, problem.kind.as_str()),
        Moved::Order(_) => panic!("{place} has moved"),
    };
    for (place, order) in [(0, &orders[0]), (5, &orders[0]), (6, &orders[1])] {
        let expected = ChangedOrder {
            booking_reference: order.booking_reference.clone(),
            event_title: order.event.title.clone(),
            total_amount: order.total_amount,
        };
        assert_eq!(moved[place], Moved::Order(expected), "{place}");
    }
    assert_eq!(problem(1), (409, "/problems/wrong-state"));
    assert_eq!(problem(2), (404, "/problems/not-found"));
    assert_eq!(problem(3), (404, "/problems/not-found"));
    assert_eq!(problem(4), (422, "/problems/invalid-input"));
    let mut stand = Vec::new();
    for order in &orders {
        stand.push(status_of(&ada, order.id).await);
    }
    assert_eq!(stand, [OrderStatus::Paying, OrderStatus::Confirmed, OrderStatus::Held, OrderStatus::Held]);

    let stranger = ada.put("/api/tickets/orders/status", &json!({ "orders": asked })).await;
    assert_eq!(crate::problem(&stranger), (401, "/problems/not-a-service"));
    for bad in [json!([]), json!(vec![&asked[0]; Moves::MOST + 1]), json!([{ "orderId": orders[2].id }]), json!(null)] {
        assert_eq!(services.put("/api/tickets/orders/status", &json!({ "orders": bad })).await.status, 422, "{bad}");
    }
    // The longest ones that there are.
    let most: Vec<_> = (0..Moves::MOST)
        .map(|_| {
            let mut asked = go(OrderId::new(), "refunding", Some(UserId::new()));
            asked["transition"]["paymentId"] = json!(PaymentId::new());
            asked["transition"]["attempt"] = json!(u32::MAX);
            asked
        })
        .collect();
    let answer = services.put("/api/tickets/orders/status", &json!({ "orders": most })).await;
    assert_eq!((answer.status, answer.parse::<MovedOrders>().orders.len()), (200, Moves::MOST));
    world.audit().await.balances_at(4);
}

#[tokio::test]
async fn a_voided_attempt_returns_the_order_with_time_for_another() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 1)], 4500).await;
    assert_eq!(advance(&service, order.id, "paying", 1).await.status, 200);
    world.advance(3600);
    let voided: Order = advance(&service, order.id, "held", 1).await.parse();
    assert_eq!((voided.status, voided.attempt), (OrderStatus::Held, 1));
    assert_eq!(voided.expires_at, world.clock.now() + SignedDuration::from_mins(2));
    assert_eq!(advance(&service, order.id, "held", 1).await.status, 200, "said again");

    for (status, attempt) in [("paying", 1), ("confirmed", 1), ("paying", 3)] {
        let late = advance(&service, order.id, status, attempt).await;
        assert_eq!(problem(&late), (409, "/problems/wrong-state"), "{status} {attempt}");
        assert_eq!((&late.body["state"], &late.body["attempt"]), (&"held".into(), &1.into()));
    }
    assert_eq!(advance(&service, order.id, "paying", 2).await.status, 200);
    assert_eq!(advance(&service, order.id, "held", 1).await.status, 409, "of the attempt before");
    assert_eq!(advance(&service, order.id, "confirmed", 2).await.status, 200);
    world.audit().await.balances_at(1);
}

#[tokio::test]
async fn a_pay_that_comes_after_its_void_does_not_pin_the_order() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let order = held(&world.buyer(&service), event, &[("Seat", 1)], 4500).await;
    let spent: Order = advance(&service, order.id, "held", 1).await.parse();
    assert_eq!((spent.status, spent.attempt, spent.expires_at), (OrderStatus::Held, 1, order.expires_at));
    assert_eq!(advance(&service, order.id, "paying", 1).await.status, 409);
    assert_eq!(advance(&service, order.id, "paying", 2).await.status, 200);
}

#[tokio::test]
async fn refunded_orders_give_their_seats_back_once() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let ada = world.buyer(&service);
    let (kept, order) = (held(&ada, event, &[("Seat", 1)], 4500).await, held(&ada, event, &[("Seat", 2)], 9000).await);
    paid(&service, kept.id).await;
    paid(&service, order.id).await;
    assert_eq!(advance(&service, order.id, "refunded", 1).await.status, 409, "not asked for");
    assert_eq!(advance(&service, order.id, "refunding", 1).await.status, 200);
    world.audit().await.balances_at(3);
    let answers = join_all((0..8).map(|_| advance(&service, order.id, "refunded", 1))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    world.audit().await.balances_at(1);
    assert_eq!(status_of(&ada, order.id).await, OrderStatus::Refunded);
    assert_eq!(advance(&service, order.id, "confirmed", 1).await.status, 200, "it was confirmed; said again");
    assert_eq!(status_of(&ada, order.id).await, OrderStatus::Refunded);
}

#[tokio::test]
async fn anothers_order_and_an_unknown_one_are_not_found() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let order = held(&world.buyer(&service), event, &[("Seat", 1)], 4500).await;
    let asked = json!({ "status": "paying", "attempt": 1, "userId": UserId::new() });
    let payment = service.client().as_service();
    let answer = payment.put(&format!("{}/status", order_path(order.id)), &asked).await;
    assert_eq!(problem(&answer), (404, "/problems/not-found"));
    assert_eq!(advance(&service, OrderId::new(), "paying", 1).await.status, 404);
}

#[tokio::test]
async fn the_status_is_changed_by_services_only() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 1)], 4500).await;
    let (path, asked) = (format!("{}/status", order_path(order.id)), json!({ "status": "paying", "attempt": 1 }));
    for caller in [ada.clone(), service.client(), ada.with("authorization", "Bearer guess")] {
        assert_eq!(problem(&caller.put(&path, &asked).await), (401, "/problems/not-a-service"));
    }
    for status in ["expired", "cancelled", "sold"] {
        let answer = advance(&service, order.id, status, 1).await;
        assert_eq!((answer.status, answer.bad_fields()), (422, vec!["/status"]), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_either_cancelled_or_paid_when_both_are_asked_at_once() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 4500, 100)]);
    let (here, there) = (world.replica().await, world.replica().await);
    let ada = world.buyer(&here);
    let mut kept = 0;
    for _ in 0..20 {
        let order = held(&ada, event, &[("Seat", 1)], 4500).await;
        let path = format!("{}/cancel", order_path(order.id));
        let (cancelled, paying) = join(ada.post_empty(&path), advance(&there, order.id, "paying", 1)).await;
        let status = status_of(&ada, order.id).await;
        match (cancelled.status, paying.status) {
            (200, 409) => assert_eq!(status, OrderStatus::Cancelled),
            (409, 200) => {
                assert_eq!(status, OrderStatus::Paying);
                kept += 1;
            }
            both => panic!("{both:?}"),
        }
    }
    world.audit().await.balances_at(kept);
}
