//! What a ticket's QR code says: who may come in where, signed, so that a scanner needs no network to believe it.
//!
//! Base64url of: version, key id (4 bytes), ticket id (16), event id (16), then the booking reference and the ticket type's
//! name, each after its length in one byte, and the Ed25519 signature (64) of all that.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use shared::{
    EventId, TicketId,
    ticket::{Order, OrderStatus, TicketKey},
};

/// The first byte; another one is another format.
const VERSION: u8 = 1;
/// How much of a ticket type's name is said: it is for the eyes at the door, and the QR code must stay readable.
const NAME: usize = 48;
const SIGNATURE: usize = 64;

type KeyId = [u8; 4];

/// What a ticket says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Which ticket.
    pub ticket: TicketId,
    /// To which event.
    pub event: EventId,
    /// The order's, to find it by.
    pub booking_reference: String,
    /// What kind of ticket; a long name is cut.
    pub ticket_type: String,
}

/// It is no ticket of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a ticket of ours")]
pub struct Forged;

/// A public key that signs tickets, or did.
#[derive(Clone, Debug)]
pub struct Key(VerifyingKey);

impl Key {
    /// The key with these 32 bytes, in base64url.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok().filter(|key| !key.is_weak()).map(Self)
    }

    fn id(&self) -> KeyId {
        let [a, b, c, d, ..] = Sha256::digest(self.0.as_bytes()).0;
        [a, b, c, d]
    }

    fn shown(&self) -> TicketKey {
        TicketKey {
            id: format!("{:08x}", u32::from_be_bytes(self.id())),
            algorithm: "Ed25519".into(),
            public_key: BASE64_URL_SAFE_NO_PAD.encode(self.0.as_bytes()),
        }
    }
}

/// Signs tickets, and knows the keys that did so before.
#[derive(Clone, Debug)]
pub struct Signer {
    // Its `Debug` shows the public half only.
    key: SigningKey,
    old: Vec<Key>,
}

impl Signer {
    /// One with the seed of these 32 bytes, in base64url; `None` where they are something else.
    pub fn parse(seed: &str, old: Vec<Key>) -> Option<Self> {
        let seed = BASE64_URL_SAFE_NO_PAD.decode(seed.trim()).ok()?;
        Some(Self { key: SigningKey::from_bytes(&seed.try_into().ok()?), old })
    }

    fn current(&self) -> Key {
        Key(self.key.verifying_key())
    }

    /// The keys that a scanner believes: the one that signs now first.
    pub fn keys(&self) -> Vec<TicketKey> {
        [self.current()].iter().chain(&self.old).map(Key::shown).collect()
    }

    /// Lets the tickets of a confirmed order say that they let in; others let nobody in.
    pub fn seal(&self, order: &mut Order) {
        if order.status != OrderStatus::Confirmed {
            return;
        }
        for ticket in &mut order.issued {
            ticket.qr = self.sign(&Pass {
                ticket: ticket.id,
                event: order.event_id,
                booking_reference: order.booking_reference.clone(),
                ticket_type: cut(&ticket.ticket_type_name).to_owned(),
            });
        }
    }

    fn sign(&self, pass: &Pass) -> String {
        let mut said = vec![VERSION];
        said.extend(self.current().id());
        said.extend(pass.ticket.0.as_bytes());
        said.extend(pass.event.0.as_bytes());
        for text in [&pass.booking_reference, &pass.ticket_type] {
            // Both are short: the one is made here, the other is cut.
            said.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
            said.extend(text.as_bytes());
        }
        let signature = self.key.sign(&said);
        said.extend(signature.to_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(said)
    }
}

/// What a QR code says, if one of `keys` signed it.
pub fn verify(qr: &str, keys: &[Key]) -> Result<Pass, Forged> {
    read(qr, keys).ok_or(Forged)
}

fn read(qr: &str, keys: &[Key]) -> Option<Pass> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(qr).ok()?;
    let (said, signature) = bytes.split_last_chunk::<SIGNATURE>()?;
    let (&[VERSION, a, b, c, d], rest) = said.split_first_chunk::<5>()? else { return None };
    let key = keys.iter().find(|key| key.id() == [a, b, c, d])?;
    key.0.verify_strict(said, &Signature::from_bytes(signature)).ok()?;
    let (ticket, rest) = rest.split_first_chunk::<16>()?;
    let (event, rest) = rest.split_first_chunk::<16>()?;
    let (booking_reference, rest) = text(rest)?;
    let (ticket_type, rest) = text(rest)?;
    rest.is_empty().then(|| Pass {
        ticket: TicketId(uuid::Uuid::from_bytes(*ticket)),
        event: EventId(uuid::Uuid::from_bytes(*event)),
        booking_reference,
        ticket_type,
    })
}

fn text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (&length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(length.into())?;
    Some((std::str::from_utf8(text).ok()?.to_owned(), rest))
}

fn cut(name: &str) -> &str {
    &name[..name.floor_char_boundary(NAME)]
}
