//! Finding events by words and by city.

use serde_json::json;

use crate::{Person, TestApp, form, titles};

async fn search(app: &TestApp, field: &str, text: &str) -> Vec<String> {
    let client = app.client();
    let request = client.request(reqwest::Method::GET, &format!("/api/events?{}", query(field, text)));
    let page = client.send(request).await.body;
    titles(&page).into_iter().map(ToOwned::to_owned).collect()
}

fn query(field: &str, text: &str) -> String {
    let encoded: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("{field}={}", encoded.concat())
}

async fn publish(person: &Person, title: &str, venue: &str, city: &str, tags: &[&str]) {
    let venue = json!({ "name": venue, "address": "1 High Street", "city": city });
    person.create(&form(json!({ "title": title, "venue": venue, "tags": tags }))).await;
}

#[tokio::test]
async fn every_word_of_a_search_begins_a_word_of_the_event() {
    let app = TestApp::start().await;
    let ada = app.user();
    publish(&ada, "Zażółć Jazz", "Hala Ludowa", "Łódź", &["swing"]).await;
    publish(&ada, "Rock am Ring", "Nürburgring", "Nürburg", &["open air"]).await;
    for text in [
        "jazz",
        "JAZZ",
        "ja",
        "zazolc",
        "Zażółć",
        "jazz zaz",
        "ludowa jazz",
        "lodz",
        "swi",
        "jazz, swing!",
        "concert jazz",
    ] {
        assert_eq!(search(&app, "search", text).await, ["Zażółć Jazz"], "{text}");
    }
    for text in ["azz", "jazz rock", "blues", "evening", "High"] {
        assert_eq!(search(&app, "search", text).await, Vec::<String>::new(), "{text}");
    }
    assert_eq!(search(&app, "search", "nurburg").await, ["Rock am Ring"]);
    assert_eq!(search(&app, "search", "concert").await.len(), 2);
}

#[tokio::test]
async fn a_search_is_text_and_never_a_pattern() {
    let app = TestApp::start().await;
    let ada = app.user();
    publish(&ada, "C++ & Rust (live)", "Hall", "Berlin", &[]).await;
    assert_eq!(search(&app, "search", "c++").await, ["C++ & Rust (live)"]);
    assert_eq!(search(&app, "search", "(live)").await, ["C++ & Rust (live)"]);
    for text in [".*", "r.st", "^", "[a-z]", "(", "\\", "$ne", "{}", "rust|blues"] {
        assert_eq!(search(&app, "search", text).await, Vec::<String>::new(), "{text}");
        assert_eq!(search(&app, "city", text).await, Vec::<String>::new(), "{text}");
    }
}

#[tokio::test]
async fn a_city_is_found_by_how_its_name_begins() {
    let app = TestApp::start().await;
    let ada = app.user();
    publish(&ada, "samba", "Hall", "São Paulo", &[]).await;
    publish(&ada, "fado", "Hall", "Porto", &["paulo"]).await;
    for city in ["São Paulo", "sao paulo", "SAO  PAULO", "sao"] {
        assert_eq!(search(&app, "city", city).await, ["samba"], "{city}");
    }
    assert_eq!(search(&app, "city", "paulo").await, Vec::<String>::new());
}

#[tokio::test]
async fn an_event_is_found_by_its_new_words_after_a_change() {
    let app = TestApp::start().await;
    let ada = app.user();
    let event = ada.create(&form(json!({}))).await;
    let changed = ada.change(crate::id_of(&event), 1, &form(json!({ "title": "Blues" }))).await;
    assert_eq!(changed.status, 200);
    assert_eq!(search(&app, "search", "blues").await, ["Blues"]);
    assert_eq!(search(&app, "search", "jazz").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_search_that_is_too_much_is_refused() {
    let app = TestApp::start().await;
    let words = (0..21).map(|i| i.to_string()).collect::<Vec<_>>().join(" ");
    for (field, text) in
        [("search", "x".repeat(201)), ("search", words), ("search", "a\0b".into()), ("city", "x".repeat(101))]
    {
        let refused = app.client().get(&format!("/api/events?{}", query(field, &text))).await;
        assert_eq!(refused.status, 422, "{field}");
        assert_eq!(refused.bad_fields().len(), 1);
        assert!(refused.bad_fields()[0].ends_with(field), "{:?}", refused.bad_fields());
    }
}
