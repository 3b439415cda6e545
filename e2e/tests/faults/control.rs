//! The negative control: what finds that all is right must find it wrong where it is wrong.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bson::{Document, doc};
use e2e::mongodb_uri;
use mongodb::{Collection, Database};
use tokio::time::sleep;
use xtask::services::Service;

use crate::{
    load::{Act, Load, record::Told, show::Kind},
    seed::choices,
    settled::{HALF_A_MINUTE, lawful_altogether, settled},
    world::World,
};

/// How many people buy at the same time.
const BUYERS: usize = 8;
/// How long something broken is given to become right by itself: it must not.
const A_MOMENT: Duration = Duration::from_secs(1);

/// Something that is made wrong behind everybody's back.
struct Wrong {
    what: &'static str,
    database: fn(&World) -> &Database,
    collection: &'static str,
    /// Which document.
    which: Document,
    /// How it is changed; taken away where there is nothing.
    change: Option<Document>,
    /// What must be found then.
    finding: &'static str,
    /// Whose own audit must find it, too.
    audit: Option<Service>,
}

fn wrongs(act: &Act) -> Vec<Wrong> {
    let ticket: fn(&World) -> &Database = |world| &world.databases.ticket;
    let payment: fn(&World) -> &Database = |world| &world.databases.payment;
    let paid = { act.record.told().paid.keys().copied().collect::<Vec<_>>() };
    let confirmed = doc! { "_id": { "$in": paid }, "status": "confirmed", "totalAmount.amount": { "$gt": 0 } };
    let charge = doc! { "status": "succeeded", "refunded": null };
    let wrong = |what, database, collection, which: &Document, change: Option<Document>, finding, audit| Wrong {
        what,
        database,
        collection,
        which: which.clone(),
        change,
        finding,
        audit,
    };
    let (tickets, payments) = (Some(Service::Ticket), Some(Service::Payment));
    let more = doc! { "$inc": { "types.0.taken": 1 } };
    let fewer = doc! { "$pop": { "issued": 1 } };
    let paying = doc! { "$set": { "status": "paying", "issued": [] } };
    let another = doc! { "$set": { "paymentId": null } };
    let crowd = doc! { "$set": { "tickets.0.quantity": 1_000_000 } };
    let back = doc! { "$set": { "refunded": { "amount": 1, "currency": "USD" } } };
    let cheaper = doc! { "$inc": { "amount.amount": -1 } };
    let voided = doc! { "$set": { "state": "voided" } };
    // Of an event where no hold can lapse meanwhile, which would put the counter right or be lost.
    let free = act.record.told().shows.values().find(|show| show.kind == Kind::Free).map(|show| show.id);
    let free = doc! { "_id": free, "types.0.taken": { "$gt": 0 } };
    let completed = doc! { "state": "completed" };
    vec![
        wrong("a seat too many", ticket, "inventory", &free, Some(more), "counted as taken", tickets),
        wrong("a ticket is missing", ticket, "orders", &confirmed, Some(fewer), "for seats", tickets),
        wrong(
            "an order is lost",
            ticket,
            "orders",
            &confirmed,
            None,
            "was told to its buyer and is not there",
            tickets,
        ),
        wrong("an order pays for ever", ticket, "orders", &confirmed, Some(paying), "is still paying", None),
        wrong("another's payment", ticket, "orders", &confirmed, Some(another), "was told to be paid", None),
        wrong("more seats than there are", ticket, "orders", &confirmed, Some(crowd), "above the capacity", tickets),
        wrong("a charge is lost", payment, "provider_intents", &charge, None, "has no charge", payments),
        wrong("a part was given back", payment, "provider_intents", &charge, Some(back), "was kept", payments),
        wrong("another amount", payment, "provider_intents", &charge, Some(cheaper), "its amount is", payments),
        wrong("a payment is forgotten", payment, "payments", &completed, Some(voided), "its order", payments),
        wrong("a payment is open", payment, "payments", &completed, Some(open()), "is still captured", None),
    ]
}

