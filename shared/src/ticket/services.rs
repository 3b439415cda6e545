//! What payment asks the ticket service, and is answered.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{Order, OrderStatus};
use crate::{Money, OrderId, PaymentId, Problem, UserId};

/// `PUT /api/tickets/orders/{id}/status`: one arrow of an order's life, asked by payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderTransition {
    /// Where to: `paying`, `confirmed`, `held` (the attempt is void) or `refunded`.
    pub status: OrderStatus,
    /// Which attempt to pay speaks.
    pub attempt: u32,
    /// Whose order it must be, where the buyer asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The attempt's payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<PaymentId>,
}

/// One order among several that are to move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Move {
    /// Which order.
    pub order_id: OrderId,
    /// Along which arrow.
    pub transition: OrderTransition,
}

/// `PUT /api/tickets/orders/status`: several orders at once, each for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Moves {
    /// In any order.
    #[validate(length(min = 1, max = 256, message = "must be 1 to 256 orders"))]
    pub orders: Vec<Move>,
}

impl Moves {
    /// How many orders one request may name: four fifths of the longest body that is taken.
    pub const MOST: usize = 256;
}

/// What payment wants to know of an order that moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangedOrder {
    /// What the buyer calls it.
    pub booking_reference: String,
    /// The title of its event.
    pub event_title: String,
    /// What is to be paid.
    pub total_amount: Money,
}

impl From<Order> for ChangedOrder {
    fn from(order: Order) -> Self {
        Self {
            booking_reference: order.booking_reference,
            event_title: order.event.title,
            total_amount: order.total_amount,
        }
    }
}

/// What became of one order of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Moved {
    /// It stands where it was to go.
    Order(ChangedOrder),
    /// It does not, or that is not known; the same as where it is asked for alone.
    Problem(Problem),
}

/// What became of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MovedOrders {
    /// One for each that was asked for, in the same order.
    pub orders: Vec<Moved>,
}

/// An order whose money is to be given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RefundingOrder {
    /// Which order.
    pub order_id: OrderId,
    /// The attempt that confirmed it.
    pub attempt: u32,
    /// The payment that confirmed it.
    pub payment_id: Option<PaymentId>,
    /// What was paid.
    pub total_amount: Money,
}

/// `GET /api/tickets/orders/refunding`: the orders in `refunding`, which payment gives the money back for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RefundingOrders {
    /// In the order of their ids.
    pub orders: Vec<RefundingOrder>,
}

/// Which orders in `refunding` are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "server", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefundingQuery {
    /// Only those with a later id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", param(value_type = Option<String>, format = Uuid))]
    pub after: Option<OrderId>,
    /// How many at the most: 1 to 500, 100 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1, max = 500))]
    pub limit: Option<u32>,
}
