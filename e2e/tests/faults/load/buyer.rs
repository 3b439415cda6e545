//! One buyer: books, pays by whatever card, changes their mind.

use bson::Uuid;
use serde_json::{Value, json};
use xtask::services::Service;

use super::{
    ask::{Asker, Question, problem},
    record::Ordered,
    show::{Kind, Show},
};

const SUCCEEDS: &str = "4242 4242 4242 4242";
const DECLINED: &str = "4000 0000 0000 0002";
const NO_FUNDS: &str = "4000 0000 0000 9995";
const SLOW: &str = "4000 0000 0000 0259";
const LOSES_ANSWER: &str = "4000 0000 0000 0341";
const ASKS: &str = "4000 0025 0000 3155";

/// What became of an attempt to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Paid,
    NotCharged,
    /// The order cannot be paid any more, or it was not decided when the act ended.
    Closed,
}

/// A buyer.
pub struct Buyer(pub Asker);

impl Buyer {
    /// Goes on until the act is over.
    pub async fn go_on(self) {
        while !self.0.is_over() {
            self.visit().await;
            self.0.rest(5, 60).await;
        }
    }

    async fn visit(&self) {
        if self.0.choose(4) == 0 {
            self.look_around().await;
        }
        let Some(show) = self.pick() else { return };
        let Some(order) = self.book(show).await else { return };
        if show.kind == Kind::Free {
            return self.change_mind(order).await;
        }
        match self.0.choose(100) {
            // Lets it lapse.
            0..10 => {}
            10..20 => self.cancel(order).await,
            20..28 => {
                let (card, other) = (self.card(), self.card());
                tokio::join!(self.pay(order, card), self.pay(order, other));
            }
            _ => self.pay_somehow(order).await,
        }
    }

    fn pick(&self) -> Option<Show> {
        let shows: Vec<Show> = self.0.record.told().shows.values().copied().collect();
        let kind = match self.0.choose(12) {
            0..3 => Kind::Hot,
            3..7 => Kind::Roomy,
            7..9 => Kind::Limited,
            9 => Kind::Free,
            _ => Kind::Doomed,
        };
        let mut of_kind: Vec<Show> = shows.into_iter().filter(|show| show.kind == kind).collect();
        // Their ids are in the order of their making.
        of_kind.sort_by_key(|show| show.id.bytes());
        let nth = self.0.choose(u64::try_from(of_kind.len()).ok().filter(|many| *many > 0)?);
        of_kind.get(usize::try_from(nth).ok()?).copied()
    }

    /// What anyone does who has not decided yet.
    pub async fn look_around(&self) -> bool {
        let mut well = true;
        let looks = [
            Question::get(Service::Event, "/api/events?limit=5"),
            Question::get(Service::Auth, "/api/auth/me"),
            Question::get(Service::Ticket, "/api/tickets/orders?limit=5"),
            Question::get(Service::Payment, "/api/payment/history?limit=5"),
        ];
        for look in looks {
            well &= self.look(look).await;
        }
        well
    }

    /// Looks at what can always be seen.
    pub async fn look(&self, question: Question) -> bool {
        match self.0.ask(&question).await {
            Some(answer) if answer.status == 200 => {
                self.0.record.count("looked");
                true
            }
            Some(answer) => {
                self.0.unexpected(&question, &answer);
                false
            }
            None => false,
        }
    }

    /// Books one to three tickets.
    pub async fn book(&self, show: Show) -> Option<Uuid> {
        let prices = show.prices();
        let mut lines = vec![(prices[0], 1 + self.0.choose(3))];
        if let Some(second) = prices.get(1).filter(|_| self.0.choose(3) == 0) {
            lines.push((*second, 1));
        }
        let quantity = |quantity: u64| i64::try_from(quantity).unwrap_or(i64::MAX);
        let total: i64 = lines.iter().map(|((_, price), many)| price * quantity(*many)).sum();
        let tickets = lines.iter().map(|((name, _), many)| json!({ "ticketTypeName": name, "quantity": many }));
        let body = json!({
            "eventId": show.id.to_string(),
            "tickets": tickets.collect::<Vec<_>>(),
            "customerInfo": { "firstName": "Test", "lastName": "Buyer", "email": self.0.person.email },
            "totalAmount": { "amount": total, "currency": "USD" },
        });
        let key = self.0.new_key();
        let question = Question::post(Service::Ticket, "/api/tickets/book", Some(body)).keyed(&key);
        let answer = self.0.ask(&question).await?;
        match (answer.status, problem(&answer)) {
            (201, _) => {
                let order = id(&answer.body["id"])?;
                let user = id(&answer.body["userId"])?;
                let seats = lines.iter().map(|(_, many)| many).sum();
                let ordered = Ordered { user, event: show.id, seats, total, key };
                self.0.record.told().ordered.insert(order, ordered);
                self.0.record.count("booked");
                return Some(order);
            }
            (409, "sold-out") => self.0.record.count("sold out"),
            (409, "buyer-limit") if show.kind == Kind::Limited => self.0.record.count("buyer's limit"),
            (409, "not-on-sale") if show.kind == Kind::Doomed => self.0.record.count("not on sale"),
            _ => self.0.unexpected(&question, &answer),
        }
        None
    }

