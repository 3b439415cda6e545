//! Names of orders and tickets: short for people, unguessable for doors.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{CryptoRng, Rng};
use shared::{
    TicketId,
    ticket::{OrderLine, Ticket},
};

/// Digits and capitals that are not taken for each other when read out (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `BK` and eight letters and digits. A unique index sees to those that come twice.
pub fn booking_reference(rng: &mut impl Rng) -> String {
    let letters = (0..8).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())]));
    "BK".chars().chain(letters).collect()
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
        let reference = booking_reference(&mut rand::rng());
        assert_eq!(reference.len(), 10);
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
