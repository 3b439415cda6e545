//! Names of orders and tickets: short for people, unguessable for doors.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{CryptoRng, Rng};
use shared::{
    OrderId, TicketId,
    ticket::{OrderLine, Ticket},
};

/// Digits and capitals that are not taken for each other when read out (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many letters and digits a reference has after `BK`.
const LETTERS: u32 = 12;
/// What each of them tells.
const BITS: u32 = 5;
/// The last bits of an id, which are random.
const RANDOM: u32 = 36;
/// What the time in a reference counts: 2^10 milliseconds.
const TIME_UNIT: u32 = 10;

/// `BK` and twelve letters and digits, made from the order's id: when it was made, as 24 bits that come round every 199
/// days, and 36 random bits. Two orders of one second share theirs once in 69 thousand million times.
pub fn booking_reference(order: OrderId) -> String {
    let id = order.0.as_u128();
    let time = id >> (80 + TIME_UNIT);
    let number = (time << RANDOM) | (id & ((1 << RANDOM) - 1));
    let letter = |place: u32| char::from(ALPHABET[(number >> (BITS * place)) as usize % ALPHABET.len()]);
    "BK".chars().chain((0..LETTERS).rev().map(letter)).collect()
}

/// What is shown at the door: 144 random bits.
pub fn ticket_code(rng: &mut (impl Rng + CryptoRng)) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rng.random::<[u8; 18]>())
}

/// One ticket for each seat of an order.
pub fn issue(lines: &[OrderLine], rng: &mut (impl Rng + CryptoRng)) -> Vec<Ticket> {
    let names = lines.iter().flat_map(|line| (0..line.quantity).map(|_| line.ticket_type.name.clone()));
    let ticket =
        |ticket_type_name| Ticket { id: TicketId::new(), code: ticket_code(rng), ticket_type_name, qr: String::new() };
    names.map(ticket).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_reference_is_short_and_cannot_be_misread() {
        let reference = booking_reference(OrderId::new());
        assert_eq!(reference.len(), 14);
        assert!(reference.starts_with("BK"));
        assert!(!reference[2..].contains(['I', 'L', 'O', 'U']));
    }

    #[test]
    fn no_two_tickets_have_one_code() {
        let codes: HashSet<String> = (0..10_000).map(|_| ticket_code(&mut rand::rng())).collect();
        assert_eq!(codes.len(), 10_000);
        assert!(codes.iter().all(|code| code.len() == 24));
    }
}
