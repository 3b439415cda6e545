//! An event from draft to its end.

use serde_json::json;
use shared::{
    auth::Role,
    event::{Event, EventStatus},
};

use crate::{NOW, TestApp, form, id_of, path, problem, ticket_type, titles};

#[tokio::test]
async fn an_event_is_shown_as_it_was_written() {
    let app = TestApp::start().await;
    let ada = app.user();
    let written = form(json!({
        "tags": ["jazz", "live"], "image": "/covers/jazz.svg", "maxPerOrder": 4, "maxPerBuyer": 6, "refundHours": 48,
        "salesStart": "2027-02-01T00:00:00Z", "salesEnd": "2027-06-01T12:00:00Z",
        "organizer": { "name": "Jazz Club", "email": "club@example.com", "phone": "+49 30 123456" },
        "ticketTypes": [ticket_type("VIP", 9000, 10), ticket_type("Seat", 4500, 90)],
    }));
    let made = ada.client.post("/api/events", &written).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.headers["location"], path(id_of(&made.body)));
    assert_eq!(made.headers["etag"], "\"1\"");

    let shown = app.client().get(&path(id_of(&made.body))).await;
    assert_eq!((shown.status, &shown.body), (200, &made.body));
    assert_eq!(shown.headers["etag"], "\"1\"");
    for (field, value) in written.as_object().expect("an object") {
        if field != "ticketTypes" {
            assert_eq!(shown.body[field], *value, "{field}");
        }
    }
    let event: Event = shown.parse();
    assert_eq!((event.total_tickets, event.min_price.amount), (100, 4500));
    assert_eq!((event.created_by, event.created_at.to_string().as_str()), (ada.user.id, NOW));
    let names: Vec<_> = event.ticket_types.iter().map(|kind| kind.name.as_str()).collect();
    assert_eq!(names, ["VIP", "Seat"], "in the organizer's order");
}

#[tokio::test]
async fn what_is_left_out_has_a_default() {
    let app = TestApp::start().await;
    let ada = app.user();
    let mut bare = form(json!({}));
    for field in ["description", "status"] {
        bare.as_object_mut().expect("an object").remove(field);
    }
    let event: Event = serde_json::from_value(ada.create(&bare).await).expect("an event");
    assert_eq!((event.status, event.max_per_order, event.description.as_str()), (EventStatus::Draft, 10, ""));
    assert_eq!((event.organizer.name.as_str(), &event.organizer.email), ("Ada Lovelace", &ada.user.email));
    assert_eq!((event.image, event.sales_start, event.sales_end), (None, None, None));
    assert_eq!((event.max_per_buyer, event.refund_hours), (None, None));
}

#[tokio::test]
async fn a_draft_is_seen_by_its_organizer_and_admins_only() {
    let app = TestApp::start().await;
    let (ada, eve, admin) = (app.user(), app.user(), app.sign_in(Role::Admin));
    let draft = ada.create(&form(json!({ "status": "draft" }))).await;
    let draft = path(id_of(&draft));
    assert_eq!(ada.client.get(&draft).await.status, 200);
    assert_eq!(admin.client.get(&draft).await.status, 200);
    assert_eq!(problem(&eve.client.get(&draft).await), (404, "/problems/not-found"));
    assert_eq!(app.client().get(&draft).await.status, 404);
    assert_eq!(titles(&ada.client.get("/api/events").await.body), Vec::<&str>::new());
    assert_eq!(titles(&ada.client.get("/api/events/my/events").await.body), ["Jazz Night"]);
    assert_eq!(titles(&eve.client.get("/api/events/my/events").await.body), Vec::<&str>::new());
}

#[tokio::test]
async fn a_change_names_the_version_that_it_changes() {
    let app = TestApp::start().await;
    let ada = app.user();
    let event = ada.create(&form(json!({}))).await;
    let id = id_of(&event);
    let blues = form(json!({ "title": "Blues Night" }));
    assert_eq!(problem(&ada.client.put(&path(id), &blues).await), (428, "/problems/version-required"));
    let any = ada.client.clone().with("if-match", "*");
    assert_eq!(any.put(&path(id), &blues).await.status, 428, "any version is no version");

    let changed = ada.change(id, 1, &blues).await;
    assert_eq!(
        (changed.status, &changed.body["version"], &changed.body["title"]),
        (200, &json!(2), &json!("Blues Night"))
    );
    assert_eq!(changed.headers["etag"], "\"2\"");
    let late = ada.change(id, 1, &form(json!({ "title": "Rock Night" }))).await;
    assert_eq!((problem(&late), &late.body["version"]), ((412, "/problems/version-conflict"), &json!(2)));
    assert_eq!(app.client().get(&path(id)).await.body, changed.body);
}

#[tokio::test]
async fn of_two_changes_at_once_one_is_made() {
    let app = TestApp::start().await;
    let ada = app.user();
    for status in ["draft", "published"] {
        let event = ada.create(&form(json!({ "status": status }))).await;
        let id = id_of(&event);
        for version in 1..=10 {
            let (left, right) =
                (form(json!({ "status": status, "title": "L" })), form(json!({ "status": status, "title": "R" })));
            let (left, right) = tokio::join!(ada.change(id, version, &left), ada.change(id, version, &right));
            let mut statuses = [left.status, right.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 412]);
            let made = if left.status == 200 { left } else { right };
            assert_eq!(ada.client.get(&path(id)).await.body, made.body);
        }
    }
}

