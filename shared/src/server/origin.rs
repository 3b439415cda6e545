//! No foreign page acts for the user: the check of every request that changes something.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, header},
};

use super::{ServiceContext, json::is_json};
use crate::{Problem, ProblemType};

/// Refuses a mutation whose `Origin` is not on the allow-list, and one that any page could send: a body that is not
/// JSON, or none, without the header `X-Requested-With`.
pub fn guard(context: &ServiceContext, request: &Request) -> Result<(), Problem> {
    match *request.method() {
        Method::POST | Method::PUT | Method::PATCH | Method::DELETE => check(request.headers(), &context.origins),
        _ => Ok(()),
    }
}

fn check(headers: &HeaderMap, allowed: &[String]) -> Result<(), Problem> {
    let foreign = |detail: &str| Problem::new(ProblemType::ForeignOrigin).detail(detail);
    if let Some(origin) = headers.get(header::ORIGIN)
        && !allowed.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
    {
        return Err(foreign("This page may not call Ticketer."));
    }
    if is_json(headers) || headers.contains_key("x-requested-with") {
        return Ok(());
    }
    let has_body = headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    Err(if has_body {
        Problem::new(ProblemType::UnsupportedMediaType)
    } else {
        foreign("Send the header X-Requested-With.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&'static str, &str)]) -> Result<(), u16> {
        let headers = pairs.iter().map(|(name, value)| {
            (header::HeaderName::from_static(name), value.parse::<header::HeaderValue>().expect("a header"))
        });
        check(&headers.collect(), &["https://tickets.example".to_owned()]).map_err(|problem| problem.status)
    }

    #[test]
    fn the_own_page_and_programs_may_send_json() {
        assert_eq!(sent(&[("content-type", "application/json"), ("origin", "https://tickets.example")]), Ok(()));
        assert_eq!(sent(&[("content-type", "application/json; charset=utf-8")]), Ok(()));
    }

    #[test]
    fn a_foreign_page_may_send_nothing() {
        assert_eq!(sent(&[("content-type", "application/json"), ("origin", "https://evil.example")]), Err(403));
        assert_eq!(sent(&[("content-type", "application/json"), ("origin", "null")]), Err(403));
        assert_eq!(sent(&[("x-requested-with", "ticketer"), ("origin", "https://evil.example")]), Err(403));
    }

    #[test]
    fn what_any_page_could_send_is_refused() {
        assert_eq!(sent(&[]), Err(403));
        assert_eq!(sent(&[("content-type", "text/plain"), ("content-length", "2")]), Err(415));
        assert_eq!(sent(&[("x-requested-with", "ticketer")]), Ok(()));
    }
}
