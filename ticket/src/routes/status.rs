//! An order's way through a payment: for the payment service.

use axum::extract::State;
use futures::future::join_all;
use shared::{
    OrderId, Problem,
    server::{Json, Path, ServiceCaller, problem::Cause},
    ticket::{Move, Moved, MovedOrders, Moves, Order, OrderStatus, OrderTransition},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Error, app::AppState, domain::order::Transition};

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(change_order_status)).routes(routes!(change_order_statuses))
}

/// Goes one arrow of an order's life. Asked again it answers the same and does nothing.
#[utoipa::path(
    put, path = "/api/tickets/orders/{id}/status", tag = "internal", request_body = OrderTransition,
    params(("id" = OrderId, Path, description = "Which order")), responses((status = 200, body = Order))
)]
async fn change_order_status(
    State(app): State<AppState>,
    _: ServiceCaller,
    Path(id): Path<OrderId>,
    Json(asked): Json<OrderTransition>,
) -> Result<Json<Order>, Error> {
    app.bookings.advance(id, asked.user_id, transition(&asked)?).await.map(Json)
}

/// The same for several orders: each goes its arrow, or does not, for itself.
#[utoipa::path(
    put, path = "/api/tickets/orders/status", tag = "internal", request_body = Moves,
    responses((status = 200, body = MovedOrders))
)]
async fn change_order_statuses(
    State(app): State<AppState>,
    _: ServiceCaller,
    Json(asked): Json<Moves>,
) -> Json<MovedOrders> {
    // Side by side, so that their writes share commands.
    let orders = join_all(asked.orders.iter().map(|asked| go(&app, asked))).await;
    Json(MovedOrders { orders })
}

async fn go(app: &AppState, Move { order_id, transition: asked }: &Move) -> Moved {
    let gone = match transition(asked) {
        Ok(arrow) => app.bookings.advance(*order_id, asked.user_id, arrow).await,
        Err(error) => Err(error),
    };
    match gone {
        Ok(order) => Moved::Order(order.into()),
        Err(error) => {
            let problem = Problem::from(&error);
            if problem.is_ours() {
                // The answer as a whole is a success, which says nothing of it.
                tracing::error!(order = %order_id, cause = %Cause::of(&error).0, "an order did not move");
            }
            Moved::Problem(problem)
        }
    }
}

fn transition(asked: &OrderTransition) -> Result<Transition, Error> {
    let OrderTransition { attempt, payment_id, .. } = *asked;
    match asked.status {
        OrderStatus::Paying => Ok(Transition::Pay { attempt, payment_id }),
        OrderStatus::Confirmed => Ok(Transition::Confirm { attempt, payment_id }),
        OrderStatus::Held => Ok(Transition::Void { attempt }),
        OrderStatus::Refunding => Ok(Transition::Refund { attempt }),
        OrderStatus::Refunded => Ok(Transition::Refunded { attempt }),
        // The buyer cancels, and time expires.
        OrderStatus::Cancelled | OrderStatus::Expired => Err(Error::NotForServices),
    }
}
