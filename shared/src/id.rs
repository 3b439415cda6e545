//! Ids: UUIDv7 (RFC 9562) behind a type for each thing, so that an event's id is never taken for an order's.

/// Declares an id type that is written as a UUID string.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub uuid::Uuid);

        #[cfg(feature = "server")]
        impl $name {
            /// A new id, later in sort order than those made before in this process.
            #[expect(clippy::new_without_default, reason = "an id is never a default")]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        #[cfg(feature = "server")]
        impl From<$name> for bson::Bson {
            fn from(id: $name) -> Self {
                bson::Uuid::from_bytes(id.0.into_bytes()).into()
            }
        }
    };
}

id! {
    /// A person with an account.
    UserId
}
id! {
    /// An event in the catalogue.
    EventId
}
id! {
    /// A buyer's order of tickets to one event.
    OrderId
}
id! {
    /// One seat of a confirmed order.
    TicketId
}
id! {
    /// One attempt to pay for an order.
    PaymentId
}
