//! Remembering auth's answers on a lease, with immediate revocation.
//!
//! A replica that remembers answers tells auth so by asking for revocations over and over. Each request for them
//! renews the lease and acknowledges those before. Auth answers a logout only when every lease holder has acknowledged
//! it or its lease has run out; so after that answer no replica accepts the session, though most requests ask nobody.
//! The lease counts from when the request was *sent*, so a slow network makes it shorter, never longer.

mod follow;
mod memory;

pub use follow::follow;
pub use memory::Memory;
