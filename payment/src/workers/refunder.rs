//! Gives money back: pulls the orders in `refunding` from ticket, and has their payments refunded.
//!
//! The list at ticket is the list of things to do; what has begun goes on in the payment's own state, by the resolver.
//! Any number of replicas may run this: the first to write `refunding` down drives it.

use std::{collections::HashSet, time::Duration};

use futures::StreamExt;
use mongodb::error::Error;
use shared::{
    OrderId,
    server::{UpstreamError, problem::Cause, telemetry},
    ticket::RefundingOrder,
};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{attempt::State, backoff::backoff},
    driver::{Driver, give_back},
    store::PaymentDocument,
};

/// How many orders are pulled at once.
const PAGE: u32 = 100;
/// How many refunds are under way at once: a cancelled event brings thousands.
const AT_ONCE: usize = 16;

/// Why a pass came to no end.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("ticket: {}", Cause::of(.0).0)]
    Ticket(#[from] UpstreamError),
    #[error("database: {0}")]
    Store(#[from] Error),
}

/// Looks for orders each `every` until `stop`, less often while it does so in vain.
pub async fn run(driver: Driver, every: Duration, stop: CancellationToken) {
    let (mut tries, mut reported) = (0, HashSet::new());
    while !stop.is_cancelled() {
        let wait = match pass(&driver, &mut reported).await {
            Ok(()) => {
                tries = 0;
                every
            }
            Err(error) => {
                tracing::warn!(%error, "refunds wait");
                tries += 1;
                backoff(tries - 1)
            }
        };
        tokio::select! {
            () = stop.cancelled() => (),
            () = tokio::time::sleep(wait) => (),
        }
    }
}

/// Goes once through the whole list; `reported` are the orders without a payment that were logged before.
async fn pass(driver: &Driver, reported: &mut HashSet<OrderId>) -> Result<(), Trouble> {
    let (mut after, mut unpaid) = (None, HashSet::new());
    loop {
        let page = driver.ticket.refunding(after, PAGE).await?.orders;
        let whole = page.len() >= PAGE as usize;
        after = page.last().map(|last| last.order_id);
        let refunds = page.into_iter().map(async |order| (order.order_id, refund(driver, &order).await));
        let mut refunds = futures::stream::iter(refunds).buffer_unordered(AT_ONCE);
        while let Some((order, found)) = refunds.next().await {
            if !found? {
                unpaid.insert(order);
            }
        }
        if !whole {
            break;
        }
    }
    for order in unpaid.difference(reported) {
        tracing::error!(%order, "the order is to be refunded, but no payment of it is known");
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of orders is far below 2^52")]
    metrics::gauge!("payment_refunds_without_payment").set(unpaid.len() as f64);
    telemetry::worked("refunder");
    *reported = unpaid;
    Ok(())
}

/// Has the order's payment refunded; false where there is none that took money.
async fn refund(driver: &Driver, order: &RefundingOrder) -> Result<bool, Error> {
    let Some(payment) = driver.payments.that_paid(order).await? else { return Ok(false) };
    match payment.state {
        State::Completed => begin(driver, &payment).await?,
        // Ticket has forgotten, or the list was read before it was told.
        State::Refunded if payment.is_refund_asked() => match driver.ticket.refunded(&payment).await {
            Ok(_) => (),
            Err(error) => tracing::warn!(payment = %payment.id, %error, "ticket was not told of a refund again"),
        },
        State::Voided | State::Refused | State::Refunded => return Ok(false),
        // The resolver drives it: to its completion, or on with its refund.
        _ => (),
    }
    Ok(true)
}

async fn begin(driver: &Driver, payment: &PaymentDocument) -> Result<(), Error> {
    // Written down before the provider is asked. Another replica may have been quicker, and drives it then.
    if let Some(begun) = driver.payments.advance(payment, give_back(payment, true)).await? {
        tracing::info!(payment = %begun.id, order = %begun.order_id, "refund begun");
        driver.drive(begun, None).await?;
    }
    Ok(())
}