/// Far away, so that the resolver leaves it alone.
fn open() -> Document {
    doc! { "$set": { "state": "captured", "nextAttemptAt": bson::DateTime::MAX } }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_wrong_behind_everybodys_back_is_found() -> Result<()> {
    let world = World::start(&mongodb_uri()?, BUYERS, async |_| Ok(())).await?;
    let load = Load::start(&world, false, &mut choices("control")).await?;
    while load.act().count("paid") < 20 {
        sleep(Duration::from_millis(50)).await;
    }
    let shows = load.act().record.told().shows.clone();
    let free = shows.into_values().find(|show| show.kind == Kind::Free).context("a free event")?;
    load.prober().book(free).await.context("a free ticket")?;
    let act = load.stop().await?;
    settled(&world, &act, Instant::now(), HALF_A_MINUTE).await.context("before anything was made wrong")?;
    for wrong in wrongs(&act) {
        make(&world, &act, &wrong).await.with_context(|| wrong.what)?;
    }
    charge_nobody(&world, &act).await?;
    untrue_answers(&world, &act).await?;
    settled(&world, &act, Instant::now(), HALF_A_MINUTE).await.context("after all was made good again")?;
    lawful_altogether(&world, std::slice::from_ref(&act)).await?;
    world.stage.stop().await;
    Ok(())
}

async fn make(world: &World, act: &Act, wrong: &Wrong) -> Result<()> {
    let collection: Collection<Document> = (wrong.database)(world).collection(wrong.collection);
    let before = collection.find_one(wrong.which.clone()).await?.context("there is no such document")?;
    let it = doc! { "_id": before.get("_id").context("no id")?.clone() };
    match &wrong.change {
        Some(change) => ensure!(collection.update_one(it.clone(), change.clone()).await?.modified_count == 1),
        None => ensure!(collection.delete_one(it.clone()).await?.deleted_count == 1),
    }
    let audits = match wrong.audit {
        Some(service) => world.audit(service).await?.is_some(),
        None => true,
    };
    let outcome = settled(world, act, Instant::now(), A_MOMENT).await;
    // Nobody else has written it meanwhile: nothing happens by itself to what is chosen here.
    collection.replace_one(it, before).upsert(true).await?;
    let error = outcome.err().context("it was not found")?.to_string();
    ensure!(error.contains(wrong.finding), "it was not found, but: {error}");
    ensure!(audits, "the service's own audit has not found it");
    Ok(())
}

/// Charges that belong to nobody, and one order that is charged twice.
async fn charge_nobody(world: &World, act: &Act) -> Result<()> {
    let intents: Collection<Document> = world.databases.payment.collection("provider_intents");
    let charge = intents.find_one(doc! { "status": "succeeded", "refunded": null }).await?.context("a charge")?;
    let order = charge.get_str("_id")?.trim_start_matches("sim_").split(':').next().unwrap_or_default().to_owned();
    for (id, finding) in [
        (format!("sim_{}:1", uuid::Uuid::now_v7()), "belongs to no order"),
        (format!("sim_{order}:9"), "charged 2 times"),
    ] {
        let mut another = charge.clone();
        another.insert("_id", &id);
        intents.insert_one(another).await?;
        let outcome = lawful_altogether(world, std::slice::from_ref(act)).await;
        let audits = world.audit(Service::Payment).await?.is_some();
        intents.delete_one(doc! { "_id": &id }).await?;
        let error = outcome.err().with_context(|| format!("not found: {finding}"))?.to_string();
        ensure!(error.contains(finding) && audits, "{error}");
    }
    Ok(())
}

/// A change of what people were told.
type Deed<'a> = &'a dyn Fn(&mut Told);

/// Answers that the books do not bear out.
async fn untrue_answers(world: &World, act: &Act) -> Result<()> {
    let (order, payment) = {
        let told = act.record.told();
        let (order, payment) = told.paid.iter().find(|(order, _)| !told.given_up.contains(*order)).context("paid")?;
        (*order, *payment)
    };
    let lies: [(&str, Deed, Deed); 3] = [
        ("was told not to be charged", &|told| told.not_charged.extend([payment]), &|told| {
            told.not_charged.retain(|id| *id != payment);
        }),
        ("was told to be cancelled", &|told| told.cancelled.extend([order]), &|told| {
            told.cancelled.retain(|id| *id != order);
        }),
        ("nobody should get", &|told| told.wrong.push("500".to_owned()), &|told| told.wrong.clear()),
    ];
    for (finding, lie, take_back) in lies {
        lie(&mut act.record.told());
        let outcome = settled(world, act, Instant::now(), A_MOMENT).await;
        take_back(&mut act.record.told());
        let error = outcome.err().with_context(|| format!("not found: {finding}"))?.to_string();
        ensure!(error.contains(finding), "{error}");
    }
    Ok(())
}
