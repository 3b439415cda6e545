//! Whether Grafana shows the repository's dashboard, and reaches what it is drawn from.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{client, get, settle};
use crate::{paths, say};

/// Fails unless the dashboard is there without signing in, and Prometheus and the traces answer through Grafana.
pub async fn check(url: &str, traces: bool) -> Result<()> {
    let client = client()?;
    let file = paths::root().join("observability/grafana/dashboards/ticketer.json");
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
    let uid = dashboard["uid"].as_str().context("the dashboard has no uid")?;
    let shown = get(&client, &format!("{url}/api/dashboards/uid/{uid}")).await?;
    let panels = |dashboard: &Value| dashboard["panels"].as_array().map_or(0, Vec::len);
    ensure!(panels(&shown["dashboard"]) == panels(&dashboard), "Grafana does not show all panels of {uid}");

    settle("Grafana's metrics", async || {
        let answer = get(&client, &format!("{url}/api/datasources/proxy/uid/prometheus/api/v1/query?query=up")).await?;
        Ok((answer["status"] != "success").then(|| answer.to_string()))
    })
    .await?;
    if traces {
        let search = format!("{url}/api/datasources/proxy/uid/tempo/api/search?tags=service.name%3Dpayment");
        settle("Grafana's traces", async || {
            let answer = get(&client, &search).await?;
            Ok(answer["traces"].as_array().is_none_or(Vec::is_empty).then(|| format!("none of payment's: {answer}")))
        })
        .await?;
    }
    say::note("Grafana shows the dashboard, and reaches the metrics and the traces");
    Ok(())
}
