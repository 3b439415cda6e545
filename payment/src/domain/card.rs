//! Cards, as far as this service looks at them before it hands them on.

use jiff::{Timestamp, tz::TimeZone};
use secrecy::SecretString;
use shared::payment::{Card, PaymentDetails};

/// The card's month is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the card has expired")]
pub struct CardExpired;

/// A card that may be tried: well-formed and not expired. It is wiped from memory when dropped, and never stored.
#[derive(Clone, Debug)]
pub struct CheckedCard {
    /// Digits only.
    pub number: SecretString,
    /// 1 to 12.
    pub expiry_month: u8,
    /// Four digits.
    pub expiry_year: u16,
    /// Three or four digits.
    pub cvc: SecretString,
    /// What may be kept and shown.
    pub details: PaymentDetails,
}

impl CheckedCard {
    /// The card as typed in, unless it has expired at `now`. It is valid until the last day of its month.
    pub fn parse(card: Card, now: Timestamp) -> Result<Self, CardExpired> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let (year, month) = (i32::from(today.year()), i32::from(today.month()));
        if (i32::from(card.expiry_year), i32::from(card.expiry_month)) < (year, month) {
            return Err(CardExpired);
        }
        let number: String = card.number.chars().filter(char::is_ascii_digit).collect();
        let details =
            PaymentDetails { card_last4: Some(last4(&number)), card_brand: brand(&number).map(ToOwned::to_owned) };
        Ok(Self {
            number: number.into(),
            expiry_month: card.expiry_month,
            expiry_year: card.expiry_year,
            cvc: card.cvc.into(),
            details,
        })
    }
}

/// The last four digits, or as many as there are.
fn last4(number: &str) -> String {
    number.chars().skip(number.chars().count().saturating_sub(4)).collect()
}

/// The brand that the first digits belong to (ISO/IEC 7812 issuer numbers).
fn brand(number: &str) -> Option<&'static str> {
    let prefix = |digits| number.get(..digits).and_then(|prefix| prefix.parse::<u32>().ok()).unwrap_or(0);
    match (prefix(1), prefix(2), prefix(3), prefix(4)) {
        (4, ..) => Some("visa"),
        (_, 51..=55, ..) | (_, _, _, 2221..=2720) => Some("mastercard"),
        (_, 34 | 37, ..) => Some("amex"),
        (_, 65, ..) | (_, _, 644..=649, _) | (_, _, _, 6011) => Some("discover"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    fn card(number: &str, expiry_month: u8, expiry_year: u16) -> Card {
        Card { number: number.into(), expiry_month, expiry_year, cvc: "123".into() }
    }

    #[test]
    fn a_card_is_valid_until_the_end_of_its_month() {
        let now: Timestamp = "2030-06-30T23:59:59Z".parse().expect("a time");
        assert!(CheckedCard::parse(card("4242424242424242", 6, 2030), now).is_ok());
        assert!(CheckedCard::parse(card("4242424242424242", 1, 2031), now).is_ok());
        assert_eq!(CheckedCard::parse(card("4242424242424242", 5, 2030), now).map(drop), Err(CardExpired));
        assert_eq!(CheckedCard::parse(card("4242424242424242", 12, 2029), now).map(drop), Err(CardExpired));
    }

    #[test]
    fn the_first_digits_tell_the_brand() {
        for (number, expected) in [
            ("4242424242424242", Some("visa")),
            ("5555555555554444", Some("mastercard")),
            ("2223003122003222", Some("mastercard")),
            ("378282246310005", Some("amex")),
            ("6011111111111117", Some("discover")),
            ("6500000000000002", Some("discover")),
            ("3056930009020004", None),
        ] {
            assert_eq!(brand(number), expected, "{number}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_of_a_card_is_its_last_four_digits(number in "[0-9]{8,15}[0-9]{4}", gap in 1_usize..8) {
            let mut typed = number.clone();
            typed.insert(gap, ' ');
            let checked = CheckedCard::parse(card(&typed, 1, 2031), Timestamp::UNIX_EPOCH).expect("not expired");
            prop_assert_eq!(checked.number.expose_secret(), &number);
            prop_assert_eq!(checked.details.card_last4.as_deref(), Some(&number[number.len() - 4..]));
            let shown = format!("{checked:?}");
            prop_assert!(!shown.contains(&number), "{}", shown);
        }
    }
}
