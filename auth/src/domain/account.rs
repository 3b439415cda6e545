//! What an account is known by.

/// The form in which an address is compared and stored: two that differ in case alone reach the same person.
pub fn normalize_email(address: &str) -> String {
    address.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_surrounding_space_do_not_tell_addresses_apart() {
        assert_eq!(normalize_email(" Ada+Tickets@Example.COM "), "ada+tickets@example.com");
    }
}
