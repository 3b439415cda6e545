//! The pages, one file each. A page fetches through `api` and hands what it got to components.

mod account;
mod browse;
mod challenge;
mod checkout;
mod event;
mod event_form;
mod event_orders;
mod held;
mod not_found;
mod order;
mod orders;
mod organize;
mod pay;
mod payments;
mod register;
mod result;
mod sign_in;
mod standing;

use leptos::prelude::*;

use account::Account;
use browse::Browse;
use challenge::Challenge;
use checkout::Checkout;
use event::EventPage;
use event_form::{EditEvent, NewEvent};
use event_orders::EventOrders;
use not_found::NotFound;
use order::OrderPage;
use orders::Orders;
use organize::Organize;
use pay::Pay;
use payments::Payments;
use register::Register;
use result::ResultPage;
use sign_in::SignIn;

use crate::place::Place;

/// The page at a place.
pub fn page(place: Place) -> AnyView {
    match place {
        Place::Browse => view! { <Browse /> }.into_any(),
        Place::Event(id) => view! { <EventPage id /> }.into_any(),
        Place::Checkout(id) => view! { <Checkout id /> }.into_any(),
        Place::Orders => view! { <Orders /> }.into_any(),
        Place::Order(id) => view! { <OrderPage id /> }.into_any(),
        Place::Pay(id) => view! { <Pay id /> }.into_any(),
        Place::Challenge(id) => view! { <Challenge id /> }.into_any(),
        Place::Result(id) => view! { <ResultPage id /> }.into_any(),
        Place::Payments => view! { <Payments /> }.into_any(),
        Place::Organize => view! { <Organize /> }.into_any(),
        Place::NewEvent => view! { <NewEvent /> }.into_any(),
        Place::EditEvent(id) => view! { <EditEvent id /> }.into_any(),
        Place::EventOrders(id) => view! { <EventOrders id /> }.into_any(),
        Place::Account => view! { <Account /> }.into_any(),
        Place::SignIn => view! { <SignIn /> }.into_any(),
        Place::Register => view! { <Register /> }.into_any(),
        Place::Nowhere => view! { <NotFound /> }.into_any(),
    }
}
