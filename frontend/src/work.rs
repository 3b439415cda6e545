//! What a page asks of the services.
//!
//! Leptos has `Action` and `LocalResource` for this; each of their uses compiles the whole machinery anew for its own
//! types, which made a tenth of the WASM. Here it is compiled once, behind pointers.

use std::{future::Future, pin::Pin, rc::Rc};

use leptos::{prelude::*, task::spawn_local};

use crate::{api::ApiError, browser};

type Boxed<T> = Pin<Box<dyn Future<Output = T>>>;
type Ask<T> = Rc<dyn Fn() -> Boxed<Result<T, ApiError>>>;

/// Runs something beside the page.
pub fn aside(work: impl Future<Output = ()> + 'static) {
    fn spawn(work: Boxed<()>) {
        spawn_local(work);
    }
    spawn(Box::pin(work));
}

/// Runs at once, and again when what it reads changes.
pub fn effect(run: impl Fn() + 'static) {
    fn start(run: Box<dyn Fn()>) {
        Effect::new(run);
    }
    start(Box::new(run));
}

/// A value made of others, which tells of a change only if it is another one.
pub fn memo<T: PartialEq + Send + Sync + 'static>(make: impl Fn() -> T + Send + Sync + 'static) -> Memo<T> {
    fn start<T: PartialEq + Send + Sync + 'static>(make: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T> {
        Memo::new(move |_| make())
    }
    start(Box::new(make))
}

/// How long to wait before looking again, in milliseconds: at first, and at the most.
const SOON: i32 = 1_000;
const SELDOM: i32 = 10_000;

/// Looks again and again, less and less often, for as long as `open` says that something is still to come. Not while
/// nobody watches or the network is away; at once when that ends.
pub fn follow<F>(open: impl Fn() -> bool + Send + Sync + 'static, look: impl Fn() -> F + 'static)
where
    F: Future<Output = ()> + 'static,
{
    fn start(open: Memo<bool>, look: Rc<dyn Fn() -> Boxed<()>>) {
        let round = StoredValue::new(0_u32);
        effect(move || {
            round.update_value(|round| *round += 1);
            if open.get() {
                aside(watch(open, round, look.clone()));
            }
        });
    }
    start(memo(open), Rc::new(move || Box::pin(look())));
}

async fn watch(open: Memo<bool>, round: StoredValue<u32>, look: Rc<dyn Fn() -> Boxed<()>>) {
    let (mine, mut wait) = (round.get_value(), SOON);
    loop {
        browser::pause(wait).await;
        // The page may be gone by now.
        if open.try_get_untracked() != Some(true) || round.try_get_value() != Some(mine) {
            return;
        }
        if browser::is_looked_at() && browser::is_online() {
            look().await;
            wait = (wait + wait / 4).min(SELDOM);
        }
    }
}

/// Something that a button sets going: once at a time, however often it is pressed.
#[derive(Clone, Copy)]
pub struct Work {
    busy: RwSignal<bool>,
}

impl Work {
    /// Nothing is under way.
    pub fn new() -> Self {
        Self { busy: RwSignal::new(false) }
    }

    /// Whether it is under way.
    pub fn pending(self) -> Signal<bool> {
        self.busy.into()
    }

    /// Sets it going, unless it is under way.
    pub fn start(self, work: impl Future<Output = ()> + 'static) {
        if !self.busy.get_untracked() {
            self.busy.set(true);
            aside(async move {
                work.await;
                self.busy.set(false);
            });
        }
    }
}

/// What a service answered to a question of the page.
pub struct Remote<T: 'static> {
    answer: RwSignal<Option<Result<T, ApiError>>>,
    ask: StoredValue<Ask<T>, LocalStorage>,
    /// Which question is the latest: answers to earlier ones are dropped.
    round: StoredValue<u32>,
}

impl<T> Clone for Remote<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Remote<T> {}

impl<T: Clone + Send + Sync + 'static> Remote<T> {
    /// Asks about what has this id; without one there is no such thing.
    pub fn of<I, F, Fut>(id: Option<I>, ask: F) -> Self
    where
        I: Copy + 'static,
        F: Fn(I) -> Fut + 'static,
        Fut: Future<Output = Result<T, ApiError>> + 'static,
    {
        let remote = Self {
            answer: RwSignal::new(None),
            ask: StoredValue::new_local(Rc::new(move || match id {
                Some(id) => Box::pin(ask(id)),
                None => Box::pin(std::future::ready(Err(ApiError::not_found()))),
            })),
            round: StoredValue::new(0),
        };
        remote.refetch();
        remote
    }

    /// The latest answer, if there is one, and follows changes.
    pub fn get(self) -> Option<Result<T, ApiError>> {
        self.answer.get()
    }

    /// Whether the latest answer is such, and follows changes.
    pub fn is(self, such: impl Fn(&T) -> bool) -> bool {
        self.answer.with(|answer| matches!(answer, Some(Ok(value)) if such(value)))
    }

    /// Puts in what another answer told.
    pub fn set(self, value: T) {
        self.round.update_value(|round| *round += 1);
        self.answer.set(Some(Ok(value)));
    }

    /// Asks again; only a good answer changes what is known.
    pub async fn look(self) {
        let (Some(round), Some(ask)) = (self.round.try_get_value(), self.ask.try_get_value()) else { return };
        if let Ok(value) = ask().await
            && self.round.try_get_value() == Some(round)
        {
            self.answer.set(Some(Ok(value)));
        }
    }

    /// Asks again. What is known stays until the answer comes.
    pub fn refetch(self) {
        let (round, ask) = (self.round.get_value() + 1, self.ask.get_value());
        self.round.set_value(round);
        aside(async move {
            let answer = ask().await;
            if self.round.try_get_value() == Some(round) {
                self.answer.set(Some(answer));
            }
        });
    }

    /// Forgets the answer and asks again.
    pub fn retry(self) {
        self.answer.set(None);
        self.refetch();
    }
}
