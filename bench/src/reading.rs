//! What most visitors do: read. And signing in.

use std::sync::Arc;

use anyhow::Result;
use hyper::HeaderMap;
use shared::auth::Login;

use crate::{
    ceiling::Ceiling,
    client::{Answer, Call, Connection, Fault},
    figure::Figure,
    load::{self, Actor},
    meter::Meter,
    plan::{READERS, SIGNING_IN, Window},
    stage::{PASSWORD, Stage, fine},
};

/// What is read by everyone, with its name in the report and the service that answers.
pub struct Read {
    /// Such as `list`.
    pub name: &'static str,
    service: &'static str,
    calls: Arc<[Call]>,
}

/// The reads that have a ceiling: the first page of events, one event, what is left of one event.
pub fn all(stage: &Stage) -> Result<[Read; 3]> {
    let each = |path: &str| -> Result<Arc<[Call]>> {
        stage.events.iter().map(|event| Call::get(&format!("{path}/{event}"))).collect()
    };
    Ok([
        Read { name: "list", service: "event", calls: [Call::get("/api/events")?].into() },
        Read { name: "detail", service: "event", calls: each("/api/events")? },
        Read { name: "availability", service: "ticket", calls: each("/api/tickets/event")? },
    ])
}

struct Reader {
    connection: Connection,
    calls: Arc<[Call]>,
    next: usize,
}

impl Actor for Reader {
    async fn act(&mut self) -> Result<(), Fault> {
        self.next = (self.next + 1) % self.calls.len();
        self.connection.send(&self.calls[self.next]).await.and_then(Answer::well).map(drop)
    }
}

async fn drive(
    connection: impl Fn(usize) -> Result<Connection>,
    calls: &Arc<[Call]>,
    readers: usize,
    window: Window,
    meter: &Meter,
) -> Result<Figure> {
    // Each begins elsewhere, as visitors do.
    let reader = |number| Ok(Reader { connection: connection(number)?, calls: calls.clone(), next: number * 7 });
    load::drive((0..readers).map(reader).collect::<Result<_>>()?, window, meter).await
}

impl Read {
    /// How large an answer is.
    pub async fn size(&self, stage: &Stage) -> Result<usize> {
        Ok(fine(stage.stranger(self.service)?.send(&self.calls[0]).await)?.body.len())
    }

    /// Reads from the service.
    pub async fn run(&self, stage: &Stage, meter: &Meter, window: Window) -> Result<Figure> {
        drive(|_| stage.stranger(self.service), &self.calls, READERS, window, meter).await
    }
}

/// Reads the body with this index from the process that does nothing.
pub async fn ceiling(ceiling: &Ceiling, index: usize, meter: &Meter, window: Window) -> Result<Figure> {
    let calls = [Call::get(&format!("/{index}"))?].into();
    drive(|_| Connection::new(ceiling.address, &HeaderMap::new()), &calls, READERS, window, meter).await
}

/// Everyone asks who they are.
pub async fn me(stage: &Stage, meter: &Meter, window: Window) -> Result<Figure> {
    let calls = [Call::get("/api/auth/me")?].into();
    drive(|number| stage.connection(number, "auth"), &calls, READERS, window, meter).await
}

/// Signs in over and over.
pub async fn login(stage: &Stage, meter: &Meter, window: Window) -> Result<Figure> {
    let call = |number| {
        let form = Login { email: stage.person(number).email.clone(), password: PASSWORD.to_owned() };
        Call::post("/api/auth/login", &form)
    };
    let calls: Vec<Call> = (0..SIGNING_IN).map(call).collect::<Result<_>>()?;
    drive(|_| stage.stranger("auth"), &calls.into(), SIGNING_IN, window, meter).await
}
