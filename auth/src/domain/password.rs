//! Which passwords are good enough.

use zxcvbn::{Score, zxcvbn};

/// So much of a password is looked at, in characters: the work grows much faster than the length, and whoever cannot
/// guess the beginning cannot guess the whole.
const LOOKED_AT: usize = 32;

/// Whether a password is among the first that someone would try who knows `about` its owner, by zxcvbn's estimate
/// (Wheeler, USENIX Security 2016): fewer than a million guesses. This takes milliseconds.
pub fn is_easy_to_guess(password: &str, about: &[&str]) -> bool {
    zxcvbn(beginning(password), about).score() < Score::Two
}

fn beginning(password: &str) -> &str {
    password.char_indices().nth(LOOKED_AT).map_or(password, |(end, _)| &password[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_passwords_are_easy_to_guess() {
        for common in ["password", "12345678", "qwertyuiop", "Password1", "iloveyou", "11111111", "sunshine1"] {
            assert!(is_easy_to_guess(common, &[]), "{common}");
        }
    }

    #[test]
    fn the_own_name_is_easy_to_guess() {
        assert!(is_easy_to_guess("lovelace1", &["ada@example.com", "Ada", "Lovelace"]));
    }

    #[test]
    fn a_phrase_is_not_easy_to_guess() {
        assert!(!is_easy_to_guess("velvet otter brass canyon", &[]));
        assert!(!is_easy_to_guess(&"velvet otter brass canyon ".repeat(4), &[]));
    }

    #[test]
    fn only_the_beginning_is_looked_at() {
        assert_eq!(beginning(&"ż".repeat(128)), "ż".repeat(LOOKED_AT));
        assert_eq!(beginning("short"), "short");
    }
}
