use std::{error::Error, fs};

use reqwest::header::HeaderMap;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

use super::*;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

fn site() -> Result<(TempDir, Site)> {
    let folder = TempDir::new()?;
    fs::create_dir_all(folder.path().join("assets"))?;
    fs::write(folder.path().join("index.html"), "<p>page</p>")?;
    fs::write(folder.path().join("robots.txt"), "all")?;
    fs::write(folder.path().join("assets/app-0123.js"), "plain")?;
    fs::write(folder.path().join("assets/app-0123.js.br"), "small")?;
    fs::write(folder.path().join("assets/app-0123.js.gz"), "middling")?;
    let url = |port| format!("http://localhost:{port}");
    let urls = Urls { auth_url: url(3001), event_url: url(3002), ticket_url: url(3003), payment_url: url(3004) };
    let site = Site::local(folder.path(), urls);
    Ok((folder, site))
}

/// Serves the site on a free port and asks for one path.
async fn ask_of(site: Site, path: &str, accept: &str) -> Result<Answer> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(crate::serve(listener, router(site)?, std::future::pending()));
    let request = reqwest::Client::new().get(format!("http://{address}{path}"));
    let response = request.header("accept-encoding", accept).send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await?;
    server.abort();
    Ok(Answer { status, headers, text })
}

async fn ask(path: &str, accept: &str) -> Result<Answer> {
    let (_folder, site) = site()?;
    ask_of(site, path, accept).await
}

#[tokio::test]
async fn a_route_of_the_app_gets_the_page() -> Result<()> {
    let answer = ask("/events/0198-abc", "identity").await?;
    assert_eq!((answer.status, answer.text.as_str()), (200, "<p>page</p>"));
    assert_eq!(answer.headers["cache-control"], "no-cache");
    assert_eq!(answer.headers["content-type"], "text/html");
    let policy = answer.headers["content-security-policy"].to_str()?;
    assert!(policy.contains("connect-src 'self' http://localhost:3001 http://localhost:3002"), "{policy}");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_not_there_is_404() -> Result<()> {
    let answer = ask("/assets/gone.js", "identity").await?;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.headers["cache-control"], "no-cache");
    Ok(())
}

#[tokio::test]
async fn an_asset_is_kept_for_ever_and_sent_as_small_as_the_browser_reads_it() -> Result<()> {
    for (accept, encoding, text) in
        [("br, gzip", Some("br"), "small"), ("gzip", Some("gzip"), "middling"), ("identity", None, "plain")]
    {
        let answer = ask("/assets/app-0123.js", accept).await?;
        assert_eq!((answer.status, answer.text.as_str()), (200, text));
        let sent = answer.headers.get("content-encoding").map(|value| value.to_str()).transpose()?;
        assert_eq!(sent, encoding);
        assert_eq!(answer.headers["cache-control"], "public, max-age=31536000, immutable");
    }
    Ok(())
}

#[tokio::test]
async fn a_file_with_a_lasting_name_is_asked_for_again() -> Result<()> {
    assert_eq!(ask("/robots.txt", "identity").await?.headers["cache-control"], "no-cache");
    Ok(())
}

#[tokio::test]
async fn the_config_names_the_four_services() -> Result<()> {
    let answer = ask("/config.json", "identity").await?;
    assert_eq!((answer.status, &answer.headers["cache-control"]), (200, &HeaderValue::from_static("no-cache")));
    let expected = json!({
        "authUrl": "http://localhost:3001",
        "eventUrl": "http://localhost:3002",
        "ticketUrl": "http://localhost:3003",
        "paymentUrl": "http://localhost:3004",
    });
    assert_eq!(serde_json::from_str::<Value>(&answer.text)?, expected);
    Ok(())
}

#[tokio::test]
async fn the_config_says_whether_money_is_real_where_the_operator_says_so() -> Result<()> {
    let (_folder, mut site) = site()?;
    site.test_mode = Some(false);
    let config: Value = serde_json::from_str(&ask_of(site, "/config.json", "identity").await?.text)?;
    assert_eq!(config["testMode"], false);
    Ok(())
}

#[tokio::test]
async fn where_cards_are_paid_by_stripe_the_page_is_told_so_and_may_load_its_script() -> Result<()> {
    let (_folder, mut site) = site()?;
    site.stripe = Some(Stripe { publishable_key: "pk_test_1".to_owned(), script_url: Stripe::SCRIPT.to_owned() });
    let answer = ask_of(site, "/config.json", "identity").await?;
    let config: Value = serde_json::from_str(&answer.text)?;
    let expected = json!({ "publishableKey": "pk_test_1", "scriptUrl": "https://js.stripe.com/v3" });
    assert_eq!(config["stripe"], expected);
    let policy = answer.headers["content-security-policy"].to_str()?;
    assert!(policy.contains("frame-src https://js.stripe.com"), "{policy}");
    Ok(())
}

#[tokio::test]
async fn https_is_asked_for_only_where_the_operator_says_so() -> Result<()> {
    assert!(!ask("/", "identity").await?.headers.contains_key("strict-transport-security"));
    let (_folder, mut site) = site()?;
    site.https_only = Some(Duration::from_hours(8_760));
    let answer = ask_of(site, "/", "identity").await?;
    assert_eq!(answer.headers["strict-transport-security"], "max-age=31536000");
    Ok(())
}

#[tokio::test]
async fn the_process_is_alive_while_it_answers() -> Result<()> {
    let answer = ask("/health", "identity").await?;
    assert_eq!(serde_json::from_str::<Value>(&answer.text)?["status"], "ok");
    Ok(())
}

#[tokio::test]
async fn a_stop_lets_the_answer_under_way_finish() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel::<()>();
    let (go_on, may_go_on) = tokio::sync::oneshot::channel::<()>();
    let slow = Arc::new(std::sync::Mutex::new(Some((begun, may_go_on))));
    let router = Router::new().route(
        "/",
        get(move || async move {
            let taken = slow.lock().ok().and_then(|mut slow| slow.take());
            if let Some((begun, may_go_on)) = taken {
                let _ = begun.send(());
                let _ = may_go_on.await;
            }
            "all of it"
        }),
    );
    let server = tokio::spawn(crate::serve(listener, router, async { drop(stopped.await) }));
    let answer = tokio::spawn(async move { reqwest::get(format!("http://{address}/")).await?.text().await });
    has_begun.await?;
    let _ = stop.send(());
    let closed = async { while TcpStream::connect(address).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(10), closed).await?;
    let _ = go_on.send(());
    assert_eq!(answer.await??, "all of it");
    server.await??;
    Ok(())
}
