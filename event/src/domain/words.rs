//! Words to search by: the same for "Łódź", "lodz" and "LODZ".

use std::collections::BTreeSet;

/// Longer words are told apart by their beginning only; this bounds the index's keys and the patterns made of them.
const WORD_LIMIT: usize = 64;

/// The words of a text: transliterated to ASCII, lower-cased, in order, letters and digits only.
pub fn words(text: &str) -> Vec<String> {
    // What has no transliteration is left out; by default it would stand as the letters of a placeholder.
    let plain = deunicode::deunicode_with_tofu(text, "").to_ascii_lowercase();
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word[..word.len().min(WORD_LIMIT)].to_owned()).collect()
}

/// The distinct words of several texts.
pub fn distinct<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let words: BTreeSet<String> = texts.into_iter().flat_map(words).collect();
    words.into_iter().collect()
}

/// A text in the form in which it is compared: its words with one space between them.
pub fn folded(text: &str) -> String {
    words(text).join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the store's query asks: does every word begin a word of the event?
    fn finds(query: &str, event: &[String]) -> bool {
        words(query).iter().all(|word| event.iter().any(|known| known.starts_with(word.as_str())))
    }

    #[test]
    fn accents_case_and_script_do_not_tell_words_apart() {
        assert_eq!(words("Zażółć, GĘŚLĄ!"), ["zazolc", "gesla"]);
        assert_eq!(words("Łódź"), words("lodz"));
        assert_eq!(words("Straße"), ["strasse"]);
        assert_eq!(words("Москва"), ["moskva"]);
        assert_eq!(words("  "), Vec::<String>::new());
        assert_eq!(folded(" São  Paulo "), "sao paulo");
    }

    #[test]
    fn what_cannot_be_written_in_ascii_has_no_words() {
        assert_eq!(words("\u{e000}\u{f8ff}"), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn every_beginning_of_a_title_finds_its_event(title in "\\PC{0,60}", end in 0..60_usize) {
            let event = distinct([title.as_str()]);
            let beginning: String = title.chars().take(end).collect();
            prop_assert!(finds(&beginning, &event), "{beginning:?} in {event:?}");
        }

        #[test]
        fn every_beginning_of_a_word_finds_its_event(title in "[\\w\\p{Greek} -]{1,60}", pick in any::<prop::sample::Index>()) {
            let event = distinct([title.as_str()]);
            for word in title.split(' ').filter(|word| !word.is_empty()) {
                let beginning: String = word.chars().take(pick.index(word.chars().count()) + 1).collect();
                prop_assert!(finds(&beginning, &event), "{beginning:?} in {event:?}");
            }
        }

        #[test]
        fn a_word_is_plain(text in "\\PC{0,80}") {
            for word in words(&text) {
                prop_assert!((1..=WORD_LIMIT).contains(&word.len()));
                prop_assert!(word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{word}");
                prop_assert_eq!(words(&word), vec![word.clone()]);
            }
        }
    }
}
