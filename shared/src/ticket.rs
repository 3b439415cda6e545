//! What the ticket service is asked and answers.

mod services;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
pub use services::{
    ChangedOrder, Move, Moved, MovedOrders, Moves, OrderTransition, RefundingOrder, RefundingOrders, RefundingQuery,
};
use validator::{Validate, ValidationError};

use crate::{
    EventId, Money, OrderId, PaymentId, TicketId, UserId,
    event::{Category, Venue},
    rules,
};

/// How long an unpaid order keeps its seats, in seconds.
pub const HOLD_SECONDS: i64 = 600;

/// Who the tickets are for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerInfo {
    /// Given name.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::line"), length(max = 50, message = "must be at most 50 characters"))]
    pub first_name: String,
    /// Family name.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::line"), length(max = 50, message = "must be at most 50 characters"))]
    pub last_name: String,
    /// Where the tickets go.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::email"))]
    pub email: String,
    /// For the organizer, if something changes.
    #[serde(default, deserialize_with = "rules::trimmed_option", skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "rules::phone"))]
    pub phone: Option<String>,
}

/// How many tickets of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TicketLine {
    /// As the event names it.
    #[serde(deserialize_with = "rules::trimmed")]
    #[validate(custom(function = "rules::line"), length(max = 100, message = "must be at most 100 characters"))]
    pub ticket_type_name: String,
    /// At least one.
    #[validate(range(min = 1, max = 100))]
    pub quantity: u32,
}

/// `POST /api/tickets/book`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[validate(schema(function = "distinct_types", skip_on_field_errors = false))]
pub struct BookTickets {
    /// For which event.
    pub event_id: EventId,
    /// What to hold: all of it or nothing.
    #[validate(nested, length(min = 1, max = 20, message = "must be 1 to 20 ticket types"))]
    pub tickets: Vec<TicketLine>,
    /// Who the tickets are for.
    #[validate(nested)]
    pub customer_info: CustomerInfo,
    /// The total that the buyer saw; another one is refused, never charged.
    pub total_amount: Money,
}

fn distinct_types(book: &BookTickets) -> Result<(), ValidationError> {
    let mut names: Vec<&str> = book.tickets.iter().map(|t| t.ticket_type_name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(rules::at("/tickets", "must name each ticket type once"));
    }
    Ok(())
}

/// Where an order stands; `docs/architecture.md` draws the arrows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    /// Seats are kept until `expiresAt`.
    Held,
    /// A payment is under way; the seats are kept until it is decided.
    Paying,
    /// Paid, or free; the tickets are issued.
    Confirmed,
    /// Not paid in time.
    Expired,
    /// Given up by the buyer before paying.
    Cancelled,
    /// The money is on its way back.
    Refunding,
    /// The money is back.
    Refunded,
}

impl OrderStatus {
    /// All of them, in the order of an order's life.
    pub const ALL: [Self; 7] =
        [Self::Held, Self::Paying, Self::Confirmed, Self::Expired, Self::Cancelled, Self::Refunding, Self::Refunded];

    /// Whether an order in this state counts in its inventory's `taken`.
    pub const fn holds_seats(self) -> bool {
        matches!(self, Self::Held | Self::Paying | Self::Confirmed | Self::Refunding)
    }
}

/// The event as it was when the order was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct EventSnapshot {
    /// The event's title.
    pub title: String,
    /// What kind of event; orders of before it was noted have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Where it takes place.
    pub venue: Venue,
    /// When it begins.
    #[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
    pub starts_at: Timestamp,
    /// When it ends.
    #[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
    pub ends_at: Timestamp,
    /// IANA name of the venue's time zone.
    pub time_zone: String,
    /// Address of a picture.
    pub image: Option<String>,
    /// Until so many hours before the start the buyer may have the money back; never unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_hours: Option<u32>,
}

