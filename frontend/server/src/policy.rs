//! What a browser may load and run on our pages.

use crate::{Stripe, Urls};

/// What Stripe's script calls.
const STRIPE_API: &str = "https://api.stripe.com";

/// The Content-Security-Policy: our own scripts and WASM, our own styles, calls to the four services, and nothing else
/// but, where cards are paid by Stripe, its script, the frame that the card is typed in, and its interface.
pub fn content_policy(urls: &Urls, stripe: Option<&Stripe>) -> String {
    let stripe = stripe.and_then(Stripe::origin);
    let mut services: Vec<&str> = Vec::new();
    for url in urls.all() {
        if !services.contains(&url) {
            services.push(url);
        }
    }
    let mut scripts = "script-src 'self' 'wasm-unsafe-eval'".to_owned();
    let mut frames = None;
    if let Some(origin) = stripe {
        services.push(STRIPE_API);
        scripts = format!("{scripts} {origin}");
        frames = Some(format!("frame-src {origin}"));
    }
    let mut policy = vec![
        "default-src 'none'".to_owned(),
        // No script in the page itself, and of all kinds of eval only the compiling of WASM.
        scripts,
        "style-src 'self'".to_owned(),
        format!("connect-src 'self' {}", services.join(" ")),
        // Organizers name their events' pictures by address; the style sheet holds small ones itself.
        "img-src 'self' https: data:".to_owned(),
        "font-src 'self'".to_owned(),
        "manifest-src 'self'".to_owned(),
        "form-action 'self'".to_owned(),
        "base-uri 'none'".to_owned(),
        "frame-ancestors 'none'".to_owned(),
    ];
    policy.extend(frames);
    policy.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(urls: [&str; 4]) -> Urls {
        let [auth_url, event_url, ticket_url, payment_url] = urls.map(ToOwned::to_owned);
        Urls { auth_url, event_url, ticket_url, payment_url }
    }

    #[test]
    fn only_own_scripts_and_wasm_run() {
        let policy = content_policy(&urls(["http://a", "http://e", "http://t", "http://p"]), None);
        assert!(policy.contains("; script-src 'self' 'wasm-unsafe-eval';"), "{policy}");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(!policy.contains("'unsafe-"), "{policy}");
    }

    #[test]
    fn the_services_may_be_called_and_each_address_is_named_once() {
        let policy = content_policy(&urls(["http://a", "http://e", "http://t", "http://p"]), None);
        assert!(policy.contains("; connect-src 'self' http://a http://e http://t http://p;"), "{policy}");
        let policy = content_policy(&urls(["https://x"; 4]), None);
        assert!(policy.contains("; connect-src 'self' https://x;"), "{policy}");
    }

    #[test]
    fn stripe_may_run_only_where_cards_are_paid_by_it() {
        let stripe = Stripe { publishable_key: "pk_test_1".to_owned(), script_url: Stripe::SCRIPT.to_owned() };
        let policy = content_policy(&urls(["https://x"; 4]), Some(&stripe));
        assert!(policy.contains("; script-src 'self' 'wasm-unsafe-eval' https://js.stripe.com;"), "{policy}");
        assert!(policy.contains("; connect-src 'self' https://x https://api.stripe.com;"), "{policy}");
        assert!(policy.ends_with("; frame-src https://js.stripe.com"), "{policy}");
        let without = content_policy(&urls(["https://x"; 4]), None);
        assert!(!without.contains("stripe") && !without.contains("frame-src"), "{without}");
    }
}
