//! How a card is typed.

use shared::payment::Card;

/// Digits in groups of four, as on the card.
pub fn tidy_number(typed: &str) -> String {
    let digits: Vec<char> = typed.chars().filter(char::is_ascii_digit).take(19).collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// "MM / YY", from what is typed, pasted or filled in ("1", "12/34", "12/2034").
pub fn tidy_expiry(typed: &str) -> String {
    let month_alone = typed.trim_end().strip_suffix('/').map(str::trim);
    let mut digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    if matches!(month_alone, Some(month) if month.len() == 1) || digits.starts_with(|c| c > '1') {
        digits.insert(0, '0');
    }
    if digits.len() == 6 {
        digits.replace_range(2..4, "");
    }
    digits.truncate(4);
    match digits.len() {
        // After two digits no slash yet: it would come back at once when one deletes it.
        0..=2 => digits,
        _ => format!("{} / {}", &digits[..2], &digits[2..]),
    }
}

/// Three or four digits.
pub fn tidy_cvc(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_digit).take(4).collect()
}

/// The card as the service takes it. A month that can't be read is 0, which the rules refuse.
pub fn read(number: &str, expiry: &str, cvc: &str) -> Card {
    let digits: String = expiry.chars().filter(char::is_ascii_digit).collect();
    let part = |range: std::ops::Range<usize>| digits.get(range).and_then(|d| d.parse::<u8>().ok());
    let (month, year) = if digits.len() == 4 { (part(0..2), part(2..4)) } else { (None, None) };
    Card {
        number: number.replace(' ', ""),
        expiry_month: month.unwrap_or_default(),
        expiry_year: 2000 + u16::from(year.unwrap_or_default()),
        cvc: cvc.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_grouped_as_on_the_card() {
        assert_eq!(tidy_number("4242424242424242"), "4242 4242 4242 4242");
        assert_eq!(tidy_number("4242-42"), "4242 42");
    }

    #[test]
    fn an_expiry_is_read_however_it_is_typed() {
        for typed in ["1234", "12/34", "12 / 34", "12/2034", "122034"] {
            assert_eq!(tidy_expiry(typed), "12 / 34", "{typed}");
        }
        assert_eq!(tidy_expiry("5"), "05");
        assert_eq!(tidy_expiry("1/"), "01");
        assert_eq!(tidy_expiry("12 /"), "12");
    }

    #[test]
    fn what_is_read_is_what_was_typed() {
        let card = read("4242 4242 4242 4242", "12 / 34", "123");
        assert_eq!((card.number.as_str(), card.expiry_month, card.expiry_year), ("4242424242424242", 12, 2034));
    }

    #[test]
    fn half_an_expiry_is_no_month() {
        assert_eq!(read("", "12", "").expiry_month, 0);
    }
}
