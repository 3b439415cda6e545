//! What a page asks of the services.
//!
//! Leptos has `Action` and `LocalResource` for this; each of their uses compiles the whole machinery anew for its own
//! types, which made a tenth of the WASM. Here it is compiled once, behind pointers.

use std::{future::Future, pin::Pin, rc::Rc};

use leptos::{prelude::*, task::spawn_local};

use crate::api::ApiError;

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
