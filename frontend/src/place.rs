//! Which page an address names.
//!
//! The router keeps the history and the links; matching is done here. A `<Route>` for each page compiles the router's
//! machinery for each, and an id in the path would reach its page as text in a context.

use std::str::FromStr;

use shared::{EventId, OrderId};

/// A page. An id that isn't one is `None`: there is nothing of that name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// `/`
    Browse,
    /// `/events/:id`
    Event(Option<EventId>),
    /// `/events/:id/checkout`
    Checkout(Option<EventId>),
    /// `/orders`
    Orders,
    /// `/orders/:id`
    Order(Option<OrderId>),
    /// `/orders/:id/pay`
    Pay(Option<OrderId>),
    /// `/orders/:id/challenge`
    Challenge(Option<OrderId>),
    /// `/orders/:id/result`
    Result(Option<OrderId>),
    /// `/payments`
    Payments,
    /// `/organize`
    Organize,
    /// `/organize/new`
    NewEvent,
    /// `/organize/:id/edit`
    EditEvent(Option<EventId>),
    /// `/organize/:id/orders`
    EventOrders(Option<EventId>),
    /// `/account`
    Account,
    /// `/sign-in`
    SignIn,
    /// `/register`
    Register,
    /// Anything else.
    Nowhere,
}

impl Place {
    /// The page at `path`.
    pub fn at(path: &str) -> Self {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        match [parts.next(), parts.next(), parts.next(), parts.next()] {
            [None, ..] => Self::Browse,
            [Some("events"), Some(event), None, _] => Self::Event(id(event)),
            [Some("events"), Some(event), Some("checkout"), None] => Self::Checkout(id(event)),
            [Some("orders"), None, ..] => Self::Orders,
            [Some("orders"), Some(order), None, _] => Self::Order(id(order)),
            [Some("orders"), Some(order), Some("pay"), None] => Self::Pay(id(order)),
            [Some("orders"), Some(order), Some("challenge"), None] => Self::Challenge(id(order)),
            [Some("orders"), Some(order), Some("result"), None] => Self::Result(id(order)),
            [Some("payments"), None, ..] => Self::Payments,
            [Some("organize"), None, ..] => Self::Organize,
            [Some("organize"), Some("new"), None, _] => Self::NewEvent,
            [Some("organize"), Some(event), Some("edit"), None] => Self::EditEvent(id(event)),
            [Some("organize"), Some(event), Some("orders"), None] => Self::EventOrders(id(event)),
            [Some("account"), None, ..] => Self::Account,
            [Some("sign-in"), None, ..] => Self::SignIn,
            [Some("register"), None, ..] => Self::Register,
            _ => Self::Nowhere,
        }
    }
}

fn id<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

    #[test]
    fn an_address_names_its_page() {
        let event = ID.parse().ok();
        let order = ID.parse().ok();
        for (path, place) in [
            ("/".to_owned(), Place::Browse),
            (format!("/events/{ID}"), Place::Event(event)),
            (format!("/events/{ID}/"), Place::Event(event)),
            (format!("/events/{ID}/checkout"), Place::Checkout(event)),
            ("/orders".to_owned(), Place::Orders),
            (format!("/orders/{ID}"), Place::Order(order)),
            (format!("/orders/{ID}/pay"), Place::Pay(order)),
            (format!("/orders/{ID}/challenge"), Place::Challenge(order)),
            (format!("/orders/{ID}/result"), Place::Result(order)),
            ("/organize/new".to_owned(), Place::NewEvent),
            (format!("/organize/{ID}/edit"), Place::EditEvent(event)),
            (format!("/organize/{ID}/orders"), Place::EventOrders(event)),
            ("/sign-in".to_owned(), Place::SignIn),
        ] {
            assert_eq!(Place::at(&path), place, "{path}");
        }
    }

    #[test]
    fn other_addresses_name_nothing() {
        for path in ["/event", "/orders/x/pay/again", "/payments/1", "/organize/x", "/events/1/2/3/4"] {
            assert_eq!(Place::at(path), Place::Nowhere, "{path}");
        }
        assert_eq!(Place::at("/events/jazz"), Place::Event(None));
    }
}