/// A ticket type at the price of the booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct PricedType {
    /// As the event names it.
    pub name: String,
    /// The price of one.
    pub price: Money,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderLine {
    /// What was ordered, at which price.
    pub ticket_type: PricedType,
    /// How many.
    pub quantity: u32,
    /// Price times quantity.
    pub subtotal: Money,
}

/// One seat of a confirmed order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// Which ticket.
    pub id: TicketId,
    /// What is shown at the door; cannot be guessed.
    pub code: String,
    /// As the event names it.
    pub ticket_type_name: String,
    /// What the QR code says: the ticket, signed, so that a scanner can check it with a public key alone. Only where one
    /// confirmed order is shown to its buyer; empty in lists and of orders that do not let anyone in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub qr: String,
}

/// A public key that tickets are signed with, or were before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketKey {
    /// The first four bytes of the SHA-256 of the key, in hexadecimal: a ticket names its key so.
    pub id: String,
    /// `Ed25519`.
    pub algorithm: String,
    /// The 32 bytes of the key, in base64url without padding.
    pub public_key: String,
}

/// `GET /api/tickets/keys`: the keys that a scanner believes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TicketKeys {
    /// The one that signs now, then older ones.
    pub keys: Vec<TicketKey>,
}

/// A buyer's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Which order.
    pub id: OrderId,
    /// Short, to read out: `BK` and eight letters and digits.
    pub booking_reference: String,
    /// Whose it is.
    pub user_id: UserId,
    /// For which event.
    pub event_id: EventId,
    /// The event as it was when the order was made.
    pub event: EventSnapshot,
    /// What was ordered.
    pub tickets: Vec<OrderLine>,
    /// The sum of the subtotals.
    pub total_amount: Money,
    /// Where it stands.
    pub status: OrderStatus,
    /// The latest attempt to pay; 0 before the first.
    pub attempt: u32,
    /// The payment that confirmed it, or is about to.
    pub payment_id: Option<PaymentId>,
    /// Who the tickets are for.
    pub customer_info: CustomerInfo,
    /// One for each seat, once confirmed.
    pub issued: Vec<Ticket>,
    /// Until when an unpaid order keeps its seats.
    #[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
    pub expires_at: Timestamp,
    /// When it was made.
    #[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// When it changed last.
    #[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
    pub updated_at: Timestamp,
    /// The server's clock at this answer, for counting down to `expiresAt`.
    #[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
    pub server_time: Timestamp,
}

/// What is left of one ticket type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TypeAvailability {
    /// As the event names it.
    pub name: String,
    /// The price now.
    pub price: Money,
    /// How many there are in all.
    pub capacity: u32,
    /// How many can be booked now.
    pub remaining: u32,
}

/// Whether tickets can be booked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum SaleStatus {
    /// Yes, as far as there are any left.
    OnSale,
    /// Sales have not begun.
    NotYet,
    /// Sales are over.
    Ended,
    /// The event is called off.
    Cancelled,
}

/// `GET /api/tickets/event/{eventId}`: what is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Availability {
    /// Of which event.
    pub event_id: EventId,
    /// Whether tickets can be booked now.
    pub sale: SaleStatus,
    /// When sales begin.
    #[cfg_attr(feature = "server", schema(value_type = Option<String>, format = DateTime))]
    pub sales_start: Option<Timestamp>,
    /// When sales end.
    #[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
    pub sales_end: Timestamp,
    /// The most tickets in one order.
    pub max_per_order: u32,
    /// The most tickets that one buyer may hold or have bought, over all orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_buyer: Option<u32>,
    /// By ticket type, in the event's order.
    pub ticket_types: Vec<TypeAvailability>,
    /// Of all types together.
    pub remaining: u64,
}

impl Availability {
    /// Whether none is left.
    pub const fn is_sold_out(&self) -> bool {
        self.remaining == 0
    }
}

/// `GET /api/tickets/availability`: of several events at once. Events that sell nothing are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "server", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "server", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AvailabilityQuery {
    /// Comma-separated event ids, at most 100.
    #[validate(length(max = 4000))]
    pub events: String,
}
