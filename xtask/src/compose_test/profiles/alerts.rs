//! Whether an alert reaches someone: from Prometheus to Alertmanager, and by letter to the mail catcher.

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{client, get, settle};
use crate::say;

/// To whom `observability/alertmanager/alertmanager.yml` sends what wakes someone.
const ON_CALL: &str = "on-call@ticketer.example";

/// Fails unless the alert that always fires has come from Prometheus, and a critical one becomes a letter to those on call.
pub async fn check(alertmanager: &str, mail: &str, prometheus: bool) -> Result<()> {
    let client = client()?;
    if prometheus {
        settle("alerts", async || {
            let alerts = get(&client, &format!("{alertmanager}/api/v2/alerts")).await?;
            let mut names = alerts.as_array().into_iter().flatten().map(|alert| &alert["labels"]["alertname"]);
            Ok((!names.any(|name| name == "Watchdog")).then(|| format!("no Watchdog in {alerts}")))
        })
        .await?;
        say::note("Alertmanager hears Prometheus: Watchdog fires");
    }
    let name = format!("ComposeTest{}", Timestamp::now().as_millisecond());
    let alert = json!([{
        "labels": { "alertname": name, "severity": "critical", "service": "auth" },
        "annotations": { "summary": "Only a test" },
    }]);
    client.post(format!("{alertmanager}/api/v2/alerts")).json(&alert).send().await?.error_for_status()?;
    settle("letters", async || {
        let letters = get(&client, &format!("{mail}/api/v1/messages")).await?;
        Ok((!has_come(&letters, &name)).then(|| format!("no letter about {name} in {letters}")))
    })
    .await?;
    say::note(format_args!("a critical alert is a letter to {ON_CALL}"));
    Ok(())
}

fn has_come(letters: &Value, about: &str) -> bool {
    letters["messages"].as_array().into_iter().flatten().any(|letter| {
        let mut recipients = letter["To"].as_array().into_iter().flatten();
        letter["Subject"].as_str().is_some_and(|subject| subject.contains(about))
            && recipients.any(|recipient| recipient["Address"] == ON_CALL)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_about_the_alert_and_for_those_on_call() {
        let letters =
            |to: &str| json!({ "messages": [{ "Subject": "[FIRING:1] Test1 auth", "To": [{ "Address": to }] }] });
        assert!(has_come(&letters(ON_CALL), "Test1"));
        assert!(!has_come(&letters(ON_CALL), "Test2"));
        assert!(!has_come(&letters("operators@ticketer.example"), "Test1"));
        assert!(!has_come(&json!({ "messages": [] }), "Test1"));
    }
}
