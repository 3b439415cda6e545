//! Moving orders along the arrows of their lives, many to a request.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use shared::{
    ProblemType,
    server::{GroupCall, Upstream, UpstreamError},
    ticket::{ChangedOrder, Move, Moved, MovedOrders, Moves, Order, OrderStatus},
};
use tokio::time::timeout;

use super::TicketError;

/// How long an order waits in all: for the requests under way, and for its own.
const PATIENCE: Duration = Duration::from_secs(3);

type Answer = Result<ChangedOrder, TicketError>;

/// Asks ticket to move orders. Clones share their requests.
#[derive(Clone, Debug)]
pub struct Mover {
    paying: GroupCall<Move, Answer>,
    /// Their seats go back by way of ticket's batches: those who are paying need not wait for that.
    refunded: GroupCall<Move, Answer>,
}

impl Mover {
    /// Asks `ticket`, until the last clone is dropped.
    pub fn start(ticket: &Upstream) -> Self {
        let start = || {
            let ticket = ticket.clone();
            GroupCall::start("move orders", Moves::MOST, move |moves| all(ticket.clone(), moves))
        };
        Self { paying: start(), refunded: start() }
    }

    /// Lets an order go an arrow.
    pub async fn go(&self, what: Move) -> Answer {
        let group = if what.transition.status == OrderStatus::Refunded { &self.refunded } else { &self.paying };
        match timeout(PATIENCE, group.ask(what)).await {
            Ok(Some(answer)) => answer,
            Ok(None) | Err(_) => Err(TicketError::unheard()),
        }
    }
}

/// What became of each of these, in their order.
async fn all(ticket: Upstream, moves: Vec<Move>) -> Vec<Answer> {
    if let [alone] = &*moves {
        return vec![one(&ticket, alone).await];
    }
    let asked = Moves { orders: moves };
    let failed = match ticket.put::<MovedOrders>("/api/tickets/orders/status", &asked).await {
        Ok(MovedOrders { orders }) if orders.len() == asked.orders.len() => {
            return orders.into_iter().map(heard).collect();
        }
        Ok(_) => TicketError::unheard(),
        // A release from before takes them one by one, or fewer.
        Err(UpstreamError::Problem(problem))
            if problem.is(ProblemType::MethodNotAllowed) || problem.is(ProblemType::InvalidInput) =>
        {
            return join_all(asked.orders.iter().map(|order| one(&ticket, order))).await;
        }
        Err(error) => TicketError::Unknown(Arc::new(error)),
    };
    vec![Err(failed); asked.orders.len()]
}

fn heard(moved: Moved) -> Answer {
    match moved {
        Moved::Order(order) => Ok(order),
        Moved::Problem(problem) => Err(UpstreamError::Problem(Box::new(problem)).into()),
    }
}

async fn one(ticket: &Upstream, Move { order_id, transition }: &Move) -> Answer {
    let order: Order = ticket.put(&format!("/api/tickets/orders/{order_id}/status"), transition).await?;
    Ok(order.into())
}
