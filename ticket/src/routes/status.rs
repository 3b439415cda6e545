//! An order's way through a payment: for the payment service.

use axum::extract::State;
use shared::{
    OrderId,
    server::{Json, Path, ServiceCaller},
    ticket::{Order, OrderStatus, OrderTransition},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Error, app::AppState, domain::order::Transition};

/// The routes of this resource.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(change_order_status))
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