    fn card(&self) -> &'static str {
        match self.0.choose(20) {
            0..10 => SUCCEEDS,
            10..12 => DECLINED,
            12 => NO_FUNDS,
            13..15 => SLOW,
            15..17 => LOSES_ANSWER,
            _ => ASKS,
        }
    }

    async fn pay_somehow(&self, order: Uuid) {
        for _ in 0..3 {
            let card = self.card();
            match self.pay(order, card).await {
                Outcome::Paid => return self.change_mind(order).await,
                Outcome::Closed => return,
                Outcome::NotCharged if self.0.choose(3) == 0 => return,
                Outcome::NotCharged => {}
            }
        }
    }

    /// Pays by a card that takes it.
    pub async fn pay_well(&self, order: Uuid) -> Outcome {
        self.pay(order, SUCCEEDS).await
    }

    async fn pay(&self, order: Uuid, card: &str) -> Outcome {
        let body = json!({
            "orderId": order.to_string(),
            "paymentMethod": "credit_card",
            "card": { "number": card, "expiryMonth": 12, "expiryYear": 2040, "cvc": "123" },
        });
        let question = Question::post(Service::Payment, "/api/payment/process", Some(body)).keyed(&self.0.new_key());
        let Some(answer) = self.0.ask(&question).await else { return Outcome::Closed };
        match (answer.status, problem(&answer)) {
            (200, _) => self.paid(order, &answer.body["paymentId"]),
            (202, _) => {
                self.0.record.count("not decided at once");
                self.follow(order).await
            }
            (402, "payment-declined") => self.not_charged(&answer.body["paymentId"]),
            (409, "wrong-state") if answer.body["state"].is_string() => {
                self.0.record.count("not payable");
                Outcome::Closed
            }
            // Asked for the last time when the act was over.
            (409, "still-running") => Outcome::Closed,
            _ => {
                self.0.unexpected(&question, &answer);
                Outcome::Closed
            }
        }
    }

    /// Asks what became of an order's payment until it is decided, and answers the bank.
    async fn follow(&self, order: Uuid) -> Outcome {
        let question = Question::get(Service::Payment, format!("/api/payment/status/{order}"));
        loop {
            let Some(answer) = self.0.ask(&question).await else { break };
            match (answer.status, answer.body["status"].as_str()) {
                (200, Some("completed")) => return self.paid(order, &answer.body["id"]),
                (200, Some("failed")) => return self.not_charged(&answer.body["id"]),
                (200, Some("refunded")) => return Outcome::Closed,
                (200, Some("pending" | "processing")) => {}
                _ => {
                    self.0.unexpected(&question, &answer);
                    break;
                }
            }
            let is_over = self.0.is_over();
            if answer.body["nextAction"].is_object() {
                self.answer_the_bank(&answer.body["id"]).await;
            } else if is_over {
                break;
            }
            self.0.rest(60, 250).await;
        }
        Outcome::Closed
    }

    async fn answer_the_bank(&self, payment: &Value) {
        let path = format!("/api/payment/challenge/{}", payment.as_str().unwrap_or_default());
        let approve = self.0.choose(5) > 0;
        let question = Question::post(Service::Payment, path, Some(json!({ "approve": approve })));
        let Some(answer) = self.0.ask(&question).await else { return };
        match (answer.status, problem(&answer)) {
            (200 | 202, _) | (402, "payment-declined") | (409, "wrong-state") => self.0.record.count("bank answered"),
            _ => self.0.unexpected(&question, &answer),
        }
    }

    fn paid(&self, order: Uuid, payment: &Value) -> Outcome {
        self.0.record.count("paid");
        if let Some(payment) = id(payment) {
            let before = self.0.record.told().paid.insert(order, payment);
            if let Some(before) = before.filter(|before| *before != payment) {
                self.0.record.wrong(format!("order {order} was paid by {before} and by {payment}"));
            }
        }
        Outcome::Paid
    }

    fn not_charged(&self, payment: &Value) -> Outcome {
        self.0.record.count("not charged");
        self.0.record.told().not_charged.extend(id(payment));
        Outcome::NotCharged
    }

    async fn cancel(&self, order: Uuid) {
        self.0.record.told().given_up.insert(order);
        let question = Question::post(Service::Ticket, format!("/api/tickets/orders/{order}/cancel"), None);
        let Some(answer) = self.0.ask(&question).await else { return };
        match (answer.status, problem(&answer), answer.body["status"].as_str()) {
            (200, _, Some("cancelled")) => {
                self.0.record.told().cancelled.insert(order);
                self.0.record.count("cancelled");
            }
            (409, "wrong-state", _) => self.0.record.count("not cancelled"),
            _ => self.0.unexpected(&question, &answer),
        }
    }

    /// Sometimes wants the money back.
    async fn change_mind(&self, order: Uuid) {
        if self.0.choose(4) > 0 {
            return;
        }
        self.0.record.told().given_up.insert(order);
        let question = Question::post(Service::Ticket, format!("/api/tickets/orders/{order}/refund"), None);
        let Some(answer) = self.0.ask(&question).await else { return };
        match (answer.status, answer.body["status"].as_str()) {
            (200, Some("refunding" | "refunded")) => {
                self.0.record.told().refunds.insert(order);
                self.0.record.count("refund begun");
            }
            _ => self.0.unexpected(&question, &answer),
        }
    }
}

fn id(value: &Value) -> Option<Uuid> {
    Uuid::parse_str(value.as_str()?).ok()
}
