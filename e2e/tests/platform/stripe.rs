//! Paying by Stripe in a real browser: a script of the test's own stands in for Stripe's, and Stripe's interface is the
//! stub that the payment service is tested against.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result};
use axum::{
    Router,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use e2e::{Browser, Person, Stage, mongodb_uri};
use shared::ticket::{Order, OrderStatus};
use tokio::net::TcpListener;
use web_server::Site;
use xtask::{cargo::Profile, services::Service, web};

use crate::{
    buyer::{sign_in, until},
    stripe_stub::StripeStub,
};

/// Does what the page uses of Stripe's script; what is typed into its field decides which token it makes.
const SCRIPT: &str = r#"
window.Stripe = key => {
  const field = document.createElement("input");
  field.dataset.testid = "stripe-number";
  const element = {
    on: (name, hear) => field.addEventListener("input", () => hear(
      field.value === "4" ? { error: { message: "Your card number is incomplete." } } : {})),
    mount: place => place.replaceChildren(field),
    update: () => {},
    destroy: () => field.remove(),
  };
  const createPaymentMethod = async ({ type, card, billing_details }) => {
    if (key !== "pk_test_1" || type !== "card" || card !== element || !billing_details.email.includes("@"))
      return { error: { message: "Not as Stripe wants it." } };
    return field.value ? { paymentMethod: { id: field.value } } : { error: { message: "Your card number is empty." } };
  };
  return { elements: () => ({ create: (kind, { style }) => kind === "card" && style.base.color && element }), createPaymentMethod };
};
"#;

/// Serves the script while it may.
async fn serve_script(reachable: Arc<AtomicBool>) -> Result<String> {
    let answer = move || {
        let reachable = reachable.load(Ordering::SeqCst);
        async move {
            let script = || ([(header::CONTENT_TYPE, "text/javascript")], SCRIPT).into_response();
            if reachable { script() } else { StatusCode::SERVICE_UNAVAILABLE.into_response() }
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://localhost:{}/v3", listener.local_addr()?.port());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/v3", get(answer))).await });
    Ok(url)
}

struct World {
    stage: Stage,
    stub: StripeStub,
    reachable: Arc<AtomicBool>,
    buyer: Person,
    order: Order,
    browser: Browser,
}

/// The platform with Stripe, and a buyer with a held order.
async fn start() -> Result<World> {
    let stub = StripeStub::start().await;
    let reachable = Arc::new(AtomicBool::new(true));
    let script_url = serve_script(reachable.clone()).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let web_url = format!("http://localhost:{}", listener.local_addr()?.port());
    let mut stage = Stage::tuned(&mongodb_uri()?, async |settings| {
        settings.frontend_url.clone_from(&web_url);
        let variables = [
            ("PAYMENT_PROVIDER", "stripe"),
            ("STRIPE_SECRET_KEY", "sk_test_key"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_test"),
            ("STRIPE_API_BASE", &stub.url),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        settings.service_env.insert(Service::Payment, variables.into());
        Ok(())
    })
    .await?;
    let urls = stage.platform.settings().ports.urls();
    let stripe = web_server::Stripe { publishable_key: "pk_test_1".to_owned(), script_url };
    let site = Site { stripe: Some(stripe), ..Site::local(web::folder(Profile::Dev), urls) };
    let router = web_server::router(site)?;
    tokio::spawn(web_server::serve(listener, router, std::future::pending()));
    stage.web_url = web_url;

    let event = stage.register("Olga").await?.publish("Night train", 5).await?;
    let buyer = stage.register("Bob").await?;
    let order: Order = buyer.book(event.id, 2).await?.parse()?;
    let browser = sign_in(&stage, &buyer).await?;
    Ok(World { stage, stub, reachable, buyer, order, browser })
}

impl World {
    async fn pay(&self, token: &str) -> Result<()> {
        self.browser.fill("stripe-number", token).await?;
        self.browser.click("pay").await
    }

    async fn stop(self) -> Result<()> {
        self.browser.close().await?;
        self.stage.stop().await;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_paid_by_the_token_of_stripes_own_form() -> Result<()> {
    let world = start().await?;
    let browser = &world.browser;
    world.reachable.store(false, Ordering::SeqCst);
    browser.visit(&format!("/orders/{}/pay", world.order.id)).await?;
    browser.see("stripe-missing").await?;
    world.reachable.store(true, Ordering::SeqCst);
    browser.click("stripe-retry").await?;
    browser.see("stripe-number").await?;
    for own in ["card-number", "card-cvc", "test-mode"] {
        assert!(browser.all(own).await?.is_empty(), "{own} is ours, and card data must not come here");
    }

    // Stripe's own words, beside its field.
    browser.click("pay").await?;
    browser.read("Your card number is empty.").await?;
    browser.fill("stripe-number", "4").await?;
    browser.read("Your card number is incomplete.").await?;
    assert!(world.stub.calls("").is_empty());

    world.pay("pm_card_chargeDeclined").await?;
    browser.see("declined").await?;
    browser.read("Your card was declined.").await?;
    assert_eq!(world.buyer.order(world.order.id).await?.status, OrderStatus::Held);
    world.pay("pm_card_visa").await?;
    browser.see("confirmed").await?;
    assert_eq!(world.stub.holds(), world.order.total_amount.amount, "paid once");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_asks_has_a_page_of_its_own_and_the_way_back_leads_to_the_tickets() -> Result<()> {
    let world = start().await?;
    let browser = &world.browser;
    browser.visit(&format!("/orders/{}/pay", world.order.id)).await?;
    world.pay("pm_card_authenticationRequired").await?;
    let at = e2e::eventually("the bank's page", async || {
        let url = browser.driver.current_url().await?;
        Ok((url.host_str() == Some("bank.example")).then_some(url))
    });
    let id = at.await?.path().trim_start_matches('/').to_owned();
    let confirm = world.stub.calls("/confirm").pop().context("the payment was confirmed")?;
    assert_eq!(confirm.form["return_url"], format!("{}/orders/{}", world.stage.web_url, world.order.id));

    // The bank sends its customer back there.
    world.stub.succeed(&id);
    browser.driver.goto(&confirm.form["return_url"]).await?;
    browser.see("ticket-qr").await?;
    until(&world.buyer, &world.order, OrderStatus::Confirmed).await?;
    world.stop().await
}
