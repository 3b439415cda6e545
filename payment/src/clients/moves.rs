//! Moving orders along the arrows of their lives, many to a request.

use std::sync::Arc;

use futures::future::join_all;
use shared::{
    OrderId, ProblemType,
    server::{GroupCall, Upstream, UpstreamError},
    ticket::{ChangedOrder, Move, Moved, MovedOrders, Moves, Order},
};

use super::TicketError;

type Answer = Result<ChangedOrder, TicketError>;

/// Asks ticket to move orders. Clones share their requests.
#[derive(Clone, Debug)]
pub struct Mover(GroupCall<Move, Answer>);

impl Mover {
    /// Asks `ticket`, until the last clone is dropped.
    pub fn start(ticket: Upstream) -> Self {
        Self(GroupCall::start("move orders", Moves::MOST, move |moves| all(ticket.clone(), moves)))
    }

    /// Lets an order go an arrow.
    pub async fn go(&self, what: Move) -> Answer {
        self.0.ask(what).await.unwrap_or_else(|| Err(TicketError::unheard()))
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
        // A release from before takes them one by one.
        Err(UpstreamError::Problem(problem))
            if problem.is(ProblemType::NotFound) || problem.is(ProblemType::MethodNotAllowed) =>
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
