//! Ids: UUIDv7 (RFC 9562) behind a type for each thing, so that an event's id is never taken for an order's.

/// Declares an id type that is written as a UUID string.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
        pub struct $name(pub uuid::Uuid);

        #[cfg(feature = "server")]
        impl $name {
            /// A new id, later in sort order than those made before in this process.
            #[expect(clippy::new_without_default, reason = "an id is never a default")]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }
        }

        /// A string for people and JSON; in a document MongoDB's own UUID type.
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[cfg(feature = "server")]
                if !serializer.is_human_readable() {
                    return bson::Uuid::from_bytes(self.0.into_bytes()).serialize(serializer);
                }
                self.0.serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[cfg(feature = "server")]
                if !deserializer.is_human_readable() {
                    let id = bson::Uuid::deserialize(deserializer)?;
                    return Ok(Self(uuid::Uuid::from_bytes(id.bytes())));
                }
                uuid::Uuid::deserialize(deserializer).map(Self)
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

#[cfg(all(test, feature = "server"))]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Document {
        id: EventId,
        others: Vec<EventId>,
    }

    #[test]
    fn an_id_is_a_string_in_json_and_a_uuid_in_a_document() {
        let id = EventId::new();
        let document = Document { id, others: vec![id] };
        assert_eq!(serde_json::to_value(&document).expect("JSON")["id"], id.to_string());

        let raw = bson::serialize_to_raw_document_buf(&document).expect("BSON");
        let as_stored = bson::Document::try_from(&raw).expect("a document");
        assert_eq!(as_stored.get("id"), Some(&bson::Bson::from(id)));
        assert_eq!(bson::deserialize_from_slice::<Document>(raw.as_bytes()).expect("a document"), document);
    }
}
