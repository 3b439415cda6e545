//! The test cards: the number decides the outcome.

use secrecy::ExposeSecret;

use crate::domain::request::PaymentSource;

/// What comes of asking for the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The money moves.
    Paid,
    /// It does not, for this reason.
    Declined(&'static str),
    /// The buyer has to approve it first.
    AsksBuyer,
    /// The money moves after some seconds.
    Slow,
    /// The money moves, and the answer is lost.
    AnswerLost,
}

/// What comes of it with this source. All of these numbers have a right check digit and belong to nobody.
pub fn outcome(source: &PaymentSource) -> Outcome {
    let card = match source {
        PaymentSource::Card(card) => card,
        PaymentSource::Paypal | PaymentSource::BankTransfer => return Outcome::Paid,
        PaymentSource::Token(_) => return Outcome::Declined("Unknown token."),
    };
    match card.number.expose_secret() {
        "4242424242424242" | "5555555555554444" | "378282246310005" => Outcome::Paid,
        "4000000000000002" => Outcome::Declined("Your card was declined."),
        "4000000000009995" => Outcome::Declined("Your card has insufficient funds."),
        "4000000000000069" => Outcome::Declined("Your card has expired."),
        "4000002500003155" => Outcome::AsksBuyer,
        "4000000000000259" => Outcome::Slow,
        "4000000000000341" => Outcome::AnswerLost,
        _ => Outcome::Declined("Unknown test card."),
    }
}
