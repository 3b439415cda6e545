//! A buyer's connection: HTTP/1.1, kept alive, driven by the task that uses it, so that a request costs no other task.

use std::{
    borrow::Cow,
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::{Pin, pin},
    task::Poll,
};

use anyhow::{Result, anyhow, bail};
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Uri,
    body::Bytes,
    client::conn::http1::{self, SendRequest},
    header::{self, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::TcpStream;
use uuid::Uuid;

type Body = Full<Bytes>;

/// How often request and connection are polled in turn: the request goes out, its answer comes, its body comes.
const ROUNDS: usize = 3;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What went wrong, as a word to count by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault(pub Cow<'static, str>);

impl Fault {
    /// A kind that is known beforehand.
    pub const fn of(kind: &'static str) -> Self {
        Self(Cow::Borrowed(kind))
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The answer itself where it is a success.
    pub fn well(self) -> Result<Self, Fault> {
        if (200..300).contains(&self.status) { Ok(self) } else { Err(self.fault()) }
    }

    /// The kind of a refusal: its status and the last word of its problem's type.
    pub fn fault(&self) -> Fault {
        let problem: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        let kind = problem.as_ref().and_then(|problem| problem["type"].as_str()?.rsplit('/').next()).unwrap_or("?");
        Fault(format!("{} {kind}", self.status).into())
    }
}

/// A request without what belongs to its sender.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    uri: Uri,
    body: Bytes,
    /// Whether each sending has a key of its own.
    keyed: bool,
}

impl Call {
    /// `GET path`.
    pub fn get(path: &str) -> Result<Self> {
        Ok(Self { method: Method::GET, uri: path.parse()?, body: Bytes::new(), keyed: false })
    }

    /// `POST path` with a JSON body.
    pub fn post(path: &str, body: &impl Serialize) -> Result<Self> {
        Ok(Self { method: Method::POST, uri: path.parse()?, body: serde_json::to_vec(body)?.into(), keyed: false })
    }

    /// The same with a fresh `Idempotency-Key` each time it is sent.
    pub fn keyed(self) -> Self {
        Self { keyed: true, ..self }
    }
}

/// A connection to one service, made when it is first used and again after a fault.
pub struct Connection {
    address: SocketAddr,
    headers: HeaderMap,
    link: Option<Box<Link>>,
}

struct Link {
    sender: SendRequest<Body>,
    driver: http1::Connection<TokioIo<TcpStream>, Body>,
}

impl Connection {
    /// To `address`, with these headers on each request.
    pub fn new(address: SocketAddr, headers: &HeaderMap) -> Result<Self> {
        let mut headers = headers.clone();
        headers.insert(header::HOST, address.to_string().parse()?);
        Ok(Self { address, headers, link: None })
    }

    /// Sends a request and reads the answer.
    pub async fn send(&mut self, call: &Call) -> Result<Answer, Fault> {
        // Taken out: a link on which something went wrong, or on which nobody waits any more, is not used again.
        let mut link = match self.link.take() {
            Some(link) if !link.sender.is_closed() => link,
            _ => Box::new(connect(self.address).await.map_err(|_| Fault::of("cannot connect"))?),
        };
        let request = self.request(call);
        let answer = link.exchange(request).await.map_err(|_| Fault::of("connection lost"))?;
        self.link = Some(link);
        Ok(answer)
    }

    fn request(&self, call: &Call) -> Request<Body> {
        let mut request = Request::new(Full::new(call.body.clone()));
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = call.uri.clone();
        *request.headers_mut() = self.headers.clone();
        if call.method == Method::POST {
            request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if call.keyed {
            // As the web app does.
            request.headers_mut().insert(IDEMPOTENCY_KEY, word(Uuid::now_v7()));
        }
        request
    }
}

#[expect(clippy::expect_used, reason = "hexadecimal digits and dashes are a header's value")]
fn word(id: Uuid) -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    HeaderValue::from_str(id.hyphenated().encode_lower(&mut buffer)).expect("plain characters")
}

async fn connect(address: SocketAddr) -> Result<Link> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
    Ok(Link { sender, driver })
}

impl Link {
    async fn exchange(&mut self, request: Request<Body>) -> Result<Answer> {
        let Self { sender, driver } = self;
        let mut exchange = pin!(async {
            sender.ready().await?;
            let (head, body) = sender.send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
        });
        let mut ended = false;
        poll_fn(|context| {
            // What the one does the other may wait for; coming back through the scheduler would take longer.
            for _ in 0..ROUNDS {
                if let Poll::Ready(done) = exchange.as_mut().poll(context) {
                    return Poll::Ready(done.map_err(|error: hyper::Error| error.into()));
                }
                if ended {
                    return Poll::Ready(Err(anyhow!("the connection has ended")));
                }
                ended = Pin::new(&mut *driver).poll(context).is_ready();
            }
            if ended {
                // The last word may still be on its way.
                context.waker().wake_by_ref();
            }
            Poll::Pending
        })
        .await
    }
}

/// The headers of a browser's request from a page of `origin`, with a session if there is one.
pub fn browser_headers(origin: &str, cookie: Option<&HeaderValue>) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ORIGIN, origin.parse()?);
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(cookie) = cookie {
        headers.insert(header::COOKIE, cookie.clone());
    }
    Ok(headers)
}

/// The session cookie that an answer sets, as it is sent back.
pub fn session_cookie(answer: &Answer) -> Result<HeaderValue> {
    let cookies = answer.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs: Vec<&str> = cookies.filter_map(|cookie| cookie.split(';').next()).collect();
    if pairs.is_empty() {
        bail!("auth has set no cookie");
    }
    Ok(pairs.join("; ").parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) }
    }

    #[test]
    fn a_refusal_is_counted_by_its_problem() {
        let refused = answer(409, r#"{"type":"/problems/sold-out","title":"Sold out"}"#).well();
        assert_eq!(refused.err(), Some(Fault::of("409 sold-out")));
        assert_eq!(answer(502, "gateway").fault(), Fault::of("502 ?"));
        assert!(answer(201, "{}").well().is_ok());
    }

    #[test]
    fn only_the_cookies_own_pair_is_sent_back() -> Result<()> {
        let mut signed_in = answer(200, "{}");
        signed_in.headers.insert(header::SET_COOKIE, "s=abc; HttpOnly; Path=/".parse()?);
        assert_eq!(session_cookie(&signed_in)?, "s=abc");
        assert!(session_cookie(&answer(200, "{}")).is_err());
        Ok(())
    }
}
