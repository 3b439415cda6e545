//! Replacing the secret that signs the session cookie, without signing anybody out.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use tower_sessions::cookie::{Cookie, CookieJar, Key};

/// The two secrets, and the cookie that they sign.
#[derive(Clone)]
pub struct Rotation(Arc<Inner>);

struct Inner {
    cookie: &'static str,
    /// Signs what is sent.
    current: Key,
    /// Has signed what may come.
    accepted: Key,
}

impl Rotation {
    /// Cookies of this name that `accepted` has signed count as if `current` had.
    pub fn new(cookie: &'static str, current: Key, accepted: Key) -> Self {
        Self(Arc::new(Inner { cookie, current, accepted }))
    }

    /// The request's cookies with the session's signed by the current secret, where the other one has signed it.
    fn signed_again(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let Inner { cookie, current, accepted } = &*self.0;
        let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| str::from_utf8(value.as_bytes()).ok());
        let mut jar = CookieJar::new();
        for sent in sent.flat_map(Cookie::split_parse_encoded).flatten() {
            jar.add_original(sent.into_owned());
        }
        let session = jar.signed(accepted).get(cookie)?;
        jar.signed_mut(current).add(session);
        let pairs: Vec<String> = jar.iter().map(|cookie| cookie.encoded().stripped().to_string()).collect();
        pairs.join("; ").parse().ok()
    }
}

/// Middleware outside of the sessions.
pub async fn sign_again(State(rotation): State<Rotation>, mut request: Request, next: Next) -> Response {
    if let Some(cookies) = rotation.signed_again(request.headers()) {
        request.headers_mut().insert(header::COOKIE, cookies);
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "session";

    fn signed(key: &Key, value: &str) -> Cookie<'static> {
        let mut jar = CookieJar::new();
        jar.signed_mut(key).add(Cookie::new(NAME, value.to_owned()));
        jar.get(NAME).expect("signed").clone()
    }

    #[test]
    fn what_the_other_secret_has_signed_counts_and_nothing_else_does() {
        let (old, new, foreign) = (Key::from(&[1; 64]), Key::from(&[2; 64]), Key::from(&[3; 64]));
        let rotation = Rotation::new(NAME, new.clone(), old.clone());
        let again = |cookies: String| {
            let headers = HeaderMap::from_iter([(header::COOKIE, cookies.parse().expect("a header"))]);
            rotation.signed_again(&headers).map(|value| value.to_str().expect("plain").to_owned())
        };
        let expected = signed(&new, "id").encoded().stripped().to_string();
        // As it is set, and as some clients send it back.
        for sent in [signed(&old, "id").stripped().to_string(), signed(&old, "id").encoded().stripped().to_string()] {
            let both = again(format!("theme=dark; {sent}")).expect("signed again");
            assert!(both.contains("theme=dark") && both.contains(&expected), "{both}");
        }
        for other in [signed(&new, "id"), signed(&foreign, "id")] {
            assert_eq!(again(other.stripped().to_string()), None);
        }
        assert_eq!(again("theme=dark".to_owned()), None);
    }
}
