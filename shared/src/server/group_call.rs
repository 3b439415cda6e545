//! Asking a neighbour many things in one request: what is asked for while requests are under way is the next one. A request
//! costs both sides much the same for a hundred questions as for one.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::sync::{Semaphore, mpsc, oneshot};

use super::{
    Groups,
    trace::{BatchSpan, Origin},
};

/// How many questions wait for the next request.
const WAITING: usize = 4096;
/// How long a request waits for others to join it.
const GATHERING: Duration = Duration::from_millis(4);
/// How many requests may be under way side by side.
const AT_ONCE: usize = 2;

/// Asks questions `Q`, each of which is answered by an `A`. Clones share their requests.
#[derive(Debug)]
pub struct GroupCall<Q, A>(mpsc::Sender<Asked<Q, A>>);

impl<Q, A> Clone for GroupCall<Q, A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

#[derive(Debug)]
struct Asked<Q, A> {
    question: Q,
    reply: oneshot::Sender<A>,
    /// The request that it is asked for.
    origin: Origin,
}

impl<Q: Send + 'static, A: Send + 'static> GroupCall<Q, A> {
    /// Asks by `call`, at most so many questions at a time, until the last clone is dropped. `call` answers each question,
    /// in their order; `name` is that of its span.
    pub fn start<F, C>(name: &'static str, most: usize, call: F) -> Self
    where
        F: Fn(Vec<Q>) -> C + Send + Sync + 'static,
        C: Future<Output = Vec<A>> + Send + 'static,
    {
        let (asked, queue) = mpsc::channel(WAITING);
        tokio::spawn(work(name, Groups::new(queue, most, GATHERING), call));
        Self(asked)
    }

    /// The answer; `None` where nobody is there any more to ask or to answer.
    pub async fn ask(&self, question: Q) -> Option<A> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Asked { question, reply, origin: Origin::current() }).await.ok()?;
        answer.await.ok()
    }
}

async fn work<Q, A, F, C>(name: &'static str, mut groups: Groups<Asked<Q, A>>, call: F)
where
    Q: Send + 'static,
    A: Send + 'static,
    F: Fn(Vec<Q>) -> C + Send + Sync + 'static,
    C: Future<Output = Vec<A>> + Send + 'static,
{
    let (side_by_side, call) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(call));
    // Taken first: who comes while all are under way joins the next.
    while let Ok(permit) = side_by_side.clone().acquire_owned().await
        && let Some(mut group) = groups.next().await
    {
        // Who went away while waiting needs no answer.
        group.retain(|asked| !asked.reply.is_closed());
        if group.is_empty() {
            continue;
        }
        let call = call.clone();
        tokio::spawn(async move {
            let span = BatchSpan::start(name, group.iter().map(|asked| &asked.origin));
            let (questions, replies): (Vec<_>, Vec<_>) =
                group.into_iter().map(|asked| (asked.question, asked.reply)).unzip();
            let answers = span.around(call(questions)).await;
            drop(permit);
            for (reply, answer) in replies.into_iter().zip(answers) {
                // Who went away meanwhile asks again.
                let _ = reply.send(answer);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    };

    use futures::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    /// A neighbour that answers with what it was asked, once it is let.
    fn echo(requests: &Arc<Mutex<Vec<usize>>>, lets: &Arc<Notify>) -> GroupCall<usize, usize> {
        let (requests, lets) = (requests.clone(), lets.clone());
        GroupCall::start("echo", 64, move |questions: Vec<usize>| {
            requests.lock().expect("no panic").push(questions.len());
            let lets = lets.clone();
            async move {
                lets.notified().await;
                questions
            }
        })
    }

    #[tokio::test]
    async fn what_is_asked_while_requests_are_under_way_is_asked_together_and_each_gets_its_own_answer() {
        let (requests, lets) = (Arc::default(), Arc::default());
        let calls = echo(&requests, &lets);
        let asking: Vec<_> = (0..30)
            .map(|number| {
                let calls = calls.clone();
                tokio::spawn(async move { calls.ask(number).await })
            })
            .collect();
        let let_all = async {
            loop {
                lets.notify_one();
                tokio::task::yield_now().await;
            }
        };
        let answers = tokio::select! {
            answers = join_all(asking) => answers,
            () = let_all => unreachable!("it goes on for ever"),
        };
        for (number, answer) in answers.into_iter().enumerate() {
            assert_eq!(answer.expect("no panic"), Some(number));
        }
        let requests = requests.lock().expect("no panic").clone();
        assert_eq!(requests.iter().sum::<usize>(), 30);
        assert!(requests.len() < 10, "{requests:?}");
    }

    #[tokio::test]
    async fn a_call_that_panics_fails_its_own_questions_only() {
        let asked = Arc::new(AtomicUsize::new(0));
        let calls = {
            let asked = asked.clone();
            GroupCall::start("panics", 64, move |questions: Vec<usize>| {
                let first = asked.fetch_add(1, Ordering::SeqCst) == 0;
                async move {
                    assert!(!first, "by this test");
                    questions
                }
            })
        };
        assert_eq!(calls.ask(1).await, None);
        for number in 0..5 {
            assert_eq!(calls.ask(number).await, Some(number));
        }
    }
}
