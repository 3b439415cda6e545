//! A stub that speaks as much of Stripe's interface as its public description says of what the adapter uses: forms in,
//! JSON out, idempotency keys, and what each test token brings.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
    routing::any,
};
use payment::provider::StripeConfig;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What goes wrong with the next call that has this in its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is done, and the answer is a 500 page.
    LosesAnswer,
    /// It is not done: 429.
    TooMany,
    /// It is done, and the key is forgotten.
    ForgetsKey,
}

#[derive(Default)]
struct Inner {
    intents: BTreeMap<String, Value>,
    refunds: Vec<Value>,
    keys: HashMap<String, (u16, Value)>,
    faults: VecDeque<(&'static str, Fault)>,
    calls: Vec<Call>,
}

/// A call as it came.
#[derive(Clone, Debug)]
pub struct Call {
    pub path: String,
    pub key: Option<String>,
    pub form: HashMap<String, String>,
}

#[derive(Clone)]
pub struct StripeStub {
    pub url: String,
    inner: Arc<Mutex<Inner>>,
}

impl StripeStub {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let stub = Self { url, inner: Arc::default() };
        let router = Router::new().route("/v1/{*path}", any(call)).with_state(stub.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        stub
    }

    pub fn config(&self) -> StripeConfig {
        StripeConfig {
            secret_key: "sk_test_key".into(),
            webhook_secret: "whsec_test".into(),
            api_base: self.url.clone(),
            web_app: "https://tickets.example".into(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn fault(&self, path: &'static str, fault: Fault) {
        self.lock().faults.push_back((path, fault));
    }

    /// The calls that changed something.
    pub fn calls(&self, path: &str) -> Vec<Call> {
        self.lock().calls.iter().filter(|call| call.path.contains(path)).cloned().collect()
    }

    /// How much was taken less what was given back.
    pub fn holds(&self) -> i64 {
        let inner = self.lock();
        let taken: i64 = inner.intents.values().filter_map(|intent| intent["amount_received"].as_i64()).sum();
        taken - inner.refunds.iter().filter_map(|refund| refund["amount"].as_i64()).sum::<i64>()
    }

    /// From now on nothing goes wrong.
    pub fn recover(&self) {
        self.lock().faults.clear();
    }

    pub fn intents(&self) -> Vec<Value> {
        self.lock().intents.values().cloned().collect()
    }

    /// The buyer approves at the bank, or the provider comes to an end.
    pub fn succeed(&self, id: &str) {
        succeed(self.lock().intents.get_mut(id).expect("an intent"));
    }
}

fn succeed(intent: &mut Value) {
    intent["status"] = json!("succeeded");
    intent["amount_received"] = intent["amount"].clone();
    intent["next_action"] = Value::Null;
    intent["latest_charge"] = json!(intent["id"].as_str().expect("an id").replace("pi_", "ch_"));
}

fn refused(status: u16, error: &Value) -> (u16, Value) {
    (status, json!({ "error": error }))
}

fn unexpected(intent: &Value) -> (u16, Value) {
    let code = "payment_intent_unexpected_state";
    refused(400, &json!({ "type": "invalid_request_error", "code": code, "payment_intent": intent }))
}

impl Inner {
    fn act(&mut self, method: &Method, path: &str, form: &HashMap<String, String>) -> (u16, Value) {
        let parts: Vec<&str> = path.split('/').collect();
        match (method.as_str(), parts.as_slice()) {
            ("POST", ["payment_intents"]) => self.create(form),
            ("GET", ["payment_intents"]) => self.list(form),
            ("POST", ["refunds"]) => self.refund(form),
            ("GET", ["refunds"]) => {
                let of = |refund: &&Value| refund["payment_intent"] == form["payment_intent"].as_str();
                let data: Vec<Value> = self.refunds.iter().filter(of).cloned().collect();
                (200, json!({ "object": "list", "data": data, "has_more": false }))
            }
            ("GET", ["refunds", id]) => match self.refunds.iter_mut().find(|refund| refund["id"] == *id) {
                Some(refund) => {
                    refund["status"] = json!("succeeded");
                    (200, refund.clone())
                }
                None => refused(404, &json!({ "type": "invalid_request_error", "code": "resource_missing" })),
            },
            (_, ["payment_intents", id, rest @ ..]) => {
                let Some(intent) = self.intents.get_mut(*id) else {
                    return refused(404, &json!({ "type": "invalid_request_error", "code": "resource_missing" }));
                };
                match rest {
                    ["confirm"] => confirm(intent, form),
                    ["cancel"] if intent["status"] == "succeeded" => unexpected(intent),
                    ["cancel"] => {
                        intent["status"] = json!("canceled");
                        (200, intent.clone())
                    }
                    _ => (200, intent.clone()),
                }
            }
            _ => refused(404, &json!({ "type": "invalid_request_error" })),
        }
    }

    fn create(&mut self, form: &HashMap<String, String>) -> (u16, Value) {
        let id = format!("pi_{:04}", self.intents.len() + 1);
        let intent = json!({
            "id": id, "object": "payment_intent", "status": "requires_payment_method",
            "amount": form["amount"].parse::<i64>().expect("an amount"), "currency": form["currency"],
            "amount_received": 0, "latest_charge": null, "last_payment_error": null, "next_action": null,
            "livemode": false, "metadata": { "orderId": form["metadata[orderId]"] },
        });
        self.intents.insert(id, intent.clone());
        (200, intent)
    }

    /// Newest first, two at a time.
    fn list(&self, form: &HashMap<String, String>) -> (u16, Value) {
        let after = form.get("starting_after");
        let older = self.intents.iter().rev().filter(|(id, _)| after.is_none_or(|after| *id < after));
        let mut data: Vec<Value> = older.map(|(_, intent)| self.expand(intent.clone(), form)).collect();
        let more = data.len() > 2;
        data.truncate(2);
        (200, json!({ "object": "list", "data": data, "has_more": more }))
    }

    fn refund(&mut self, form: &HashMap<String, String>) -> (u16, Value) {
        let of = form["payment_intent"].as_str();
        let amount: i64 = form["amount"].parse().expect("an amount");
        if self.refunds.iter().any(|refund| refund["payment_intent"] == of) {
            let code = "charge_already_refunded";
            return refused(400, &json!({ "type": "invalid_request_error", "code": code }));
        }
        let id = format!("re_{}", self.refunds.len() + 1);
        let currency = self.intents[of]["currency"].clone();
        let refund = json!({
            "id": id, "object": "refund", "status": "pending", "amount": amount, "currency": currency,
            "payment_intent": of,
        });
        self.refunds.push(refund.clone());
        (200, refund)
    }

    /// The charge in place of its name, where it is asked for.
    fn expand(&self, mut intent: Value, form: &HashMap<String, String>) -> Value {
        let asked = form.get("expand[]").is_some_and(|field| field.ends_with("latest_charge"));
        if asked && intent["latest_charge"].is_string() {
            let back = self.refunds.iter().filter(|refund| refund["payment_intent"] == intent["id"]);
            let back: i64 = back.filter_map(|refund| refund["amount"].as_i64()).sum();
            intent["latest_charge"] =
                json!({ "id": intent["latest_charge"], "object": "charge", "amount_refunded": back });
        }
        intent
    }
}

fn confirm(intent: &mut Value, form: &HashMap<String, String>) -> (u16, Value) {
    if intent["status"] != "requires_payment_method" {
        return unexpected(intent);
    }
    match form["payment_method"].as_str() {
        "pm_card_visa" => succeed(intent),
        "pm_card_authenticationRequired" => {
            let url = format!("https://bank.example/{}", intent["id"].as_str().expect("an id"));
            intent["status"] = json!("requires_action");
            intent["next_action"] = json!({ "type": "redirect_to_url", "redirect_to_url": { "url": url } });
        }
        "pm_card_chargeDeclined" => {
            let error = json!({ "type": "card_error", "code": "card_declined", "message": "Your card was declined." });
            intent["last_payment_error"] = error.clone();
            let mut said = error;
            said["payment_intent"] = intent.clone();
            return refused(402, &said);
        }
        _ => return refused(400, &json!({ "type": "invalid_request_error", "code": "resource_missing" })),
    }
    (200, intent.clone())
}

async fn call(
    State(stub): State<StripeStub>,
    Path(path): Path<String>,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    assert_eq!(headers["authorization"], "Bearer sk_test_key");
    assert!(headers.contains_key("stripe-version"));
    let text = if method == Method::GET { query.unwrap_or_default().into_bytes() } else { body.to_vec() };
    let form: HashMap<String, String> = form_urlencoded::parse(&text).into_owned().collect();
    let key = headers.get("idempotency-key").map(|key| key.to_str().expect("a key").to_owned());
    let mut inner = stub.lock();
    if method == Method::POST {
        inner.calls.push(Call { path: path.clone(), key: key.clone(), form: form.clone() });
    }
    let at = inner.faults.iter().position(|(on, _)| path.contains(on));
    let fault = at.and_then(|at| inner.faults.remove(at)).map(|(_, fault)| fault);
    if fault == Some(Fault::TooMany) {
        return (StatusCode::TOO_MANY_REQUESTS, Json(json!({ "error": { "type": "api_error" } }))).into_response();
    }
    let before = key.as_ref().and_then(|key| inner.keys.get(key)).cloned();
    let (status, mut answer) = before.unwrap_or_else(|| {
        let done = inner.act(&method, &path, &form);
        if let Some(key) = key.filter(|_| fault != Some(Fault::ForgetsKey)) {
            inner.keys.insert(key, done.clone());
        }
        done
    });
    if matches!(fault, Some(Fault::LosesAnswer | Fault::ForgetsKey)) {
        return (StatusCode::INTERNAL_SERVER_ERROR, "<html>").into_response();
    }
    if answer["object"] == "payment_intent" {
        answer = inner.expand(answer, &form);
    }
    (StatusCode::from_u16(status).expect("a status"), Json(answer)).into_response()
}
