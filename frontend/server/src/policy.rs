//! What a browser may load and run on our pages.

use crate::Urls;

/// The Content-Security-Policy: our own scripts and WASM, our own styles, calls to the four services, and nothing else.
pub fn content_policy(urls: &Urls) -> String {
    let mut services: Vec<&str> = Vec::new();
    for url in urls.all() {
        if !services.contains(&url) {
            services.push(url);
        }
    }
    [
        "default-src 'none'".to_owned(),
        // No script in the page itself, and of all kinds of eval only the compiling of WASM.
        "script-src 'self' 'wasm-unsafe-eval'".to_owned(),
        "style-src 'self'".to_owned(),
        format!("connect-src 'self' {}", services.join(" ")),
        // Organizers name their events' pictures by address; the style sheet holds small ones itself.
        "img-src 'self' https: data:".to_owned(),
        "font-src 'self'".to_owned(),
        "manifest-src 'self'".to_owned(),
        "form-action 'self'".to_owned(),
        "base-uri 'none'".to_owned(),
        "frame-ancestors 'none'".to_owned(),
    ]
    .join("; ")
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
        let policy = content_policy(&urls(["http://a", "http://e", "http://t", "http://p"]));
        assert!(policy.contains("; script-src 'self' 'wasm-unsafe-eval';"), "{policy}");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(!policy.contains("'unsafe-"), "{policy}");
    }

    #[test]
    fn the_services_may_be_called_and_each_address_is_named_once() {
        let policy = content_policy(&urls(["http://a", "http://e", "http://t", "http://p"]));
        assert!(policy.contains("; connect-src 'self' http://a http://e http://t http://p;"), "{policy}");
        let policy = content_policy(&urls(["https://x"; 4]));
        assert!(policy.contains("; connect-src 'self' https://x;"), "{policy}");
    }
}
