//! Sessions across the services.

use std::sync::Arc;

use anyhow::Result;
use e2e::{Person, Stage};
use xtask::services::{Platform, Service};

/// Requests after the logout's answer, over all services and replicas.
const REQUESTS: usize = 10_000;
/// How many of them are on their way at the same time.
const AT_ONCE: usize = 40;

/// Where the `i`th request goes.
async fn knock(person: &Person, replicas: &[Platform], i: usize) -> Result<u16> {
    let answer = match i % (replicas.len() + 2) {
        0 => person.get(Service::Event, "/api/events/my/events?limit=1").await?,
        1 => person.get(Service::Payment, "/api/payment/history?limit=1").await?,
        n => {
            let person = person.clone().by_way_of(Service::Ticket, &replicas[n - 2]);
            person.get(Service::Ticket, "/api/tickets/orders?limit=1").await?
        }
    };
    Ok(answer.status)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_requests_after_a_logout_none_is_accepted() -> Result<()> {
    let stage = Stage::start().await?;
    let mut replicas = Vec::new();
    for _ in 0..3 {
        replicas.push(stage.replica(Service::Ticket).await?);
    }
    let replicas = Arc::new(replicas);
    let person = stage.register("Ada").await?;
    for i in 0..200 {
        assert_eq!(knock(&person, &replicas, i).await?, 200, "every replica remembers the session");
    }
    // Requests in flight all through the logout; each goes on until it is refused for the first time.
    let in_flight: Vec<_> = (0..20)
        .map(|i| {
            let (person, replicas) = (person.clone(), replicas.clone());
            tokio::spawn(async move { while knock(&person, &replicas, i).await.is_ok_and(|status| status == 200) {} })
        })
        .collect();
    assert_eq!(person.log_out().await?, 204);

    let after: Vec<_> = (0..AT_ONCE)
        .map(|first| {
            let (person, replicas) = (person.clone(), replicas.clone());
            tokio::spawn(async move {
                let mut accepted = 0;
                for i in (first..REQUESTS).step_by(AT_ONCE) {
                    accepted += usize::from(knock(&person, &replicas, i).await.is_ok_and(|status| status < 400));
                }
                accepted
            })
        })
        .collect();
    let mut accepted = 0;
    for task in after {
        accepted += task.await?;
    }
    assert_eq!(accepted, 0);
    for task in in_flight {
        task.await?;
    }
    for replica in replicas.iter() {
        replica.stop().await;
    }
    stage.stop().await;
    Ok(())
}
