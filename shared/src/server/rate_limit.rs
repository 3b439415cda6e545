//! How many requests are answered: for each user, or else for each client address.
//!
//! A user is charged where the session has been verified ([`super::CurrentUser`]), so that a forged cookie never
//! buys an allowance of its own: it is charged to its address.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, FromRef, Request, State},
    http::request::Parts,
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock, clock::DefaultClock};

use super::{ServiceContext, config::RateLimitConfig};
use crate::{Problem, ProblemType, UserId};

/// Where a request comes from, as far as it is limited by it: an IPv4 address or an IPv6 /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The peer's address, or behind a trusted proxy the last address in `X-Forwarded-For` that is no trusted proxy.
    pub fn of(parts: &Parts, context: &ServiceContext) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let mut address = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip().to_canonical());
        let trusted = |address: IpAddr| context.trusted_proxies.iter().any(|net| net.contains(&address));
        let forwarded = parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
        for hop in hops.iter().rev() {
            if !trusted(address) {
                break;
            }
            let Ok(before) = hop.parse::<IpAddr>() else { break };
            address = before.to_canonical();
        }
        Self(match address {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// The allowances of this replica.
pub struct RateLimits {
    users: DefaultKeyedRateLimiter<UserId>,
    addresses: DefaultKeyedRateLimiter<ClientAddress>,
    credentials: DefaultKeyedRateLimiter<ClientAddress>,
}

impl RateLimits {
    /// Full allowances.
    pub fn new(config: RateLimitConfig) -> Self {
        let quota = |per_minute| Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
        Self {
            users: RateLimiter::keyed(quota(config.per_user)),
            addresses: RateLimiter::keyed(quota(config.per_address)),
            credentials: RateLimiter::keyed(quota(config.credentials)),
        }
    }

    /// One request of a signed-in user.
    pub fn charge_user(&self, user: UserId) -> Result<(), Problem> {
        charge(&self.users, &user)
    }

    /// One request of nobody known.
    pub fn charge_address(&self, address: &ClientAddress) -> Result<(), Problem> {
        charge(&self.addresses, address)
    }

    /// One attempt to sign in or register.
    pub fn charge_credentials(&self, address: &ClientAddress) -> Result<(), Problem> {
        charge(&self.credentials, address)
    }

    /// Forgets those who have their full allowance back, each minute; else the tables would grow with every visitor.
    pub async fn sweep(&self) {
        loop {
            tokio::time::sleep(Duration::from_mins(1)).await;
            self.users.retain_recent();
            self.addresses.retain_recent();
            self.credentials.retain_recent();
        }
    }
}

fn charge<K: Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), Problem> {
    limiter.check_key(key).map_err(|wait| {
        let seconds = wait.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
        Problem::new(ProblemType::TooManyRequests).with("retryAfter", seconds)
    })
}

/// Charges each request of these routes to its client address: for routes that do not ask who calls. Ticketer's own
/// services are not limited.
pub fn public<S>(router: utoipa_axum::router::OpenApiRouter<S>, state: &S) -> utoipa_axum::router::OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    ServiceContext: FromRef<S>,
{
    router.route_layer(from_fn_with_state(ServiceContext::from_ref(state), by_address))
}

async fn by_address(State(context): State<ServiceContext>, request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    if !context.service_token.is_shown(&parts.headers) {
        context.limits.charge_address(&ClientAddress::of(&parts, &context))?;
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_runs_out_and_says_when_to_come_back() {
        let limits = RateLimits::new(RateLimitConfig { per_user: 2, per_address: 1, credentials: 1 });
        let user = UserId::new();
        assert!(limits.charge_user(user).is_ok());
        assert!(limits.charge_user(user).is_ok());
        let refused = limits.charge_user(user).expect_err("spent");
        assert_eq!(refused.status, 429);
        assert!(refused.extensions["retryAfter"].as_u64().is_some_and(|s| (1..=61).contains(&s)));
        assert!(limits.charge_user(UserId::new()).is_ok());
    }
}
