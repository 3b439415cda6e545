//! The pages, one file each. A page fetches through `api` and hands what it got to components.

mod account;
mod browse;
mod checkout;
mod event;
mod event_form;
mod not_found;
mod order;
mod orders;
mod organize;
mod pay;
mod payments;
mod register;
mod result;
mod sign_in;

use std::str::FromStr;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

pub use account::Account;
pub use browse::Browse;
pub use checkout::Checkout;
pub use event::EventPage;
pub use event_form::{EditEvent, NewEvent};
pub use not_found::NotFound;
pub use order::OrderPage;
pub use orders::Orders;
pub use organize::Organize;
pub use pay::Pay;
pub use payments::Payments;
pub use register::Register;
pub use result::ResultPage;
pub use sign_in::SignIn;

/// The id in the page's path; none where it isn't one.
fn id_in_path<T: FromStr + PartialEq + Send + Sync + 'static>() -> Memo<Option<T>> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|p| p.get_str("id").and_then(|id| id.parse().ok())))
}
