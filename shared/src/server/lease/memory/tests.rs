use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::{Notify, Semaphore};

use super::*;
use crate::{UserId, auth::Role};

fn verified(session: &str) -> Verified {
    let user = User {
        id: UserId::new(),
        email: "ada@example.com".into(),
        first_name: "Ada".into(),
        last_name: "Lovelace".into(),
        role: Role::User,
    };
    Verified { valid: true, user, session: session.into() }
}

fn leased() -> Arc<Memory> {
    let memory = Arc::new(Memory::default());
    memory.renew(Instant::now() + Duration::from_hours(1), true, &[]);
    memory
}

/// Counts the questions, and answers each as told.
#[derive(Clone, Default)]
struct Auth {
    asked: Arc<AtomicUsize>,
}

impl Auth {
    fn answering(&self, answer: Answer) -> impl Fn(String) -> BoxFuture<'static, Answer> + use<> {
        let asked = self.asked.clone();
        move |_| {
            asked.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            async move { answer }.boxed()
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn without_a_lease_every_request_asks() {
    let (memory, auth) = (Arc::new(Memory::default()), Auth::default());
    for _ in 0..3 {
        let user = memory.recall("cookie", auth.answering(Ok(Some(verified("s"))))).await.expect("an answer");
        assert!(user.is_some());
    }
    assert_eq!(auth.asked(), 3);
}

#[tokio::test]
async fn with_a_lease_one_question_serves_many_requests() {
    let (memory, auth) = (leased(), Auth::default());
    for _ in 0..3 {
        memory.recall("cookie", auth.answering(Ok(Some(verified("s"))))).await.expect("an answer");
    }
    assert_eq!(auth.asked(), 1);
}

#[tokio::test]
async fn a_thousand_requests_at_once_ask_once() {
    let (memory, auth, gate) = (leased(), Auth::default(), Arc::new(Semaphore::new(0)));
    let requests: Vec<_> = (0..1000)
        .map(|_| {
            let (memory, asked, gate) = (memory.clone(), auth.asked.clone(), gate.clone());
            tokio::spawn(async move {
                let ask = move |_| {
                    asked.fetch_add(1, Ordering::SeqCst);
                    let gate = gate.clone();
                    async move {
                        drop(gate.acquire().await);
                        Ok(Some(verified("s")))
                    }
                };
                memory.recall("cookie", ask).await
            })
        })
        .collect();
    // All of them have begun to wait before the answer comes: the runtime has one thread.
    tokio::task::yield_now().await;
    gate.add_permits(1);
    for request in requests {
        assert!(request.await.expect("no panic").expect("an answer").is_some());
    }
    assert_eq!(auth.asked(), 1);
}

#[tokio::test]
async fn a_question_ends_and_is_remembered_though_who_asked_went_away() {
    let (memory, auth, gate) = (leased(), Auth::default(), Arc::new(Semaphore::new(0)));
    let asker = {
        let (memory, gate) = (memory.clone(), gate.clone());
        tokio::spawn(async move {
            let ask = move |_| {
                let gate = gate.clone();
                async move {
                    drop(gate.acquire().await);
                    Ok(Some(verified("s")))
                }
            };
            memory.recall("cookie", ask).await
        })
    };
    tokio::task::yield_now().await;
    asker.abort();
    assert!(asker.await.expect_err("aborted").is_cancelled());
    gate.add_permits(1);
    while !memory.lock().flights.is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(memory.recall("cookie", auth.answering(Ok(None))).await.expect("an answer").is_some());
    assert_eq!(auth.asked(), 0);
}

#[tokio::test]
async fn a_question_that_panics_is_asked_again() {
    let (memory, auth) = (leased(), Auth::default());
    let failed = memory.recall("cookie", |_| async { panic!("on purpose") }).await;
    assert!(failed.is_err());
    assert!(memory.recall("cookie", auth.answering(Ok(Some(verified("s"))))).await.expect("an answer").is_some());
}

#[tokio::test]
async fn no_and_errors_are_not_remembered() {
    let (memory, auth) = (leased(), Auth::default());
    assert_eq!(memory.recall("cookie", auth.answering(Ok(None))).await.expect("an answer"), None);
    let failed = Err(Problem::new(crate::ProblemType::Unavailable));
    assert!(memory.recall("cookie", auth.answering(failed)).await.is_err());
    assert!(memory.recall("cookie", auth.answering(Ok(Some(verified("s"))))).await.expect("an answer").is_some());
    assert_eq!(auth.asked(), 3);
}

#[tokio::test]
async fn a_revoked_session_is_forgotten_and_others_are_not() {
    let (memory, auth) = (leased(), Auth::default());
    memory.recall("mine", auth.answering(Ok(Some(verified("mine"))))).await.expect("an answer");
    memory.recall("other", auth.answering(Ok(Some(verified("other"))))).await.expect("an answer");
    let until = Instant::now() + Duration::from_hours(1);
    memory.renew(until, false, &[Revoked::Session("mine".into())]);
    assert_eq!(memory.recall("mine", auth.answering(Ok(None))).await.expect("an answer"), None);
    assert!(memory.recall("other", auth.answering(Ok(None))).await.expect("an answer").is_some());
}

#[tokio::test]
async fn a_revoked_user_is_forgotten() {
    let (memory, auth, ada) = (leased(), Auth::default(), verified("s"));
    memory.recall("cookie", auth.answering(Ok(Some(ada.clone())))).await.expect("an answer");
    memory.renew(Instant::now() + Duration::from_hours(1), false, &[Revoked::User(ada.user.id)]);
    assert_eq!(memory.recall("cookie", auth.answering(Ok(None))).await.expect("an answer"), None);
}

#[tokio::test]
async fn an_answer_that_a_revocation_overtakes_is_thrown_away() {
    let (memory, asked, answer) = (leased(), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let request = {
        let (memory, asked, answer) = (memory.clone(), asked.clone(), answer.clone());
        tokio::spawn(async move {
            let first = AtomicUsize::new(0);
            let ask = move |_| {
                let (asked, answer) = (asked.clone(), answer.clone());
                let is_first = first.fetch_add(1, Ordering::SeqCst) == 0;
                async move {
                    if !is_first {
                        return Ok(None);
                    }
                    asked.notify_one();
                    answer.notified().await;
                    Ok(Some(verified("mine")))
                }
            };
            memory.recall("mine", ask).await
        })
    };
    asked.notified().await;
    memory.renew(Instant::now() + Duration::from_hours(1), false, &[Revoked::Session("mine".into())]);
    answer.notify_one();
    assert_eq!(request.await.expect("no panic").expect("an answer"), None);
}

#[tokio::test]
async fn a_lost_lease_empties_the_memory() {
    let (memory, auth) = (leased(), Auth::default());
    memory.recall("cookie", auth.answering(Ok(Some(verified("s"))))).await.expect("an answer");
    memory.give_up();
    memory.renew(Instant::now() + Duration::from_hours(1), true, &[]);
    memory.recall("cookie", auth.answering(Ok(Some(verified("s"))))).await.expect("an answer");
    memory.renew(Instant::now(), false, &[]);
    memory.recall("cookie", auth.answering(Ok(Some(verified("s"))))).await.expect("an answer");
    assert_eq!(auth.asked(), 3);
}
