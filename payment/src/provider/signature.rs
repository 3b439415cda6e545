//! The signature of webhooks, as Stripe makes it: `t=<unix seconds>,v1=<hex of HMAC-SHA256 of "t.body">`.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// How far a signature's time may be from ours: an old one may have been overheard.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Why a webhook is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// Nothing of it can be a signature.
    #[error("there is no signature")]
    Missing,
    /// It is too old, or from the future.
    #[error("the signature is stale")]
    Stale,
    /// Another secret, or another body.
    #[error("the signature is forged")]
    Forged,
    /// It is signed, and is no event.
    #[error("the body is no event")]
    NoEvent,
}

fn mac(secret: &SecretString, seconds: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(seconds.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

/// The header's value for `body`, signed at `now`.
pub fn sign(secret: &SecretString, now: Timestamp, body: &[u8]) -> String {
    let seconds = now.as_second().to_string();
    let mut header = format!("t={seconds},v1=");
    for byte in mac(secret, &seconds, body).map(|mac| mac.finalize().into_bytes()).iter().flatten() {
        // Writing to a String cannot fail.
        let _ = write!(header, "{byte:02x}");
    }
    header
}

/// Checks the header's value; takes as long whichever byte differs. While a secret is changed there are several `v1`.
pub fn verify(secret: &SecretString, header: &str, body: &[u8], now: Timestamp) -> Result<(), BadSignature> {
    let pairs = || header.split(',').filter_map(|pair| pair.trim().split_once('='));
    let seconds = pairs().find(|(name, _)| *name == "t").map(|(_, value)| value).ok_or(BadSignature::Missing)?;
    let mut signatures = pairs().filter(|(name, _)| *name == "v1").filter_map(|(_, hex)| unhex(hex)).peekable();
    signatures.peek().ok_or(BadSignature::Missing)?;
    let mac = mac(secret, seconds, body).ok_or(BadSignature::Forged)?;
    if !signatures.any(|signature| mac.clone().verify_slice(&signature).is_ok()) {
        return Err(BadSignature::Forged);
    }
    let signed = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    match signed {
        Some(signed) if now.duration_since(signed).abs() <= TOLERANCE => Ok(()),
        _ => Err(BadSignature::Stale),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.filter(|digits| digits.len() == 64)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn secret() -> SecretString {
        "whsec_test".into()
    }

    #[test]
    fn a_known_body_has_its_known_signature() {
        // printf '1800000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
        let expected = "t=1800000000,v1=45705be2a45ab5acdd1395cc695e9e7073125385ec24194921c401dff44176f8";
        assert_eq!(sign(&secret(), NOW, br#"{"id":"evt_1"}"#), expected);
    }

    #[test]
    fn a_signature_is_good_for_five_minutes_either_way() {
        let header = sign(&secret(), NOW, b"{}");
        for (seconds, expected) in [(0, Ok(())), (300, Ok(())), (-300, Ok(())), (301, Err(BadSignature::Stale))] {
            let then = NOW + SignedDuration::from_secs(seconds);
            assert_eq!(verify(&secret(), &header, b"{}", then), expected, "{seconds}");
        }
    }

    #[test]
    fn one_of_several_signatures_is_enough() {
        let header = format!("{},v1={}", sign(&"old".into(), NOW, b"{}"), &sign(&secret(), NOW, b"{}")[16..]);
        assert_eq!(verify(&secret(), &header, b"{}", NOW), Ok(()));
    }

    #[test]
    fn what_is_no_signature_is_missing() {
        for header in ["", "t=1", "v1=00", "t=1800000000,v1=zz", "t=1800000000,v0=00", "garbage", "=,=,="] {
            assert_eq!(verify(&secret(), header, b"{}", NOW), Err(BadSignature::Missing), "{header}");
        }
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_noticed(body in prop::collection::vec(any::<u8>(), 1..200), at: usize, bit in 0_u8..8) {
            let header = sign(&secret(), NOW, &body);
            prop_assert_eq!(verify(&secret(), &header, &body, NOW), Ok(()));
            let mut changed = body.clone();
            let at = at % body.len();
            changed[at] ^= 1 << bit;
            prop_assert_eq!(verify(&secret(), &header, &changed, NOW), Err(BadSignature::Forged));
            prop_assert_eq!(verify(&"other".into(), &header, &body, NOW), Err(BadSignature::Forged));
        }

        #[test]
        fn no_header_makes_it_panic(header: String, body: Vec<u8>) {
            prop_assert!(verify(&secret(), &header, &body, NOW).is_err());
        }
    }
}
