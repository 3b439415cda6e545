//! Errors on the wire: RFC 9457 problem details.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Declares the problem types with their path, status and title.
macro_rules! problem_types {
    ($($(#[$doc:meta])* $name:ident = $path:literal, $status:literal, $title:literal;)*) => {
        /// Every kind of problem that a service answers with; docs/api.md explains them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemType { $($(#[$doc])* $name),* }

        impl ProblemType {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable path that names it on the wire.
            pub const fn path(self) -> &'static str {
                match self { $(Self::$name => concat!("/problems/", $path)),* }
            }

            /// The HTTP status that it is answered with.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),* }
            }

            /// A short summary, the same each time.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }
        }
    };
}

problem_types! {
    /// The body is not JSON, or a query is not a query.
    Malformed = "malformed", 400, "The request could not be read";
    /// The webhook was not signed by the payment provider, or long ago.
    BadSignature = "bad-signature", 400, "Not signed by the payment provider";
    /// No one is signed in, or the session has ended.
    NotSignedIn = "not-signed-in", 401, "Sign in first";
    /// E-mail and password do not belong together.
    InvalidCredentials = "invalid-credentials", 401, "Invalid credentials";
    /// The caller is not one of Ticketer's own services.
    NotAService = "not-a-service", 401, "This endpoint is for services only";
    /// The page that sent the request is not on the allow-list, or the request could have come from any page.
    ForeignOrigin = "foreign-origin", 403, "Not from this page";
    /// The caller's role does not allow this at all.
    Forbidden = "forbidden", 403, "Not allowed";
    /// There is no such thing, or it is not the caller's.
    NotFound = "not-found", 404, "Not found";
    /// The path exists, but not for this method.
    MethodNotAllowed = "method-not-allowed", 405, "Method not allowed";
    /// An account with this e-mail address exists.
    EmailTaken = "email-taken", 409, "User already exists with this email";
    /// Fewer tickets are left than were asked for; `remaining` says how many.
    SoldOut = "sold-out", 409, "Sold out";
    /// The total differs from the one that the buyer saw; `totalAmount` is the new one.
    PriceChanged = "price-changed", 409, "The price has changed";
    /// The event sells no tickets now.
    NotOnSale = "not-on-sale", 409, "Not on sale";
    /// The buyer would have more tickets than the event allows; `maxPerBuyer` says how many, `had` how many there are.
    BuyerLimit = "buyer-limit", 409, "Too many tickets for one buyer";
    /// The organizer's policy gives no money back, or not any more; `until` says until when it did.
    NotRefundable = "not-refundable", 409, "Not refundable";
    /// The thing's state does not allow this; `state` names the state.
    WrongState = "wrong-state", 409, "Not possible in this state";
    /// The first request with this Idempotency-Key is still at work.
    StillRunning = "still-running", 409, "The first request is still running";
    /// The thing was changed by someone else meanwhile.
    VersionConflict = "version-conflict", 412, "Changed meanwhile";
    /// The body is larger than the endpoint takes.
    TooLarge = "too-large", 413, "Body too large";
    /// The body is not declared as JSON.
    UnsupportedMediaType = "unsupported-media-type", 415, "Send application/json";
    /// The body breaks a rule; `errors` names every field.
    InvalidInput = "invalid-input", 422, "Some of this is not valid";
    /// The Idempotency-Key was used before with another body.
    KeyReused = "key-reused", 422, "Idempotency-Key used before";
    /// The event's version must be sent in `If-Match`.
    VersionRequired = "version-required", 428, "Send If-Match";
    /// Too many requests; `Retry-After` says when to come back.
    TooManyRequests = "too-many-requests", 429, "Too many requests";
    /// A fault of ours; only the request id is told.
    Internal = "internal", 500, "Something went wrong";
    /// A part that this needs cannot be reached now.
    Unavailable = "unavailable", 503, "Try again in a moment";
    /// The card was declined; another may be tried.
    PaymentDeclined = "payment-declined", 402, "Payment declined";
}

/// One bad field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the body, or the name of a header or query parameter.
    pub pointer: String,
    /// What is wrong, for people.
    pub detail: String,
}

/// An RFC 9457 problem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Path of the problem's type: what a program matches on.
    #[serde(rename = "type")]
    pub kind: String,
    /// The type's summary.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Every bad field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Further members of this type, such as `remaining`.
    #[serde(flatten)]
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub extensions: Map<String, Value>,
}

impl Problem {
    /// A problem of this type with no details.
    pub fn new(kind: ProblemType) -> Self {
        Self {
            kind: kind.path().to_owned(),
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: None,
            errors: Vec::new(),
            extensions: Map::new(),
        }
    }

    /// Invalid input: every bad field.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(ProblemType::InvalidInput) }
    }

    /// Invalid input: one bad field.
    pub fn invalid_field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    /// The same problem, saying what happened this time.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same problem with a further member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(name.to_owned(), value.into());
        self
    }

    /// Whether it is of this type.
    pub fn is(&self, kind: ProblemType) -> bool {
        self.kind == kind.path()
    }

    /// Whether the fault is a service's and not the caller's.
    pub const fn is_ours(&self) -> bool {
        self.status >= 500
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.detail.as_deref().unwrap_or(&self.title))
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_type_is_documented_with_its_status() {
        let documentation = include_str!("../../docs/api.md");
        for kind in ProblemType::ALL {
            let row = format!("| `{}` | {} |", kind.path(), kind.status());
            assert!(documentation.contains(&row), "{row}");
        }
    }

    #[test]
    fn further_members_stand_beside_the_standard_ones() {
        let problem = Problem::new(ProblemType::SoldOut).detail("2 left").with("remaining", 2);
        let json = serde_json::to_value(&problem).expect("JSON");
        assert_eq!((&json["type"], &json["remaining"]), (&"/problems/sold-out".into(), &2.into()));
        assert_eq!(serde_json::from_value::<Problem>(json).expect("a problem"), problem);
    }
}
