//! Which passwords are good enough.

use zxcvbn::{Score, zxcvbn};

/// Whether a password is among the first that someone would try who knows `about` its owner, by zxcvbn's estimate
/// (Wheeler, USENIX Security 2016): fewer than a million guesses.
pub fn is_easy_to_guess(password: &str, about: &[&str]) -> bool {
    zxcvbn(password, about).score() < Score::Two
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
    }
}
