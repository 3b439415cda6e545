//! Settings from environment variables: every fault in one line that names the variable.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use axum::http::Uri;

use crate::{Site, Stripe, Urls};

/// The start is refused: which variable, and why.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct ConfigError {
    /// The variable.
    pub name: &'static str,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// The settings, read once.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it serves.
    pub site: Site,
}

impl Config {
    /// Reads the variables that README.md lists.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// Reads them from anywhere; an empty one counts as not set.
    pub fn from_variables(read: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let read = |name: &str| read(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let production = match read("APP_ENV").as_deref() {
            None | Some("development") => false,
            Some("production") => true,
            Some(_) => return Err(ConfigError { name: "APP_ENV", reason: "is development or production" }),
        };
        let origin = |name, development: &str| match read(name) {
            Some(url) => {
                as_origin(&url).ok_or(ConfigError { name, reason: "is http(s)://host or http(s)://host:port" })
            }
            None if production => Err(ConfigError { name, reason: "must be set in production" }),
            None => Ok(development.to_owned()),
        };
        let test_mode = match read("TEST_MODE").as_deref() {
            None => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(_) => return Err(ConfigError { name: "TEST_MODE", reason: "is true or false" }),
        };
        let stripe = match read("STRIPE_PUBLISHABLE_KEY") {
            None => None,
            // Every visitor can read it: the secret key must not get here by mistake. With what only stands for a key Stripe
            // would refuse every card, and only buyers would see it.
            Some(key) if !is_publishable(&key) => {
                let reason = "is no publishable key of Stripe: pk_live_ or pk_test_, then letters and digits alone";
                return Err(ConfigError { name: "STRIPE_PUBLISHABLE_KEY", reason });
            }
            Some(publishable_key) => {
                let script_url = read("STRIPE_SCRIPT_URL").unwrap_or_else(|| Stripe::SCRIPT.to_owned());
                let stripe = Stripe { publishable_key, script_url };
                if stripe.origin().is_none() {
                    return Err(ConfigError { name: "STRIPE_SCRIPT_URL", reason: "is http(s)://host/path" });
                }
                Some(stripe)
            }
        };
        let number = |name, default: u32| match read(name) {
            Some(value) => value.parse().map_err(|_| ConfigError { name, reason: "is a number" }),
            None => Ok(default),
        };
        let port = u16::try_from(number("PORT", 3000)?);
        let port = port.map_err(|_| ConfigError { name: "PORT", reason: "is a number below 65536" })?;
        let seconds = number("HSTS_SECONDS", 0)?;
        Ok(Self {
            address: SocketAddr::from(([0, 0, 0, 0], port)),
            site: Site {
                folder: read("STATIC_DIR").map_or_else(|| "/site".into(), PathBuf::from),
                urls: Urls {
                    auth_url: origin("AUTH_URL", "http://localhost:3001")?,
                    event_url: origin("EVENT_URL", "http://localhost:3002")?,
                    ticket_url: origin("TICKET_URL", "http://localhost:3003")?,
                    payment_url: origin("PAYMENT_URL", "http://localhost:3004")?,
                },
                test_mode,
                stripe,
                https_only: (seconds > 0).then(|| Duration::from_secs(seconds.into())),
            },
        })
    }
}

/// Whether it has the form of a key that Stripe gives out for browsers.
fn is_publishable(key: &str) -> bool {
    let random = ["pk_live_", "pk_test_"].iter().find_map(|kind| key.strip_prefix(kind));
    random.is_some_and(|random| !random.is_empty() && random.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// The URL where it is an origin and nothing more: it becomes a source of the content policy, where a space or a
/// semicolon would allow something else.
fn as_origin(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let bare = uri.path() == "/" && uri.query().is_none();
    origin_of(&uri).filter(|_| bare)
}

/// The origin of what is at this address.
pub fn origin_of(uri: &Uri) -> Option<String> {
    let scheme = uri.scheme_str().filter(|scheme| ["http", "https"].contains(scheme))?;
    let authority = uri.authority()?.as_str();
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    authority.chars().all(plain).then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(given: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_variables(|wanted| {
            given.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        })
    }

    fn refused(given: &[(&str, &str)]) -> Option<&'static str> {
        config(given).err().map(|error| error.name)
    }

    const HOST: &str = "https://tickets.example.com";

    #[test]
    fn development_needs_no_variable() {
        let config = config(&[]).expect("defaults");
        assert_eq!(config.address.port(), 3000);
        assert_eq!(config.site.urls.payment_url, "http://localhost:3004");
        assert_eq!((config.site.test_mode, config.site.https_only), (None, None));
    }

    #[test]
    fn production_needs_to_be_told_where_the_services_are() {
        let mut given = vec![("APP_ENV", "production")];
        for name in ["AUTH_URL", "EVENT_URL", "TICKET_URL", "PAYMENT_URL"] {
            assert_eq!(refused(&given), Some(name));
            given.push((name, HOST));
        }
        assert_eq!(config(&given).expect("all given").site.urls.all(), [HOST; 4]);
    }

    #[test]
    fn an_address_is_an_origin_and_nothing_that_would_widen_the_policy() {
        let kept = config(&[("AUTH_URL", "https://tickets.example.com/")]).expect("an origin");
        assert_eq!(kept.site.urls.auth_url, HOST);
        for url in
            ["tickets.example.com", "https://a; script-src *", "https://a/b", "https://*", "data:x", "https://a b"]
        {
            assert_eq!(refused(&[("AUTH_URL", url)]), Some("AUTH_URL"), "{url}");
        }
    }

    #[test]
    fn only_a_publishable_key_is_published() {
        let stripe = config(&[("STRIPE_PUBLISHABLE_KEY", "pk_live_1")]).expect("a key").site.stripe.expect("Stripe");
        assert_eq!(
            (stripe.publishable_key.as_str(), stripe.script_url.as_str()),
            ("pk_live_1", "https://js.stripe.com/v3")
        );
        let placeholders = ["pk_live_of_your_account", "pk_live_", "pk_…", "pk_1"];
        for key in ["sk_live_1", "rk_live_1", "whsec_1"].into_iter().chain(placeholders) {
            assert_eq!(refused(&[("STRIPE_PUBLISHABLE_KEY", key)]), Some("STRIPE_PUBLISHABLE_KEY"), "{key}");
        }
        for script in ["js.stripe.com/v3", "data:text/javascript,1", "https://*/v3", "https://a; script-src */v3"] {
            let given = [("STRIPE_PUBLISHABLE_KEY", "pk_live_1"), ("STRIPE_SCRIPT_URL", script)];
            assert_eq!(refused(&given), Some("STRIPE_SCRIPT_URL"), "{script}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert_eq!(refused(&[("PORT", "70000")]), Some("PORT"));
        assert_eq!(refused(&[("HSTS_SECONDS", "a year")]), Some("HSTS_SECONDS"));
        assert_eq!(refused(&[("TEST_MODE", "maybe")]), Some("TEST_MODE"));
        assert_eq!(refused(&[("APP_ENV", "staging")]), Some("APP_ENV"));
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        assert!(config(&[("PORT", ""), ("AUTH_URL", " "), ("TEST_MODE", "")]).is_ok());
    }
}
