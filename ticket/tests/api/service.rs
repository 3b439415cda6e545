//! What every service has: probes, documentation, and who may call when a neighbour is gone.

use shared::{
    auth::LOCAL_SESSION_COOKIE,
    testing::{TestClient, TestService, cuttable},
    ticket::Order,
};

use crate::{World, availability, book, held, one, order_path, problem};

#[tokio::test]
async fn the_probes_and_the_documentation_answer() {
    let (_world, service) = one().await;
    let client = service.client();
    assert_eq!(client.get("/health").await.body["service"], "ticket");
    assert_eq!(client.get("/ready").await.status, 200);
    let api = client.get("/openapi.json").await;
    let paths = api.body["paths"].as_object().expect("paths");
    for path in ["book", "orders", "orders/{id}", "orders/{id}/cancel", "orders/{id}/status", "event/{eventId}"] {
        assert!(paths.contains_key(&format!("/api/tickets/{path}")), "{path}");
    }
    assert_eq!(client.get("/docs/").await.status, 200);
}

async fn asked_by(caller: &TestClient, order: &Order) -> Vec<(u16, String)> {
    let path = order_path(order.id);
    let answers = [
        book(caller, order.event_id, &[("Seat", 1)], 4500).await,
        caller.get("/api/tickets/orders").await,
        caller.get(&path).await,
        caller.post_empty(&format!("{path}/cancel")).await,
    ];
    answers.iter().map(|answer| (answer.status, problem(answer).1.to_owned())).collect()
}

#[tokio::test]
async fn without_a_valid_session_one_is_asked_to_sign_in() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 1)], 4500).await;
    let forged = service.client().cookie(&format!("{LOCAL_SESSION_COOKIE}=forged"));
    world.auth.sign_everyone_out();
    for caller in [service.client(), forged, ada] {
        for answer in asked_by(&caller, &order).await {
            assert_eq!(answer, (401, "/problems/not-signed-in".to_owned()));
        }
    }
    availability(&service, event).await;
    world.audit().await.balances_at(1);
}

#[tokio::test]
async fn without_auth_nobody_is_let_in_and_nobody_is_called_signed_out() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    let service = world.replica().await;
    let ada = world.buyer(&service);
    let order = held(&ada, event, &[("Seat", 1)], 4500).await;
    let alone = world.with(&[("AUTH_SERVICE_URL", "http://127.0.0.1:9")]).await;
    for answer in asked_by(&ada.to(&alone), &order).await {
        assert_eq!(answer, (503, "/problems/unavailable".to_owned()));
    }
    availability(&alone, event).await;
}

#[tokio::test]
async fn without_a_database_requests_get_503_and_recover_by_themselves() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    availability(&world.replica().await, event).await;
    let (uri, link) = cuttable(&world.uri).await;
    let far: TestService = world.with(&[("MONGODB_URI", &uri), ("REQUEST_TIMEOUT_MS", "2800")]).await;
    let ada = world.buyer(&far);
    held(&ada, event, &[("Seat", 1)], 4500).await;

    link.cut();
    assert_eq!(problem(&book(&ada, event, &[("Seat", 1)], 4500).await), (503, "/problems/unavailable"));
    assert_eq!(far.client().get(&format!("/api/tickets/event/{event}")).await.status, 503);
    assert_eq!(far.client().get("/ready").await.status, 503);
    assert_eq!(far.client().get("/health").await.status, 200, "alive all the same");

    link.mend();
    while far.client().get("/ready").await.status != 200 {}
    while book(&ada, event, &[("Seat", 1)], 4500).await.status != 201 {}
    let audit = world.audit().await;
    assert!(audit.faults.is_empty(), "{:?}", audit.faults);
}

#[tokio::test]
async fn a_database_that_says_nothing_is_503_too_and_holds_nothing_up_for_good() {
    let world = World::new().await;
    let event = world.events.publish(&[("Seat", 4500, 50)]);
    availability(&world.replica().await, event).await;
    let (uri, link) = cuttable(&world.uri).await;
    let far = world.with(&[("MONGODB_URI", &uri), ("REQUEST_TIMEOUT_MS", "2800")]).await;
    let ada = world.buyer(&far);
    held(&ada, event, &[("Seat", 1)], 4500).await;

    link.silence();
    assert_eq!(problem(&book(&ada, event, &[("Seat", 1)], 4500).await), (503, "/problems/unavailable"));
    link.mend();
    while book(&ada, event, &[("Seat", 1)], 4500).await.status != 201 {}
    let audit = world.audit().await;
    assert!(audit.faults.is_empty(), "{:?}", audit.faults);
}

#[tokio::test]
async fn a_service_that_stops_has_finished_what_it_began() {
    let (world, service) = one().await;
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    held(&world.buyer(&service), event, &[("Seat", 1)], 4500).await;
    service.stop().await;
    world.audit().await.balances_at(1);
}
