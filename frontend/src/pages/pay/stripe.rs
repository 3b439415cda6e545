//! Stripe's script, as far as the pay page uses it. The card is typed in Stripe's own frame: it never gets here.

use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlElement;

use crate::api::Stripe;

/// How long to wait for the script, in milliseconds.
const PATIENCE: i32 = 20_000;

type Caught<T> = Result<T, JsValue>;

/// `of.name(arguments)`.
fn call(of: &JsValue, name: &str, arguments: &[&JsValue]) -> Caught<JsValue> {
    let method: Function = Reflect::get(of, &name.into())?.dyn_into()?;
    Reflect::apply(&method, of, &arguments.iter().collect::<Array>())
}

/// What stands at the end of this path, such as `error.message`.
fn text(of: &JsValue, path: &[&str]) -> Option<String> {
    let mut at = of.clone();
    for name in path {
        at = Reflect::get(&at, &(*name).into()).ok()?;
    }
    at.as_string()
}

/// Puts the script into the page, unless it is there.
async fn load(url: &str) -> Caught<()> {
    if window().get("Stripe").is_some() {
        return Ok(());
    }
    let script = document().create_element("script")?;
    script.set_attribute("src", url)?;
    let loaded = Promise::new(&mut |done, failed| {
        let _ = script.add_event_listener_with_callback("load", &done);
        let _ = script.add_event_listener_with_callback("error", &failed);
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&failed, PATIENCE);
    });
    document().head().ok_or(JsValue::NULL)?.append_child(&script)?;
    let loaded = JsFuture::from(loaded).await;
    if loaded.is_err() {
        // A second try needs a second element.
        script.remove();
    }
    loaded.map(drop)
}

/// The frame does not know the page's theme.
fn style(inside: &HtmlElement) -> Caught<JsValue> {
    let color = text(&call(&window(), "getComputedStyle", &[inside])?, &["color"]).unwrap_or_default();
    JSON::parse(&format!(r#"{{"style":{{"base":{{"color":"{color}","fontSize":"16px"}}}}}}"#))
}

/// Stripe's field for a card, on the page.
#[derive(Clone)]
pub struct CardField {
    stripe: JsValue,
    element: JsValue,
}

impl CardField {
    /// Puts it into `place`; `say` hears what is wrong with what is typed, or nothing.
    pub async fn mount(stripe: &Stripe, place: &HtmlElement, say: impl Fn(String) + 'static) -> Caught<Self> {
        load(&stripe.script_url).await?;
        let stripe = call(&window(), "Stripe", &[&stripe.publishable_key.as_str().into()])?;
        let elements = call(&stripe, "elements", &[])?;
        let element = call(&elements, "create", &[&"card".into(), &style(place)?])?;
        let changed = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
            say(text(&event, &["error", "message"]).unwrap_or_default());
        });
        call(&element, "on", &[&"change".into(), &changed.into_js_value()])?;
        call(&element, "mount", &[place])?;
        Ok(Self { stripe, element })
    }

    /// Follows the page's theme.
    pub fn restyle(&self, place: &HtmlElement) {
        if let Ok(style) = style(place) {
            let _ = call(&self.element, "update", &[&style]);
        }
    }

    /// Takes it off the page.
    pub fn remove(&self) {
        let _ = call(&self.element, "destroy", &[]);
    }

    /// Stripe's token for the card, or why there is none, in Stripe's words where it has some.
    pub async fn token(&self, name: &str, email: &str) -> Result<String, String> {
        let answer = self.ask(name, email).await.unwrap_or_default();
        let why = || text(&answer, &["error", "message"]);
        let instead = || "Stripe can't be reached. Check your connection and try again.".to_owned();
        text(&answer, &["paymentMethod", "id"]).ok_or_else(|| why().unwrap_or_else(instead))
    }

    async fn ask(&self, name: &str, email: &str) -> Caught<JsValue> {
        let of = |pairs: &[(&str, &JsValue)]| {
            let object = Object::new();
            for (name, value) in pairs {
                let _ = Reflect::set(&object, &(*name).into(), value);
            }
            object
        };
        let buyer = of(&[("name", &name.into()), ("email", &email.into())]);
        let card = of(&[("type", &"card".into()), ("card", &self.element), ("billing_details", &buyer)]);
        let promise: Promise = call(&self.stripe, "createPaymentMethod", &[&card])?.dyn_into()?;
        JsFuture::from(promise).await
    }
}
