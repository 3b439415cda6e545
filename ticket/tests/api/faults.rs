//! MongoDB's own fail points: answers that are lost, and commits of which nobody knows whether they took place.

use bson::{Document, doc};
use mongodb::Database;
use shared::{EventId, server::mongo, testing::TestService, ticket::Order};
use tokio::sync::{Mutex, MutexGuard};

use crate::{World, availability, book, problem, request};

/// A server has one `failCommand` at a time.
static ONE: Mutex<()> = Mutex::const_new(());

/// Lets commands of one test's service fail.
struct Faults {
    admin: Database,
    app: String,
    _one: MutexGuard<'static, ()>,
}

impl Faults {
    /// A world whose service can be made to fail; `None` where the server has no fail points.
    async fn world() -> Option<(World, Self)> {
        let one = ONE.lock().await;
        let mut world = World::new().await;
        let app = world.uri.split(['/', '?']).nth(3).expect("a database name").to_owned();
        world.uri = format!("{}&appName={app}", world.uri);
        let admin = mongo::connect(&world.uri, "test").await.expect("a database").client().database("admin");
        let faults = Self { admin, app, _one: one };
        match faults.configure(doc! { "mode": "off" }).await {
            Ok(_) => Some((world, faults)),
            Err(error) => {
                #[expect(clippy::print_stdout, reason = "why the test proves nothing here")]
                {
                    println!(
                        "skipped: the server has no fail points ({error}); `cargo xtask test` starts one that has"
                    );
                }
                None
            }
        }
    }

    async fn configure(&self, point: Document) -> Result<Document, mongodb::error::Error> {
        let mut command = doc! { "configureFailPoint": "failCommand" };
        command.extend(point);
        self.admin.run_command(command).await
    }

    /// Lets `command` of the service fail in this way, so many times or until it is turned off.
    async fn fail(&self, command: &str, times: Option<i32>, how: Document) {
        let mut data = doc! { "failCommands": [command], "appName": &self.app };
        data.extend(how);
        let mode = times.map_or(doc! { "mode": "alwaysOn" }, |times| doc! { "mode": { "times": times } });
        self.configure(doc! { "data": data }.into_iter().chain(mode).collect()).await.expect("configured");
    }

    async fn off(&self) {
        self.configure(doc! { "mode": "off" }).await.expect("configured");
    }
}

/// The connection is closed before the command is done.
fn refused() -> Document {
    doc! { "closeConnection": true }
}

/// The command is done, and the answer says that this is not certain.
fn doubtful() -> Document {
    doc! { "writeConcernError": { "code": 64, "codeName": "WriteConcernFailed", "errmsg": "by a test" } }
}

/// An event that the service knows.
async fn known(world: &World, service: &TestService) -> EventId {
    let event = world.events.publish(&[("Seat", 4500, 5)]);
    availability(service, event).await;
    event
}

#[tokio::test]
async fn a_commit_without_an_answer_is_asked_for_again() {
    let Some((world, faults)) = Faults::world().await else { return };
    let service = world.replica().await;
    let ada = world.buyer(&service);
    for how in [refused(), doubtful()] {
        let event = known(&world, &service).await;
        faults.fail("commitTransaction", Some(3), how).await;
        let answer = book(&ada, event, &[("Seat", 1)], 4500).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    faults.off().await;
    world.audit().await.balances_at(2);
}

/// Whether it took place or not: who asks again under the same key gets one order, and its seats are taken once.
#[tokio::test]
async fn a_booking_whose_commit_stays_unknown_is_503_and_made_once_when_asked_again() {
    let Some((world, faults)) = Faults::world().await else { return };
    let service = world.replica().await;
    let mut orders = 0;
    for how in [refused(), doubtful()] {
        let ada = world.buyer(&service).with("idempotency-key", "one");
        let event = known(&world, &service).await;
        let body = request(event, &[("Seat", 1)], 4500);
        faults.fail("commitTransaction", None, how.clone()).await;
        let unknown = ada.post("/api/tickets/book", &body).await;
        assert_eq!(problem(&unknown), (503, "/problems/unavailable"), "{how}");
        assert!(unknown.headers.contains_key("retry-after"));
        faults.off().await;
        let mut made = Vec::new();
        for _ in 0..3 {
            let answer = ada.post("/api/tickets/book", &body).await;
            assert_eq!(answer.status, 201, "{}", answer.body);
            made.push(answer.parse::<Order>().id);
        }
        assert!(made.iter().all(|id| *id == made[0]));
        orders += 1;
        let audit = world.audit().await;
        assert_eq!(audit.orders, orders);
        audit.balances_at(i64::try_from(orders).expect("few"));
    }
}

#[tokio::test]
async fn a_write_that_conflicts_is_decided_again() {
    let Some((world, faults)) = Faults::world().await else { return };
    let service = world.replica().await;
    let ada = world.buyer(&service);
    for command in ["update", "insert"] {
        let event = known(&world, &service).await;
        let conflict = doc! { "errorCode": 112, "errorLabels": ["TransientTransactionError"] };
        faults.fail(command, Some(2), conflict).await;
        let answer = book(&ada, event, &[("Seat", 1)], 4500).await;
        assert_eq!(answer.status, 201, "{command}: {}", answer.body);
    }
    faults.off().await;
    world.audit().await.balances_at(2);
}