#[tokio::test]
async fn a_change_may_take_away_what_is_optional() {
    let app = TestApp::start().await;
    let ada = app.user();
    let event = ada
        .create(&form(json!({ "image": "/covers/jazz.svg", "salesEnd": "2027-06-01T12:00:00Z", "tags": ["a"] })))
        .await;
    let changed = ada.change(id_of(&event), 1, &form(json!({}))).await.body;
    assert_eq!((&changed["image"], &changed["salesEnd"], &changed["tags"]), (&json!(null), &json!(null), &json!([])));
    assert_eq!(app.client().get(&path(id_of(&event))).await.body, changed);
}

#[tokio::test]
async fn an_admin_changes_an_event_without_becoming_its_organizer() {
    let app = TestApp::start().await;
    let (ada, admin) = (app.user(), app.sign_in(Role::Admin));
    let event = ada.create(&form(json!({}))).await;
    let changed: Event = admin.change(id_of(&event), 1, &form(json!({ "title": "Blues" }))).await.parse();
    assert_eq!((changed.created_by, changed.organizer.email), (ada.user.id, ada.user.email.clone()));
    assert_eq!(titles(&ada.client.get("/api/events/my/events").await.body), ["Blues"]);
}

#[tokio::test]
async fn a_published_event_keeps_what_buyers_rely_on() {
    let app = TestApp::start().await;
    let ada = app.user();
    let event = ada.create(&form(json!({}))).await;
    let id = id_of(&event);
    let back = ada.change(id, 1, &form(json!({ "status": "draft" }))).await;
    assert_eq!((problem(&back), &back.body["state"]), ((409, "/problems/wrong-state"), &json!("published")));
    let renamed = ada.change(id, 1, &form(json!({ "ticketTypes": [ticket_type("Place", 4500, 100)] }))).await;
    assert_eq!((renamed.status, renamed.bad_fields()), (422, vec!["/ticketTypes"]));
    let past = ada.change(id, 1, &form(json!({ "startsAt": "2026-12-31T00:00:00Z" }))).await;
    assert_eq!((past.status, past.bad_fields()), (422, vec!["/startsAt"]));
    let none = form(json!({ "ticketTypes": [ticket_type("Seat", 4500, 0), ticket_type("VIP", 9000, 5)] }));
    assert_eq!(ada.change(id, 1, &none).await.status, 200, "a type may be sold no more, and another begin");
}

#[tokio::test]
async fn a_draft_is_deleted() {
    let app = TestApp::start().await;
    let ada = app.user();
    let draft = ada.create(&form(json!({ "status": "draft" }))).await;
    let draft = path(id_of(&draft));
    let other = ada.client.clone().with("if-match", "\"7\"").delete(&draft).await;
    assert_eq!(problem(&other), (412, "/problems/version-conflict"));
    assert_eq!(ada.client.delete(&draft).await.status, 204);
    assert_eq!(ada.client.delete(&draft).await.status, 404);
    assert_eq!(ada.client.get(&draft).await.status, 404);
}

#[tokio::test]
async fn a_published_event_is_cancelled_and_stays_visible() {
    let app = TestApp::start().await;
    let ada = app.user();
    let event = ada.create(&form(json!({}))).await;
    let id = id_of(&event);
    let cancelled = ada.client.clone().with("if-match", "\"1\"").delete(&path(id)).await;
    assert_eq!(
        (cancelled.status, &cancelled.body["status"], &cancelled.body["version"]),
        (200, &json!("cancelled"), &json!(2))
    );
    let again = ada.client.delete(&path(id)).await;
    assert_eq!((again.status, &again.body), (200, &cancelled.body));
    assert_eq!(app.client().get(&path(id)).await.body["status"], "cancelled");
    assert_eq!(titles(&app.client().get("/api/events").await.body), Vec::<&str>::new());
    assert_eq!(problem(&ada.change(id, 2, &form(json!({}))).await), (409, "/problems/wrong-state"));
}

#[tokio::test]
async fn an_event_that_has_ended_is_completed() {
    let app = TestApp::start().await;
    let ada = app.user();
    let event = ada.create(&form(json!({}))).await;
    let id = id_of(&event);
    app.advance_days(365);
    assert_eq!(app.client().get(&path(id)).await.body["status"], "completed");
    assert_eq!(titles(&app.client().get("/api/events").await.body), Vec::<&str>::new());
    let mine = ada.client.get("/api/events/my/events").await.body;
    assert_eq!(mine["items"][0]["status"], "completed");
    assert_eq!(problem(&ada.client.delete(&path(id)).await), (409, "/problems/wrong-state"));
    let later = form(json!({ "startsAt": "2029-01-01T00:00:00Z", "endsAt": "2029-01-02T00:00:00Z" }));
    assert_eq!(problem(&ada.change(id, 1, &later).await), (409, "/problems/wrong-state"));
}
