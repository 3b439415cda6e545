//! What a webhook says, in the shape that Stripe gives it: an event about an object.

use serde::Deserialize;

use super::BadSignature;

/// Something happened at the provider. It is a hint to look and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEvent {
    /// The provider's name for the event: a repetition carries the same.
    pub id: String,
    /// Such as `payment_intent.succeeded`.
    pub kind: String,
    /// The intent that it is about, if any.
    pub intent: Option<String>,
}

#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    id: Option<String>,
    #[serde(rename = "object")]
    kind: Option<String>,
    payment_intent: Option<String>,
}

impl ProviderEvent {
    /// The event that a signed body says.
    pub fn parse(body: &[u8]) -> Result<Self, BadSignature> {
        let event: Envelope = serde_json::from_slice(body).map_err(|_| BadSignature::NoEvent)?;
        let Object { id, kind, payment_intent } = event.data.object;
        // An intent itself, or a charge or refund that names its intent.
        let intent = if kind.as_deref() == Some("payment_intent") { id } else { payment_intent };
        Ok(Self { id: event.id, kind: event.kind, intent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(object: &str) -> Option<String> {
        let body = format!(r#"{{"id":"evt_1","type":"t","created":1,"data":{{"object":{object}}}}}"#);
        ProviderEvent::parse(body.as_bytes()).expect("an event").intent
    }

    #[test]
    fn an_event_names_the_intent_that_it_is_about() {
        assert_eq!(intent(r#"{"id":"pi_1","object":"payment_intent"}"#).as_deref(), Some("pi_1"));
        assert_eq!(intent(r#"{"id":"ch_1","object":"charge","payment_intent":"pi_2"}"#).as_deref(), Some("pi_2"));
        assert_eq!(intent(r#"{"id":"cus_1","object":"customer"}"#), None);
        assert_eq!(intent("{}"), None);
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for body in ["", "null", "[]", "{}", r#"{"id":"evt_1"}"#] {
            assert_eq!(ProviderEvent::parse(body.as_bytes()), Err(BadSignature::NoEvent), "{body}");
        }
    }
}
