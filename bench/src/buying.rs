//! The whole way: book, pay, look at the tickets.

use anyhow::Result;
use serde::{Deserialize, de::IgnoredAny};
use shared::{
    OrderId,
    payment::{Card, PaymentMethod, ProcessPayment},
    ticket::OrderStatus,
};

use crate::{
    client::{Answer, Call, Connection, Fault},
    figure::Figure,
    load::{self, Actor},
    meter::Meter,
    plan::Window,
    stage::{Stage, booking},
};

/// The card that always pays.
const CARD: &str = "4242424242424242";

struct Buyer {
    ticket: Connection,
    payment: Connection,
    booking: Call,
}

// What a buyer looks at, and no more: the client works on the same cores.

#[derive(Deserialize)]
struct Booked {
    id: OrderId,
}

#[derive(Deserialize)]
struct Paid {
    success: bool,
}

#[derive(Deserialize)]
struct Bought {
    status: OrderStatus,
    issued: Vec<IgnoredAny>,
}

impl Actor for Buyer {
    async fn act(&mut self) -> Result<(), Fault> {
        let booked = self.ticket.send(&self.booking).await.and_then(Answer::well)?;
        let Booked { id } = read(&booked)?;

        let payment = Call::post("/api/payment/process", &payment(id)).map_err(|_| Fault::of("no request"))?.keyed();
        let paid = self.payment.send(&payment).await.and_then(Answer::well)?;
        if !read::<Paid>(&paid)?.success {
            return Err(Fault::of("payment not decided in time"));
        }

        let look = Call::get(&format!("/api/tickets/orders/{id}")).map_err(|_| Fault::of("no request"))?;
        let order: Bought = read(&self.ticket.send(&look).await.and_then(Answer::well)?)?;
        if order.status == OrderStatus::Confirmed && order.issued.len() == 1 {
            Ok(())
        } else {
            Err(Fault::of("paid, but no ticket"))
        }
    }
}

fn read<'a, T: Deserialize<'a>>(answer: &'a Answer) -> Result<T, Fault> {
    serde_json::from_slice(&answer.body).map_err(|_| Fault::of("an answer that makes no sense"))
}

fn payment(order: OrderId) -> ProcessPayment {
    let card = Card { number: CARD.to_owned(), expiry_month: 12, expiry_year: 2090, cvc: "123".to_owned() };
    ProcessPayment { order_id: order, payment_method: PaymentMethod::CreditCard, card: Some(card) }
}

/// So many buyers, each on the whole way over and over, for a hot event.
pub async fn run(stage: &Stage, meter: &Meter, buyers: usize, window: Window) -> Result<Figure> {
    let booking = booking(stage.hot_event().await?)?;
    let buyer = |number| {
        let (ticket, payment) = (stage.connection(number, "ticket")?, stage.connection(number, "payment")?);
        Ok(Buyer { ticket, payment, booking: booking.clone() })
    };
    load::drive((0..buyers).map(buyer).collect::<Result<_>>()?, window, meter).await
}
