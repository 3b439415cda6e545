//! Moving orders along the arrows of their lives, many to a request: what is asked for while requests are under way is the
//! next one. A request costs both sides much the same for a hundred orders as for one.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use shared::{
    OrderId, ProblemType,
    server::{
        Groups, Upstream, UpstreamError,
        trace::{BatchSpan, Origin},
    },
    ticket::{ChangedOrder, Move, Moved, MovedOrders, Moves, Order},
};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::TicketError;

/// How many orders wait for the next request.
const WAITING: usize = 4096;
/// How long a request waits for others to join it.
const GATHERING: Duration = Duration::from_millis(4);
/// How many requests may be under way side by side.
const AT_ONCE: usize = 2;

/// An order that is to move, and who waits for it.
struct Asked {
    what: Move,
    reply: oneshot::Sender<Result<ChangedOrder, TicketError>>,
    /// The request that it moves for.
    origin: Origin,
}

/// Asks ticket to move orders. Clones share their requests.
#[derive(Clone, Debug)]
pub struct Mover(mpsc::Sender<Asked>);

impl Mover {
    /// Asks `ticket`, until the last clone is dropped.
    pub fn start(ticket: Upstream) -> Self {
        let (asked, queue) = mpsc::channel(WAITING);
        tokio::spawn(work(ticket, queue));
        Self(asked)
    }

    /// Lets an order go an arrow.
    pub async fn go(&self, what: Move) -> Result<ChangedOrder, TicketError> {
        let (reply, gone) = oneshot::channel();
        let asked = Asked { what, reply, origin: Origin::current() };
        self.0.send(asked).await.map_err(|_| TicketError::unheard())?;
        gone.await.map_err(|_| TicketError::unheard())?
    }
}

async fn work(ticket: Upstream, queue: mpsc::Receiver<Asked>) {
    let mut groups = Groups::new(queue, Moves::MOST, GATHERING);
    let side_by_side = Arc::new(Semaphore::new(AT_ONCE));
    // Taken first: who comes while all are under way joins the next.
    while let Ok(permit) = side_by_side.clone().acquire_owned().await
        && let Some(group) = groups.next().await
    {
        let ticket = ticket.clone();
        tokio::spawn(async move {
            let span = BatchSpan::start("move orders", group.iter().map(|asked| &asked.origin));
            let (moves, replies): (Vec<_>, Vec<_>) = group.into_iter().map(|asked| (asked.what, asked.reply)).unzip();
            let gone = span.around(all(&ticket, moves)).await;
            drop(permit);
            for (reply, gone) in replies.into_iter().zip(gone) {
                // Who went away meanwhile asks again.
                let _ = reply.send(gone);
            }
        });
    }
}

/// What became of each of these, in their order.
async fn all(ticket: &Upstream, moves: Vec<Move>) -> Vec<Result<ChangedOrder, TicketError>> {
    if let [alone] = &*moves {
        return vec![one(ticket, alone).await];
    }
    let asked = Moves { orders: moves };
    let failed = match ticket.put::<MovedOrders>("/api/tickets/orders/status", &asked).await {
        Ok(MovedOrders { orders }) if orders.len() == asked.orders.len() => {
            return orders.into_iter().map(heard).collect();
        }
        Ok(_) => TicketError::unheard(),
        // A release from before takes them one by one.
        Err(UpstreamError::Problem(problem))
            if problem.is(ProblemType::NotFound) || problem.is(ProblemType::MethodNotAllowed) =>
        {
            return join_all(asked.orders.iter().map(|order| one(ticket, order))).await;
        }
        Err(error) => TicketError::Unknown(Arc::new(error)),
    };
    vec![Err(failed); asked.orders.len()]
}

fn heard(moved: Moved) -> Result<ChangedOrder, TicketError> {
    match moved {
        Moved::Order(order) => Ok(order),
        Moved::Problem(problem) => Err(UpstreamError::Problem(Box::new(problem)).into()),
    }
}

async fn one(ticket: &Upstream, Move { order_id, transition }: &Move) -> Result<ChangedOrder, TicketError> {
    let order: Order = ticket.put(&path(*order_id), transition).await?;
    Ok(ChangedOrder {
        booking_reference: order.booking_reference,
        event_title: order.event.title,
        total_amount: order.total_amount,
    })
}

fn path(order: OrderId) -> String {
    format!("/api/tickets/orders/{order}/status")
}
